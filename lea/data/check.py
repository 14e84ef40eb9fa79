"""`lea data check FILE`: says in words what is wrong with a file or folder of data, or what it is.

Enters a prepared table, weights, an original file of a data set or a folder of pictures; leaves sentences. A
file is taken for what its first bytes and its name say; where the two disagree, that is wrong. Nothing is
unpickled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lea.data import originals
from lea.data.check_originals import (
    check_cifar,
    check_grid,
    check_idx,
    check_npy,
    check_npz,
    check_pictures,
    check_svhn,
    describe_grid,
    describe_idx,
    describe_npz,
    describe_pictures,
    read_beginning,
)
from lea.data.check_tables import check_table, describe_table
from lea.data.check_tensors import check_tensors, describe_tensors
from lea.data.relief.grids import CLASSIC, HDF
from lea.errors import UserError
from lea.seals import LENGTH


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its first bytes, the end of its name, what both are called, what is asked of it."""

    magic: bytes | tuple[bytes, ...]
    ending: str | tuple[str, ...]  # without .gz
    content: str
    title: str
    check: Callable[[Path], list[str]]
    describe: Callable[[Path], str]
    at: int = 0  # where in the file those bytes stand


def check(path: Path) -> list[str]:
    """What is wrong with a file or folder, in sentences; none if all is well."""
    if not path.exists():
        return [f"{path}: no such file; expected data to check; correct the path"]
    try:
        return check_pictures(path) if path.is_dir() else check_file(path)
    except UserError as error:
        return [str(error)]


def describe(path: Path) -> str:
    """What a file or folder that is well is, in one line without its path."""
    if path.is_dir():
        return describe_pictures(path)
    kind = kind_by_content(read_beginning(path))
    return "no data of a known kind" if kind is None else kind.describe(path)


def check_file(path: Path) -> list[str]:
    """What is wrong with a file, after the kind that its content and its name agree on."""
    beginning = read_beginning(path)
    found = kind_by_content(beginning)
    name = path.name.removesuffix(".gz")
    wanted = next((kind for kind in KINDS if name.endswith(kind.ending)), found)
    if found is not None and found is wanted:
        return found.check(path)
    expected = wanted.title if wanted else "one of " + ", ".join(kind.title for kind in KINDS)
    words = found.content if found else describe_beginning(beginning, wanted)
    return [f"{path}: {words}; expected {expected}; replace it or correct its name"]


def kind_by_content(beginning: bytes) -> Kind | None:
    """The kind of file that begins so."""
    return next((kind for kind in KINDS if beginning.startswith(kind.magic, kind.at)), None)


def describe_beginning(beginning: bytes, wanted: Kind | None) -> str:
    """What a file is that begins as none of the kinds, in words."""
    if len(beginning) > 1 and beginning[0] == 0x80 and 2 <= beginning[1] <= 5:
        return "a Python pickle, which could run code, so it is not read"
    magic = wanted.magic if wanted else ()
    starts = magic if isinstance(magic, tuple) else (magic,)
    if wanted and beginning and any(one.startswith(beginning[wanted.at :]) for one in starts):
        return f"truncated, {len(beginning)} bytes"
    return originals.describe(beginning)


def describe_as(text: str) -> Callable[[Path], str]:
    """A description that does not depend on the file."""
    return lambda path: text


KINDS = (
    Kind(b"PAR1", ".parquet", "a Parquet file", "a prepared table", check_table, describe_table),
    Kind(
        b'{"',
        ".safetensors",
        "a safetensors file",
        "tensors of this project",
        check_tensors,
        describe_tensors,
        at=LENGTH,
    ),
    Kind(b"\0\0\x08", "-ubyte", "an idx file", "an unpacked idx file", check_idx, describe_idx),
    Kind(
        b"PK",
        ".npz",
        "a zip archive",
        "dSprites' archive",
        check_npz,
        describe_npz,
    ),
    Kind(
        b"\x93NUMPY",
        ".npy",
        "a NumPy array",
        "the subset of LFW",
        check_npy,
        describe_as("the subset of LFW, 200 pictures"),
    ),
    Kind(
        (HDF, *CLASSIC),
        (".nc", ".grd"),
        "a NetCDF file",
        "a grid of elevations",
        check_grid,
        describe_grid,
    ),
    Kind(
        b"\x1f\x8b",
        ".tar",
        "a gzip file",
        "CIFAR-10's archive",
        check_cifar,
        describe_as("CIFAR-10's original archive, 60000 pictures"),
    ),
    Kind(
        b"MATLAB 5.0",
        ".mat",
        "a MATLAB file",
        "an SVHN file",
        check_svhn,
        describe_as("an original file of SVHN"),
    ),
)
