"""dSprites' published archive: fetched, checked, and read without ever touching its pickle."""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from shutil import copyfileobj
from typing import IO
from urllib.request import urlopen

import numpy as np
from numpy.lib import format as npy

from lea.data.originals import AGAIN, describe
from lea.errors import UserError
from lea.files import whole

SIDE = 64  # of its pictures
CHUNK = 4096  # pictures in hand at a time: 16 MiB


def fetch_archive(path: Path, address: str, blob: str) -> None:
    """Download the archive to `path` unless it is there; other content than the published is not kept."""
    if path.exists():
        return
    try:
        with whole(path) as aside:
            with urlopen(address, timeout=60) as answer, aside.open("wb") as file:
                copyfileobj(answer, file)
            check_blob(aside, blob)
    except (OSError, HTTPException, UserError) as error:
        raise UserError(
            f"{path}: no such file, and the download failed ({address}: {error}); expected dSprites' "
            "archive; fetch it on a machine with a network and put it there, or choose `source: embedded`"
        ) from error


def check_archive(path: Path, blob: str, grid: tuple[int, ...]) -> None:
    """Refuse a file that is not the archive with this blob id and the complete grid; no picture is read."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected dSprites' archive; fetch it, or `source: embedded`")
    check_zip(path)
    check_blob(path, blob)
    for name, shape, dtype in members(grid):
        with open_member(path, name) as file:
            check_header(f"{path}: {name}", file, shape, dtype)
    with open_member(path, "latents_classes.npy") as file:
        classes = npy.read_array(file, allow_pickle=False)
    complete = np.indices((1, *grid)).reshape(1 + len(grid), -1).T
    wrong = np.flatnonzero((classes != complete).any(axis=1))
    if len(wrong):
        row = wrong[0]
        found, wanted = classes[row].tolist(), complete[row].tolist()
        raise UserError(f"{path}: latents_classes in row {row} are {found}; expected {wanted}; {AGAIN}")


def members(grid: tuple[int, ...]) -> list[tuple[str, tuple[int, ...], str]]:
    """What is asked of the archive: member, shape, type; its `metadata` is a pickle and is never touched."""
    rows = int(np.prod(grid))
    factors = (rows, 1 + len(grid))  # the colour, always white, comes first
    return [
        ("imgs.npy", (rows, SIDE, SIDE), "uint8"),
        ("latents_classes.npy", factors, "int64"),
        ("latents_values.npy", factors, "float64"),
    ]


def check_zip(path: Path) -> None:
    """Refuse a file that is not a whole zip archive."""
    with path.open("rb") as file:
        beginning = file.read(256)
    if not beginning.startswith(b"PK"):
        raise UserError(f"{path}: {describe(beginning)}; expected a zip archive (.npz); {AGAIN}")
    if not zipfile.is_zipfile(path):
        size = path.stat().st_size
        raise UserError(f"{path}: truncated, {size} bytes; expected a zip archive with its end; {AGAIN}")


def check_blob(path: Path, blob: str) -> None:
    """Refuse a file with another id than this as a blob of git."""
    size = os.path.getsize(path)
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != blob:
        found = f"{size} bytes with git blob id {digest.hexdigest()}, so truncated or changed"
        raise UserError(f"{path}: {found}; expected {blob}; {AGAIN}")


@contextmanager
def open_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """A member of the archive as a stream; what cannot be unpacked or is no array is said in words."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as file:
            yield file
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(
            f"{path}: {name}: {error}; expected a member of the original archive; {AGAIN}"
        ) from error


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype, bool]:
    """Shape, type and whether the first axis varies fastest; leaves the stream at the first value."""
    old = npy.read_magic(file) == (1, 0)
    shape, fortran, dtype = (npy.read_array_header_1_0 if old else npy.read_array_header_2_0)(file)
    return shape, dtype, fortran


def check_header(where: str, file: IO[bytes], shape: tuple[int, ...], dtype: str) -> None:
    """Refuse a member of another shape or type; objects are pickles and never read."""
    found_shape, found_dtype, _ = read_header(file)
    wanted = f"expected {dtype} of shape {shape}; {AGAIN}"
    if found_dtype.hasobject:
        raise UserError(f"{where}: a pickle, which could run code, so it is not read; {wanted}")
    if (found_shape, found_dtype) != (shape, np.dtype(dtype)):
        raise UserError(f"{where}: {found_dtype} of shape {found_shape}; {wanted}")


def read_rows(path: Path, rows: np.ndarray) -> np.ndarray:
    """Pictures (n, 64, 64, 1) of rows of a checked archive, as bytes 0 or 255; every picture passes by."""
    pixels = np.empty((len(rows), SIDE, SIDE, 1), np.uint8)
    order = np.argsort(rows)
    bounds = rows[order]
    for start, block in stream_pictures(path):
        low, high = np.searchsorted(bounds, [start, start + len(block)])
        chosen = order[low:high]
        pixels[chosen, :, :, 0] = 255 * block[rows[chosen] - start]
    return pixels


def stream_pictures(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """The archive's pictures as blocks (n, 64, 64) of zeros and ones, each with its first row."""
    with open_member(path, "imgs.npy") as file:
        (rows, *_), _, fortran = read_header(file)
        if fortran:
            raise UserError(f"{path}: imgs.npy: pixels before pictures; expected picture by picture; {AGAIN}")
        for start in range(0, rows, CHUNK):
            size = min(CHUNK, rows - start)
            pictures = np.frombuffer(file.read(size * SIDE * SIDE), np.uint8).reshape(size, SIDE, SIDE)
            if pictures.max() > 1:
                found = f"a pixel of {pictures.max()} in rows {start} to {start + size - 1}"
                raise UserError(f"{path}: imgs.npy: {found}; expected only 0 and 1; {AGAIN}")
            yield start, pictures
