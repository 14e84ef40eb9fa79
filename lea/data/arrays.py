"""What a data set is: its samples in memory, and the face that every data set's class has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from lea.study.seeds import derive
from lea.study.spec import Source

Split = Literal["train", "test"]
Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrays:
    """Samples and, for each factor, the class of each; a data set may have no factors."""

    values: np.ndarray  # (n, h, w, c) pictures, (n, d) points
    labels: dict[str, np.ndarray] = field(default_factory=dict)  # factor -> (n,) integers from 0

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: np.ndarray) -> "Arrays":
        """The samples of these rows, in this order."""
        return Arrays(self.values[rows], {name: values[rows] for name, values in self.labels.items()})


@dataclass(frozen=True, slots=True)
class Pieces:
    """Samples that are more than the memory holds: how many, of which shape, and they, some at a time."""

    count: int
    shape: tuple[int, ...]  # of a sample
    pieces: Iterable[Arrays]  # which can be gone through once

    def __len__(self) -> int:
        return self.count


class DataSet(Protocol):
    """The face of a data set's class; its constructor takes the data set's `options` as keywords.

    Its constants are literals in the class body, because the workflow reads them from the source text
    without importing it: TITLE; SOURCES, where its samples can come from ("original", "embedded",
    "folder"); EMBEDDED, what its embedded samples are; SHAPE, of a sample of the original as it is stored
    (height, width and channels of a picture); SIZES, how many samples each split of the original has;
    FACTORS, the number of classes of each label; FILES, the original's files below its folder. More if they
    apply: GENUINE = True, if what is made here stands in for nothing, and so is taken whatever source the
    study asks for; FOLDER, the name of that folder, if not the reader's; SIDES, the only sides of embedded
    pictures; AVAILABLE, how many samples there are for both splits together; ORDERED, labels whose classes
    are steps on a line (None) or on a circle (the steps of a full turn); SIDED = False, if nobody can choose
    its side; ROWS = False, if it has a shape and no samples; DTYPE, the values' type unless it is uint8;
    PICTURES = True, if the option `path` is a folder of pictures as `folder` has them, which is then looked
    at before any job (of other readers of a "folder", all files in `train` and `test` below that `path`
    count: another one makes another table); RANGE, the least and the greatest value that can be, which
    networks see as 0 and 1 (of uint8 0 and 255; None: values are anything and are seen as they are). SHAPE
    and RANGE may be set by the constructor where they follow from options; SHAPE and SIZES are None where
    they are not known before. TILED = True: samples are cut from something larger, so that `original` is
    given the side, and may give `Pieces`; WHOLE = True: there are so many samples and no more, of a split
    perhaps none, also of the embedded ones, of which a count of None takes all; READ_WITH, the libraries that
    the original is read with and an installation may lack, and the extra that brings each. A file in FILES
    may be `{option}`, where an option says which it is.

    A class has a method for each source that it names, and may have `best(source, folder, side)`: by label
    and class of the target (and "all"), the accuracy that no reading of the samples can exceed, where that is
    below 1. It may have `facts(source, folder, side)`, which the table's record has under `about`; it is
    asked after the samples. A class without a side is given None for it, and must accept it.

    A class around another data set has that as its option `of`, and declares none of these constants: the
    other's are taken.
    """

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """For each factor, what its classes are called in the samples of a source."""

    def fetch(self, folder: Path) -> None:
        """Download into `folder` those of FILES that are not there, checking the downloads' digests."""

    def original(self, folder: Path, split: Split, count: int | None, *side: int) -> Arrays | Pieces:
        """The first `count` (None: all) original samples of a split in one fixed random order, content
        checked; the side is given to one that is TILED.
        """

    def embedded(self, split: Split, count: int | None, side: int | None) -> Arrays:
        """The first `count` samples made here, at `side` pixels; a larger count begins with the same
        samples.
        """

    def folder(self, split: Split, count: int | None, side: int | None) -> Arrays:
        """The first `count` (None: all) of a user's own samples in one fixed random order."""


MakeDataset = Callable[[], DataSet]  # what arrives of a data set that is another's option


def fixed_order(size: int, *purpose: str) -> np.ndarray:
    """One random order of `size` rows, the same for ever: smaller subsets are its beginnings."""
    return np.random.default_rng(derive(0, "order", *purpose)).permutation(size)
