"""What a data set is: the pictures in memory, and the face that every data set's class has."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from lea.study.seeds import derive
from lea.study.spec import Source

Split = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Images:
    """Pictures and, for each factor, the class of each."""

    pixels: np.ndarray  # (n, h, w, c) uint8
    labels: dict[str, np.ndarray]  # factor -> (n,) integers from 0

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: np.ndarray) -> "Images":
        """The pictures of these rows, in this order."""
        return Images(self.pixels[rows], {name: values[rows] for name, values in self.labels.items()})


class DataSet(Protocol):
    """The face of a data set's class; its constructor takes the data set's `options` as keywords.

    Its constants are literals in the class body, because the workflow reads them from the source text without
    importing it: TITLE; SOURCES, where its pictures can come from ("original", "embedded", "folder");
    EMBEDDED, what its embedded pictures are; SHAPE, height, width and channels of the original; SIZES, how
    many pictures each split of the original has; FACTORS, the number of classes of each label; FILES, the
    original's files below its folder. Three more if they apply: SIDES, the only sides of embedded pictures;
    AVAILABLE, how many pictures there are for both splits together; ORDERED, the labels whose classes are
    steps on a line (None) or on a circle (the steps of a full turn). A class has a method for each source
    that it names, and may have `best(source, folder, side)`: by label and class of the target (and "all"),
    the accuracy that no reading of the pictures can exceed, where that is below 1.
    """

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """For each factor, what its classes are called in the pictures of a source."""

    def fetch(self, folder: Path) -> None:
        """Download into `folder` those of FILES that are not there, checking the downloads' digests."""

    def original(self, folder: Path, split: Split, count: int | None) -> Images:
        """The first `count` (None: all) original pictures of a split in one fixed random order, content
        checked.
        """

    def embedded(self, split: Split, count: int, side: int) -> Images:
        """The first `count` pictures made here, at `side` pixels; a larger count begins with the same
        pictures.
        """

    def folder(self, split: Split, count: int | None, side: int) -> Images:
        """The first `count` (None: all) of a user's own pictures in one fixed random order."""


def fixed_order(size: int, *purpose: str) -> np.ndarray:
    """One random order of `size` rows, the same for ever: smaller subsets are its beginnings."""
    return np.random.default_rng(derive(0, "order", *purpose)).permutation(size)
