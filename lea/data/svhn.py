"""SVHN: 99,289 digits cut from photographed house numbers, from original files or made here from fonts."""

from functools import partial
from pathlib import Path

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.data.atlases import glyph_atlas, texture_atlas
from lea.data.downloads import download, missing_files
from lea.data.drawing import draw_series, paint_plates
from lea.data.originals import AGAIN, check_digest, check_labels, describe, first_rows, read_content
from lea.errors import UserError
from lea.study.spec import Source


class SVHN:
    """Coloured digits between parts of their neighbours; the original's `extra` pictures are not used."""

    TITLE = "SVHN"
    SOURCES = ("original", "embedded")
    EMBEDDED = "digits drawn here"
    SHAPE = (32, 32, 3)
    SIZES = {"train": 73257, "test": 26032}
    FACTORS = {"label": 10}
    FILES = ("train_32x32.mat", "test_32x32.mat")
    BALANCE = {
        "train": (4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659),
        "test": (1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595),
    }
    DIGESTS = {  # MD5, from torchvision 0.29, `SVHN.split_list`
        "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
        "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
    }

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The digits."""
        return {"label": tuple("0123456789")}

    def fetch(self, folder: Path) -> None:
        """Download the files that are not there from torchvision's addresses."""
        missing = missing_files(folder, self.FILES)
        if missing:
            from torchvision.datasets import SVHN as Published

            for address, file, digest in Published.split_list.values():
                if file in missing:
                    download(folder / file, [address], digest)

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        """The first `count` (None: all) original pictures of a split."""
        file = f"{split}_32x32.mat"
        images = read_mat(folder / file, self.SHAPE, self.BALANCE[split], self.DIGESTS[file])
        return images.take(first_rows(len(images), count, "svhn", split))

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` printed digits between others, in random colours and poses."""
        paint = partial(paint_plates, glyph_atlas("0123456789", side), texture_atlas(side), side)
        return draw_series("svhn", split, count, paint)


def read_mat(path: Path, shape: tuple[int, ...], balance: tuple[int, ...], digest: str) -> Arrays:
    """The pictures of a MATLAB file: `X` (h, w, c, n), and `y` (n, 1), where 10 stands for the digit 0."""
    from scipy.io import loadmat

    if not (content := read_content(path)).startswith(b"MATLAB 5.0"):
        raise UserError(f"{path}: {describe(content)}; expected a MATLAB 5.0 file; {AGAIN}")
    check_digest(path, digest)
    tables = loadmat(path, variable_names=("X", "y"))
    found = {name: tables[name].shape for name in ("X", "y") if name in tables}
    wanted = {"X": (*shape, sum(balance)), "y": (sum(balance), 1)}
    if found != wanted:
        raise UserError(f"{path}: values of shapes {found}; expected {wanted}; {AGAIN}")
    if tables["X"].dtype != np.uint8:
        raise UserError(f"{path}: values of type {tables['X'].dtype}; expected uint8; {AGAIN}")
    labels = tables["y"][:, 0].astype(np.int32)
    labels[labels == len(balance)] = 0
    check_labels(path, labels, balance)
    return Arrays(np.ascontiguousarray(np.moveaxis(tables["X"], 3, 0)), {"label": labels})
