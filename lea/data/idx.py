"""The idx files of MNIST and Fashion-MNIST: fetched and unpacked, then read without torch and checked.

An idx file is four bytes (0, 0, 8 for unsigned bytes, the number of axes), the axes' lengths as big-endian
32-bit integers, and the values.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.data.downloads import download, missing_files
from lea.data.originals import AGAIN, check_digest, check_labels, describe, read_content
from lea.errors import UserError


def fetch_idx(folder: Path, files: Sequence[str], published: str) -> None:
    """Download the files that are not there from the addresses of torchvision's class of this name."""
    missing = missing_files(folder, files)
    if missing:
        from torchvision import datasets

        source = getattr(datasets, published)
        digests = dict(source.resources)  # of the packed files
        for file in missing:
            packed = f"{Path(file).name}.gz"
            download(folder / file, [mirror + packed for mirror in source.mirrors], digests[packed])


def read_split(
    folder: Path,
    files: Sequence[str],
    split: Split,
    *,
    shape: tuple[int, ...],
    balance: Mapping[str, tuple[int, ...]],
    digests: Mapping[str, str],
) -> Arrays:
    """The pictures of a split; `files` are pixels and labels of train, then of test."""
    files = files[:2] if split == "train" else files[2:]
    pixels_path, labels_path = (folder / file for file in files)
    count = sum(balance[split])
    pixels = read_idx(pixels_path, (count, *shape[:2]))
    labels = read_idx(labels_path, (count,))
    check_labels(labels_path, labels, balance[split])
    for file in digests.keys() & set(files):
        check_digest(folder / file, digests[file])
    return Arrays(pixels[..., None], {"label": labels.astype(np.int32)})


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The bytes of an idx file that must have this shape."""
    content = read_content(path)
    magic = bytes([0, 0, 8, len(shape)])
    start = len(magic) + 4 * len(shape)
    size = start + math.prod(shape)
    if not content.startswith(magic):
        raise UserError(
            f"{path}: {describe(content)}; expected an idx file, beginning with {magic!r}; {AGAIN}"
        )
    if len(content) >= start:
        found = tuple(np.frombuffer(content, ">u4", len(shape), offset=4).tolist())
        if found != shape:
            raise UserError(f"{path}: values of shape {found}; expected {shape}; {AGAIN}")
    if len(content) != size:
        change = "truncated" if len(content) < size else "too long"
        raise UserError(f"{path}: {change}, {len(content)} bytes; expected {size}; {AGAIN}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
