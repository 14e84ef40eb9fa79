"""dSprites: one white sprite on black, every combination of shape, scale, orientation and position once.

Enters the published archive or nothing, leaves pictures of 64 x 64 (or 32 x 32) with five labels (Sec. 4.8).
The rows of a split are one fixed random choice from the whole grid of 737,280, the same for both sources: row
i of the original shows the same factors as row i of the embedded one. The train split is the beginning of one
random order, the test split is its end read backwards, so each is nested in its larger versions.
"""

from pathlib import Path
from typing import ClassVar

import numpy as np

from lea.data.arrays import Arrays, Split, fixed_order
from lea.data.dsprites_archive import check_archive, fetch_archive, read_rows
from lea.data.dsprites_drawing import GRID, ORIENTATIONS, POSITIONS, SCALES, draw_rows
from lea.errors import UserError
from lea.study.spec import Source

ROWS = 737_280
ADDRESS = "https://raw.githubusercontent.com/deepmind/dsprites-dataset/master/"
BLOB = "d98996d3f8ee1550e06b9d4ed78d0beb478910d5"  # the archive's id in git


class DSprites:
    """dSprites, from the published archive or drawn here."""

    TITLE = "dSprites"
    SOURCES = ("original", "embedded")
    EMBEDDED = "rendered here"
    SIDES = (32, 64)
    AVAILABLE = 737_280
    SHAPE = (64, 64, 1)
    SIZES: ClassVar = {"train": 59972, "test": 10006}
    FACTORS: ClassVar = {"shape": 3, "scale": 6, "orientation": 40, "x": 32, "y": 32}
    # Steps of a full turn; None: from one end to the other. Orientations 0 and 39 show the same picture.
    ORDERED: ClassVar = {"scale": None, "orientation": 39, "x": None, "y": None}
    FILES = ("dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",)

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """For each factor, what its classes are called: orientation in radians, x and y from 0 to 1."""
        values = {"scale": SCALES, "orientation": ORIENTATIONS, "x": POSITIONS, "y": POSITIONS}
        texts = {factor: tuple(f"{value:.3g}" for value in values[factor]) for factor in values}
        return {"shape": ("square", "ellipse", "heart")} | texts

    def fetch(self, folder: Path) -> None:
        """Download the archive into `folder` if it is not there, checking its blob id."""
        fetch_archive(folder / self.FILES[0], ADDRESS + self.FILES[0], BLOB)

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        """The first `count` (None: the study's number) pictures of a split from the checked archive."""
        rows = choose_rows(split, self.SIZES[split] if count is None else count)
        path = folder / self.FILES[0]
        check_archive(path, BLOB, GRID)
        return Arrays(read_rows(path, rows), label_rows(rows))

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` pictures of a split, drawn at 64 or 32 pixels."""
        if side not in self.SIDES:
            raise UserError(f"dsprites: side {side}; expected 64 or 32; set one of them")
        rows = choose_rows(split, count)
        return Arrays(draw_rows(rows, side), label_rows(rows))

    def best(self, source: Source, folder: Path, side: int) -> dict[str, dict[str, float]]:
        """The accuracy that no reading of orientation can exceed, for each shape and over all.

        Of pictures that are the same at two orientations one answer can be right. They are counted at the
        four positions in the middle, which have every phase of a pixel; all else is taken as known.
        """
        rows = np.arange(ROWS).reshape(GRID)[:, :, :, 15:17, 15:17].ravel()
        if source == "original":
            check_archive(folder / self.FILES[0], BLOB, GRID)
            pixels = read_rows(folder / self.FILES[0], rows)
        else:
            pixels = draw_rows(rows, side)
        shapes, scales, turns = GRID[:3]
        kinds = (
            pixels.reshape(shapes, scales, turns, 4, -1).swapaxes(2, 3).reshape(shapes, -1, turns, side**2)
        )
        different = [np.mean([len(np.unique(one, axis=0)) for one in of_shape]) / turns for of_shape in kinds]
        shares = dict(zip(self.names(source)["shape"], map(float, different), strict=True))
        return {"orientation": {"all": float(np.mean(different)), **shares}}


def choose_rows(split: Split, count: int) -> np.ndarray:
    """The first `count` rows of a split in the whole grid."""
    if not 0 <= count <= ROWS:
        raise UserError(f"dsprites: {count} pictures wanted for {split}; expected 0 to {ROWS}; ask for fewer")
    order = fixed_order(ROWS, "dsprites")
    return (order if split == "train" else order[::-1])[:count]


def label_rows(rows: np.ndarray) -> dict[str, np.ndarray]:
    """The class of each factor in these rows of the grid."""
    classes = np.unravel_index(rows, GRID)
    return {factor: values.astype(np.int32) for factor, values in zip(DSprites.FACTORS, classes, strict=True)}
