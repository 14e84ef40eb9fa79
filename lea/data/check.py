"""`lea data check FILE`: says in words what is wrong with a file or folder of data, or what it is.

Enters a prepared table, an original file of a data set or a folder of pictures; leaves sentences. A file is
taken for what its first bytes and its name say; where the two disagree, that is wrong. Nothing is unpickled.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lea import store
from lea.data import cifar_10, dsprites, fashion_mnist, folder, idx, mnist, originals, svhn
from lea.errors import UserError

RECORD = {"dataset", "shape", "factors", "names", "counts", "origin"}
CHANNELS: Literal[1, 3] = 3  # any picture can be read as colour
ANY_SIDE = 8  # to which a picture is cut when only its being readable is asked
IDX_SHAPES = {
    "train-images": (60000, 28, 28),
    "train-labels": (60000,),
    "t10k-images": (10000, 28, 28),
    "t10k-labels": (10000,),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its first bytes, the end of its name, what both are called, what is asked of it."""

    magic: bytes
    ending: str  # without .gz
    content: str
    title: str
    check: Callable[[Path], list[str]]
    describe: Callable[[Path], str]


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


def read_beginning(path: Path) -> bytes:
    """The first bytes of a file, enough to tell its kind."""
    with path.open("rb") as file:
        return file.read(512)


def kind_by_content(beginning: bytes) -> Kind | None:
    """The kind of file that begins so."""
    return next((kind for kind in KINDS if beginning.startswith(kind.magic)), None)


def describe_beginning(beginning: bytes, wanted: Kind | None) -> str:
    """What a file is that begins as none of the kinds, in words."""
    if len(beginning) > 1 and beginning[0] == 0x80 and 2 <= beginning[1] <= 5:
        return "a Python pickle, which could run code, so it is not read"
    if wanted and beginning and wanted.magic.startswith(beginning):
        return f"truncated, {len(beginning)} bytes"
    return originals.describe(beginning)


def check_table(path: Path) -> list[str]:
    """What is wrong with a table of ours; more is asked of a data set's pictures than of other tables."""
    table = store.read_table(path)
    record = store.read_record(table)
    if not is_dataset(table, record):
        return []
    lacking = ", ".join(sorted(RECORD - set(record)))
    if lacking:
        return [f"{path}: its record lacks {lacking}; expected {', '.join(sorted(RECORD))}; make it again"]
    problems = (
        *column_problems(table, record),
        *split_problems(table, record),
        *label_problems(table, record),
    )
    return [f"{path}: {problem}; delete it, and the workflow makes it again" for problem in problems]


def is_dataset(table: pa.Table, record: dict[str, Any]) -> bool:
    """Whether a table of ours is a data set's: by its columns, or by its record if a column is missing."""
    return {"split", "pixels"} <= set(table.column_names) or {"shape", "factors"} <= set(record)


