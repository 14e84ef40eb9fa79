"""CIFAR-10: 60,000 photographs of ten kinds of thing, from the original archive, or shapes made here.

The original is an archive of Python 2 pickles. To load a pickle is to run what is in it, so none is ever
loaded: `pickletools` takes it apart without running anything, and the two values are picked from the pieces.
"""

import io
import pickletools
import tarfile
from collections.abc import Iterator
from functools import partial
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.data.atlases import SHAPES, shape_atlas, texture_atlas
from lea.data.downloads import download, missing_files
from lea.data.drawing import draw_series, paint_shapes
from lea.data.originals import AGAIN, check_digest, check_labels, describe, first_rows, read_content
from lea.errors import UserError
from lea.study.spec import Source

STRINGS = {"SHORT_BINSTRING", "BINSTRING"}
INTEGERS = {"BININT1", "BININT2", "BININT", "INT", "LONG1"}
LISTS = {"EMPTY_LIST", "MARK", "APPEND", "APPENDS", "BINPUT", "LONG_BINPUT"}


class CIFAR10:
    """Photographs; made here: ten shapes."""

    TITLE = "CIFAR-10"
    SOURCES = ("original", "embedded")
    EMBEDDED = "objects drawn here"
    SHAPE = (32, 32, 3)
    SIZES = {"train": 50000, "test": 10000}
    FACTORS = {"label": 10}
    FILES = ("cifar-10-python.tar.gz",)
    BALANCE = {
        "train": (5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000),
        "test": (1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000),
    }
    DIGEST = "c58f30108f718f92721af3b95e74349a"  # MD5, from torchvision 0.29, `CIFAR10.tgz_md5`
    BATCHES = {
        "train": ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"),
        "test": ("test_batch",),
    }

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The original's classes, or the shapes drawn in their place."""
        things = "airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"
        return {"label": tuple(SHAPES) if source == "embedded" else tuple(things.split(","))}

    def fetch(self, folder: Path) -> None:
        """Download the archive from torchvision's address if it is not there."""
        for file in missing_files(folder, self.FILES):
            from torchvision.datasets import CIFAR10 as Published

            download(folder / file, [Published.url], Published.tgz_md5)

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        """The first `count` (None: all) original pictures of a split."""
        path = folder / self.FILES[0]
        rows = self.SIZES[split] // len(self.BATCHES[split])
        contents = read_members(path, self.DIGEST, self.BATCHES[split])
        batches = [read_batch(path / name, content, rows) for name, content in contents.items()]
        labels = np.concatenate([labels for _, labels in batches])
        check_labels(path, labels, self.BALANCE[split])
        images = Arrays(np.concatenate([pixels for pixels, _ in batches]), {"label": labels})
        return images.take(first_rows(len(images), count, "cifar_10", split))

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` shapes on textured ground, in random colours and poses."""
        paint = partial(paint_shapes, shape_atlas(side), texture_atlas(side), side)
        return draw_series("cifar_10", split, count, paint)


def read_members(path: Path, digest: str, names: tuple[str, ...]) -> dict[str, bytes]:
    """The contents of these files of the archive, in the order of the names."""
    content = read_content(path)
    if not content.startswith(b"\x1f\x8b"):
        raise UserError(f"{path}: {describe(content)}; expected a gzip file; {AGAIN}")
    check_digest(path, digest)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        files = {Path(member.name).name: member for member in archive if member.isfile()}
        lacking = sorted(set(names) - set(files))
        if lacking:
            raise UserError(f"{path}: no {', '.join(lacking)} inside; expected {', '.join(names)}; {AGAIN}")
        return {name: file.read() for name in names if (file := archive.extractfile(files[name]))}


def read_batch(where: Path, content: bytes, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixels (rows, 32, 32, 3) and labels (rows,) of a pickled batch, taken apart and never loaded."""
    try:
        pieces = [(code.name, value) for code, value, _ in pickletools.genops(content)]
    except ValueError as error:
        raise UserError(f"{where}: not a pickle ({error}); expected one of Python 2; {AGAIN}") from error
    size = rows * 3 * 32 * 32
    planes = [str(value) for name, value in pieces if name == "BINSTRING" and len(str(value)) == size]
    labels = np.array(list(label_integers(iter(pieces))), np.int32)
    if len(planes) != 1 or len(labels) != rows:
        raise UserError(
            f"{where}: {len(planes)} strings of {size} bytes and {len(labels)} labels; "
            f"expected one, and {rows}; {AGAIN}"
        )
    pixels = np.frombuffer(planes[0].encode("latin1"), np.uint8).reshape(rows, 3, 32, 32)
    return np.ascontiguousarray(np.moveaxis(pixels, 1, 3)), labels


def label_integers(pieces: Iterator[tuple[str, Any]]) -> Iterator[int]:
    """The integers of the list that follows the key `labels`."""
    rest = dropwhile(lambda piece: piece[0] not in STRINGS or piece[1] != "labels", pieces)
    next(rest, None)
    listed = takewhile(lambda piece: piece[0] in INTEGERS | LISTS, rest)
    return (value for name, value in listed if name in INTEGERS)
