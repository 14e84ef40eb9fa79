"""Fashion-MNIST: 70,000 pieces of clothing, from the original files; or letters made here from fonts."""

from functools import partial
from pathlib import Path

from lea.data.arrays import Arrays, Split
from lea.data.atlases import glyph_atlas
from lea.data.drawing import draw_series, paint_glyphs
from lea.data.idx import fetch_idx, read_split
from lea.data.originals import first_rows
from lea.study.spec import Source


class FashionMNIST:
    """Clothing, bright on black; made here: the letters A to J."""

    TITLE = "Fashion-MNIST"
    SOURCES = ("original", "embedded")
    EMBEDDED = "letters drawn here"
    SHAPE = (28, 28, 1)
    SIZES = {"train": 60000, "test": 10000}
    FACTORS = {"label": 10}
    FILES = (
        "FashionMNIST/raw/train-images-idx3-ubyte",
        "FashionMNIST/raw/train-labels-idx1-ubyte",
        "FashionMNIST/raw/t10k-images-idx3-ubyte",
        "FashionMNIST/raw/t10k-labels-idx1-ubyte",
    )
    BALANCE = {
        "train": (6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000, 6000),
        "test": (1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000),
    }

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The original's classes, or the letters drawn in their place."""
        clothes = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"
        return {"label": tuple("ABCDEFGHIJ" if source == "embedded" else clothes.split(","))}

    def fetch(self, folder: Path) -> None:
        """Download the files that are not there from torchvision's addresses."""
        fetch_idx(folder, self.FILES, "FashionMNIST")

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        """The first `count` (None: all) original pictures of a split."""
        images = read_split(folder, self.FILES, split, shape=self.SHAPE, balance=self.BALANCE, digests={})
        return images.take(first_rows(len(images), count, "fashion_mnist", split))

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` printed letters, each turned, bent, shifted and shaded at random."""
        return draw_series(
            "fashion_mnist", split, count, partial(paint_glyphs, glyph_atlas("ABCDEFGHIJ", side), side)
        )
