"""Another data set in whose training samples some outliers are: so many that a `share` of all are.

Of every 1 / share training samples one, at a random place, is replaced by an outlier, which is the next of
another data set's training samples; its test samples are left to be tested with. It is taken for an inlier:
its labels are those of the sample in whose place it stands. Test samples are as they were.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lea.data.around import Around, Read
from lea.data.arrays import Arrays, MakeDataset, Pieces, Split
from lea.errors import UserError
from lea.study.seeds import derive
from lea.study.spec import Source

ROUNDING = 1e-9  # of multiples of 1 / share that are whole numbers


class Contaminated(Around):
    """The samples of the data set `of`, and among those for training `outliers`."""

    LIMITS = {"share": (0, 0.5)}

    def __init__(self, *, of: MakeDataset, outliers: MakeDataset, share: float) -> None:
        super().__init__(of)
        if not 0 <= share <= 0.5:
            raise UserError(f"share: found {share}; expected from 0 to 0.5")
        self.outliers, self.share = outliers(), share

    def embedded(self, split: Split, count: int | None, side: int | None) -> Arrays:
        """The first `count` samples."""
        samples = super().embedded(split, count, side)
        return self._mixed("embedded", split, samples, lambda most: self.outliers.embedded(split, most, side))

    def original(self, folder: Path, split: Split, count: int | None, *side: int) -> Arrays:
        """The first `count` (None: all) of the originals, with outliers of the same originals."""
        ours, theirs = (type(_innermost(one)) for one in (self.inner, self.outliers))
        if ours is not theirs:
            found = f"outliers: found {theirs.__name__}, whose originals lie elsewhere"
            raise UserError(f"{found}; expected {ours.__name__}, as `of`; choose some of its samples")
        samples = super().original(folder, split, count, *side)
        return self._mixed(
            "original", split, samples, lambda most: self.outliers.original(folder, split, most, *side)
        )

    def folder(self, split: Split, count: int | None, side: int | None) -> Arrays:
        """The first `count` (None: all) of a user's own samples."""
        samples = super().folder(split, count, side)
        return self._mixed("folder", split, samples, lambda most: self.outliers.folder(split, most, side))

    def _changed(self, source: Source, split: Split, count: int | None, read: Read) -> Arrays:
        return read(count)

    def _mixed(
        self, source: Source, split: Split, samples: Arrays, read: Callable[[int], Arrays | Pieces]
    ) -> Arrays:
        theirs = _innermost(self.outliers)
        if source not in theirs.SOURCES:
            told = f"outliers: {type(theirs).__name__} has {', '.join(theirs.SOURCES)} samples"
            raise UserError(f"{told}; expected {source} ones, as those of `of`; choose others")
        places = places_of(len(samples), self.share)
        if split != "train" or not len(places):
            return samples
        found = read(len(places))
        if isinstance(found, Pieces) or len(found) < len(places):
            there = "samples in pieces" if isinstance(found, Pieces) else f"{len(found):,} samples"
            raise UserError(f"outliers: found {there}; expected {len(places):,} of them")
        values, outliers = samples.values.copy(), found.values
        if (values.shape[1:], values.dtype) != (outliers.shape[1:], outliers.dtype):
            told = f"outliers: found {outliers.dtype} {outliers.shape[1:]}"
            raise UserError(f"{told}; expected {values.dtype} {values.shape[1:]}, as samples of `of` are")
        values[places] = outliers[: len(places)]
        return Arrays(values, samples.labels)


def places_of(count: int, share: float) -> np.ndarray:
    """Where among `count` samples outliers stand, in their order; among more the first are the same."""
    if not share:
        return np.empty(0, int)
    ends = np.floor(np.arange(int(count * share) + 2) / share + ROUNDING).astype(int)
    lengths = np.diff(ends)
    random = np.random.default_rng(derive(0, "contaminated")).random(len(lengths))
    places = ends[:-1] + (random * lengths).astype(int)
    return places[places < count]


def _innermost(reader: Any) -> Any:
    return _innermost(reader.inner) if isinstance(reader, Around) else reader