def column_problems(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """Columns that are missing, too many, of another type or width, or not full."""
    schema = store.images_schema(tuple(record["shape"]), list(record["factors"]))
    for field in schema:
        if field.name not in table.column_names:
            yield f"the column '{field.name}' is missing; expected {', '.join(schema.names)}"
        elif table.schema.field(field.name).type != field.type:
            found = table.schema.field(field.name).type
            yield f"the column '{field.name}' holds {found}; expected {field.type}"
        elif table[field.name].null_count:
            yield f"the column '{field.name}' has {table[field.name].null_count} empty values; expected none"
    for name in sorted(set(table.column_names) - set(schema.names)):
        yield f"the column '{name}' is unknown; expected {', '.join(schema.names)}"


def split_problems(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """Splits that have another number of pictures than the record says."""
    if "split" not in table.column_names:
        return
    found = {entry["values"]: entry["counts"] for entry in table["split"].value_counts().to_pylist()}
    for split in sorted(found.keys() | record["counts"].keys(), key=str):
        count, wanted = found.get(split, 0), record["counts"].get(split, 0)
        if count != wanted:
            yield f"{count} pictures in the split '{split}'; expected {wanted}, as its record says"


def label_problems(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """Labels out of range, and factors whose classes are not all named."""
    for factor, classes in record["factors"].items():
        names = len(record["names"].get(factor, ()))
        if names != classes:
            yield f"{names} names for the classes of '{factor}'; expected {classes}"
        if factor not in table.column_names or not pa.types.is_integer(table[factor].type):
            continue
        labels = table[factor].drop_null().to_numpy()
        wrong = labels[(labels < 0) | (labels >= classes)]
        if len(wrong):
            found = f"{len(wrong)} labels of '{factor}' out of range, such as {wrong[0]}"
            yield f"{found}; expected 0 to {classes - 1}"


def describe_table(path: Path) -> str:
    """What a table of ours holds, and which classes have no picture: allowed, but worth knowing."""
    table = store.read_table(path)
    record = store.read_record(table)
    if not is_dataset(table, record):
        return f"a table of {table.num_rows} rows with {', '.join(table.column_names)}"
    shape = "x".join(str(length) for length in record["shape"])
    counts = ", ".join(
        f"{record['counts'][split]} for {split}" for split in table["split"].unique().to_pylist()
    )
    factors = ", ".join(f"{factor} ({record['factors'][factor]})" for factor in table.column_names[2:])
    absent = "".join(f"; no picture of {text}" for text in absent_classes(table, record))
    return f"pictures of {shape}, {counts}; labels {factors}; {record['origin']}{absent}"


def absent_classes(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """For each split and factor, the classes that do not occur."""
    for split in record["counts"]:
        part = table.filter(pc.equal(table["split"], split))
        for factor, names in record["names"].items():
            present = set(part[factor].unique().to_pylist())
            absent = [name for label, name in enumerate(names) if label not in present]
            if absent:
                yield f"{factor} {', '.join(absent)} in {split}"


def check_dsprites(path: Path) -> list[str]:
    """What is wrong with dSprites' archive; every picture is looked at."""
    dsprites.check_archive(path, dsprites.BLOB, dsprites.GRID)
    dsprites.read_rows(path, np.array([], int))
    return []


def check_idx(path: Path) -> list[str]:
    """What is wrong with an idx file: its shape, its length, its labels' range, MNIST's MD5.

    Fashion-MNIST's files have the same names and no published digest once they are unpacked: its labels are
    counted, if they lie in a folder `FashionMNIST`.
    """
    beginning = read_beginning(path)
    shape = next((shape for name, shape in IDX_SHAPES.items() if name in path.name), read_shape(beginning))
    values = idx.read_idx(path, shape)
    if not values.size:
        return [f"{path}: no values in it; expected pictures or labels; {originals.AGAIN}"]
    if values.ndim == 1 and values.max() >= len(mnist.MNIST.BALANCE["train"]):
        return [f"{path}: a label {values.max()}; expected 0 to 9; {originals.AGAIN}"]
    digest = mnist.MNIST.DIGESTS.get(f"MNIST/raw/{path.name}")
    if digest and "FashionMNIST" in path.absolute().parts:
        split = "train" if path.name.startswith("train") else "test"
        if values.ndim == 1:
            originals.check_labels(path, values, fashion_mnist.FashionMNIST.BALANCE[split])
    elif digest:
        originals.check_digest(path, digest)
    return []


def read_shape(beginning: bytes) -> tuple[int, ...]:
    """The lengths that an idx file's head gives."""
    axes = beginning[3] if len(beginning) > 3 else 0
    lengths = beginning[4 : 4 + 4 * axes].ljust(4 * axes, b"\0")
    return tuple(np.frombuffer(lengths, ">u4").tolist())


def describe_idx(path: Path) -> str:
    """What an idx file holds, and whether it is one of MNIST's by its MD5."""
    shape = "x".join(str(length) for length in read_shape(read_beginning(path)))
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    whose = "MNIST's own" if digest in mnist.MNIST.DIGESTS.values() else "not MNIST's"
    return f"an idx file of {shape} bytes, by its MD5 {whose}"


def check_cifar(path: Path) -> list[str]:
    """What is wrong with CIFAR-10's archive."""
    data = cifar_10.CIFAR10
    batches = data.BATCHES["train"] + data.BATCHES["test"]
    rows = sum(data.SIZES.values()) // len(batches)
    for name, content in cifar_10.read_members(path, data.DIGEST, batches).items():
        cifar_10.read_batch(path / name, content, rows)
    return []


def check_svhn(path: Path) -> list[str]:
    """What is wrong with one of SVHN's files; its name says which it should be."""
    split = "test" if "test" in path.name else "train"
    data = svhn.SVHN
    svhn.read_mat(path, data.SHAPE, data.BALANCE[split], data.DIGESTS[f"{split}_32x32.mat"])
    return []


def check_pictures(path: Path) -> list[str]:
    """What is wrong with a folder of pictures: with its classes, or with each picture that cannot be read."""
    problems = []
    for file in folder.Folder(path=str(path), channels=CHANNELS).files():
        try:
            folder.read_picture(file, CHANNELS, ANY_SIDE)
        except UserError as error:
            problems.append(str(error))
    return problems


def describe_pictures(path: Path) -> str:
    """What a folder of pictures holds."""
    data = folder.Folder(path=str(path), channels=CHANNELS)
    classes = data.names("folder")["label"]
    return f"a folder of {len(data.files())} pictures in {len(classes)} classes: {', '.join(classes)}"


def describe_as(text: str) -> Callable[[Path], str]:
    """A description that does not depend on the file."""
    return lambda path: text


KINDS = (
    Kind(b"PAR1", ".parquet", "a Parquet file", "a prepared table", check_table, describe_table),
    Kind(b"\0\0\x08", "-ubyte", "an idx file", "an unpacked idx file", check_idx, describe_idx),
    Kind(
        b"PK",
        ".npz",
        "a zip archive",
        "dSprites' archive",
        check_dsprites,
        describe_as(f"dSprites' original archive, {dsprites.ROWS} pictures"),
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
