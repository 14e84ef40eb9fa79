"""MNIST: 70,000 handwritten digits, from the original files or made here from fonts."""

from functools import partial
from pathlib import Path

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.data.atlases import glyph_atlas
from lea.data.drawing import draw_series, paint_glyphs
from lea.data.idx import fetch_idx, read_split
from lea.data.originals import first_rows
from lea.study.spec import Source

PADDING = 2  # of the padded digits, on each side


class MNIST:
    """Digits, white on black."""

    TITLE = "MNIST"
    SOURCES = ("original", "embedded")
    EMBEDDED = "digits drawn here"
    SHAPE = (28, 28, 1)
    SIZES = {"train": 60000, "test": 10000}
    FACTORS = {"label": 10}
    FOLDER = "mnist"
    FILES = (
        "MNIST/raw/train-images-idx3-ubyte",
        "MNIST/raw/train-labels-idx1-ubyte",
        "MNIST/raw/t10k-images-idx3-ubyte",
        "MNIST/raw/t10k-labels-idx1-ubyte",
    )
    BALANCE = {
        "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    }
    DIGESTS = {  # MD5 of the unpacked files; torchvision publishes those of the packed ones only
        "MNIST/raw/train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "MNIST/raw/train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "MNIST/raw/t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "MNIST/raw/t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The digits."""
        return {"label": tuple("0123456789")}

    def fetch(self, folder: Path) -> None:
        """Download the files that are not there from torchvision's addresses."""
        fetch_idx(folder, self.FILES, "MNIST")

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        """The first `count` (None: all) original pictures of a split."""
        images = read_split(
            folder, self.FILES, split, shape=MNIST.SHAPE, balance=self.BALANCE, digests=self.DIGESTS
        )
        return images.take(first_rows(len(images), count, "mnist", split))

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` printed digits, each turned, bent, shifted and shaded at random."""
        return draw_series(
            "mnist", split, count, partial(paint_glyphs, glyph_atlas("0123456789", side), side)
        )


class PaddedMNIST(MNIST):
    """The same digits with two black pixels around them, so that their side is a power of two."""

    TITLE = "MNIST, padded"
    SHAPE = (32, 32, 1)

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        """The first `count` (None: all) original pictures of a split."""
        return _padded(super().original(folder, split, count))

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` printed digits."""
        return _padded(super().embedded(split, count, side - 2 * PADDING))


def _padded(arrays: Arrays) -> Arrays:
    around = ((0, 0), (PADDING, PADDING), (PADDING, PADDING), (0, 0))
    return Arrays(np.pad(arrays.values, around), arrays.labels)
