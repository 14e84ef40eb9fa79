"""Oracle: known faults, put one by one into files that are well, are each named; files that are well pass."""

import gzip
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from scipy.io import savemat

from lea.data import dsprites, mnist, svhn
from lea.data.check import check, describe
from lea.store import write_table

PAGE = b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>"
NAMES = (
    "a.parquet",
    "a.npz",
    "t10k-labels-idx1-ubyte",
    "cifar-10-python.tar.gz",
    "test_32x32.mat",
    "weights.safetensors",
    "unknown",
)
ROWS = 30  # 20 for training, 10 for the test
Columns = dict[str, pa.Array]


def columns() -> Columns:
    """A data set's table of 4 x 4 pictures with two labels."""
    rng = np.random.default_rng(0)
    values = [rng.integers(0, 256, 16, np.uint8).tobytes() for _ in range(ROWS)]
    return {
        "split": pa.array(["train"] * 20 + ["test"] * 10),
        "values": pa.array(values, pa.binary(16)),
        "shape": pa.array(np.arange(ROWS) % 3, pa.int32()),
        "x": pa.array(np.arange(ROWS) % 5, pa.int32()),
    }


def record() -> dict[str, Any]:
    return {
        "dataset": {"name": "tiny"},
        "shape": [4, 4, 1],
        "dtype": "uint8",
        "range": [0, 255],
        "factors": {"shape": 3, "x": 5},
        "names": {"shape": ["square", "ellipse", "heart"], "x": ["0", "1", "2", "3", "4"]},
        "counts": {"train": 20, "test": 10},
        "origin": "drawn here",
    }


def write(path: Path, columns: Columns, record: dict[str, Any]) -> Path:
    table = pa.table(columns)
    write_table(path, table, {field.name: str(field.type) for field in table.schema}, record)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "tiny.parquet", columns(), record())


def only(path: Path) -> str:
    """The one sentence about a file, which begins with its place."""
    (sentence,) = check(path)
    assert sentence.startswith(f"{path}")
    return sentence


def test_a_table_that_is_well_passes_and_is_described(table: Path) -> None:
    assert check(table) == []
    assert describe(table) == (
        "pictures of 4x4x1, 20 for train, 10 for test; labels shape (3), x (5); drawn here"
    )


def test_classes_without_a_picture_are_told_but_allowed(tmp_path: Path) -> None:
    shapes = pa.array([0, 1] * 10 + [0, 1, 2, 1, 2] * 2, pa.int32())
    path = write(tmp_path / "a.parquet", columns() | {"shape": shapes}, record())
    assert check(path) == []
    assert describe(path).endswith("; no sample of shape heart in train")


def test_every_flipped_byte_of_a_table_is_found(table: Path) -> None:
    content = table.read_bytes()
    rng = np.random.default_rng(0)
    places = {
        *range(8),
        *range(len(content) - 12, len(content)),
        *rng.integers(0, len(content), 400).tolist(),
    }
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << int(rng.integers(8))
        table.write_bytes(flipped)
        assert only(table), place


def test_every_truncation_of_a_table_is_found(table: Path) -> None:
    content = table.read_bytes()
    for length in {
        *range(4),
        *range(5, 12),
        *range(0, len(content), 37),
        *range(len(content) - 12, len(content)),
    }:
        table.write_bytes(content[:length])
        words = "an empty file" if length == 0 else "truncated, " if length < 4 else "truncated: "
        assert words in only(table)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_an_empty_file_and_a_pickle_are_called_so_under_every_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert "no such file" in only(path)
    for content, words in (
        (PAGE, "an HTML page"),
        (b"", "an empty file"),
        (pickle.dumps({"pixels": 1}), "a Python pickle, which could run code, so it is not read"),
        (b"some words", "it begins with b'some wor'"),
    ):
        path.write_bytes(content)
        assert words in only(path)


FAULTS: dict[str, tuple[Callable[[], Columns], str]] = {
    "no label": (
        lambda: {name: values for name, values in columns().items() if name != "x"},
        "the column 'x' is missing; expected split, values, shape, x",
    ),
    "no values": (
        lambda: {name: values for name, values in columns().items() if name != "values"},
        "the column 'values' is missing",
    ),
    "no split": (
        lambda: {name: values for name, values in columns().items() if name != "split"},
        "the column 'split' is missing",
    ),
    "narrow values": (
        lambda: columns() | {"values": pa.array([bytes(15)] * ROWS, pa.binary(15))},
        "the column 'values' holds fixed_size_binary[15]; expected fixed_size_binary[16]",
    ),
    "labels as text": (
        lambda: columns() | {"x": pa.array(["0"] * ROWS)},
        "the column 'x' holds string; expected int32",
    ),
    "an empty label": (
        lambda: columns() | {"x": pa.array([None, *[0] * (ROWS - 1)], pa.int32())},
        "the column 'x' has 1 empty values; expected none",
    ),
    "an empty picture": (
        lambda: columns() | {"values": pa.array([bytes(16)] * (ROWS - 2) + [None] * 2, pa.binary(16))},
        "the column 'values' has 2 empty values",
    ),
    "a label too large": (
        lambda: columns() | {"shape": pa.array([3, *[0] * (ROWS - 1)], pa.int32())},
        "1 labels of 'shape' out of range, such as 3; expected 0 to 2",
    ),
    "a label below 0": (
        lambda: columns() | {"x": pa.array([-1] * ROWS, pa.int32())},
        "30 labels of 'x' out of range, such as -1; expected 0 to 4",
    ),
    "a stranger": (lambda: columns() | {"y": columns()["x"]}, "the column 'y' is unknown"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_columns_is_named(tmp_path: Path, fault: str) -> None:
    make, words = FAULTS[fault]
    assert words in only(write(tmp_path / "a.parquet", make(), record()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counts": {"train": 20, "test": 11}}, "10 samples in the split 'test'; expected 11"),
        ({"counts": {"train": 20}}, "10 samples in the split 'test'; expected 0"),
        ({"counts": {"train": 20, "test": 10, "more": 5}}, "0 samples in the split 'more'; expected 5"),
        ({"shape": [4, 4, 3]}, "holds fixed_size_binary[16]; expected fixed_size_binary[48]"),
        ({"dtype": "int16"}, "holds fixed_size_binary[16]; expected fixed_size_binary[32]"),
        ({"range": [0, 254]}, "values from 0 to 255; expected 0 to 254, as its record says"),
        ({"factors": {"shape": 3, "x": 5, "y": 0}}, "the column 'y' is missing"),
        (
            {"names": {"shape": ["square"], "x": ["0", "1", "2", "3", "4"]}},
            "1 names for the classes of 'shape'",
        ),
    ],
)
def test_a_table_that_its_record_contradicts_is_refused(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    assert words in only(write(tmp_path / "a.parquet", columns(), record() | change))


def test_several_faults_are_all_told(tmp_path: Path) -> None:
    changed = columns() | {"x": pa.array([9] * ROWS, pa.int32()), "split": pa.array(["train"] * ROWS)}
    sentences = check(write(tmp_path / "a.parquet", changed, record()))
    assert len(sentences) == 3
    assert all(sentence.endswith("delete it, and the workflow makes it again") for sentence in sentences)


def test_a_record_without_counts_is_refused(tmp_path: Path) -> None:
    rest = {key: value for key, value in record().items() if key != "counts"}
    assert "its record lacks counts" in only(write(tmp_path / "a.parquet", columns(), rest))


def test_another_table_of_ours_passes_and_a_strangers_does_not(tmp_path: Path) -> None:
    ours = write(tmp_path / "metrics.parquet", {"value": pa.array([0.5, 1.0])}, {"run": "a"})
    assert check(ours) == []
    assert describe(ours) == "a table of 2 rows with value"
    maps = {"split": pa.array(["test"]), "values": pa.array([b"a map"])}
    assert check(write(tmp_path / "maps.parquet", maps, {"run": "a", "shape": [1, 2]})) == []
    pq.write_table(pa.table({"value": [1]}), tmp_path / "other.parquet")
    assert "not one of this project" in only(tmp_path / "other.parquet")


def test_a_file_whose_name_and_content_disagree_is_refused(table: Path) -> None:
    archive = table.rename(table.with_name("dsprites.npz"))
    assert "a Parquet file; expected dSprites' archive" in only(archive)
    packed = archive.with_name("train-images-idx3-ubyte.gz")
    packed.write_bytes(gzip.compress(b"\0\0\x08\x03"))
    assert "a gzip file; expected an unpacked idx file" in only(packed)
    nameless = archive.rename(archive.with_name("nameless"))
    assert check(nameless) == []


def idx_bytes(values: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, values.ndim]) + b"".join(length.to_bytes(4, "big") for length in values.shape)
    return head + values.astype(np.uint8).tobytes()


def test_an_idx_file_is_checked_by_its_own_head(tmp_path: Path) -> None:
    path = tmp_path / "my-ubyte"
    content = idx_bytes(np.arange(24).reshape(2, 3, 4))
    path.write_bytes(content)
    assert check(path) == []
    assert describe(path) == "an idx file of 2x3x4 bytes, by its MD5 not MNIST's"
    for length in range(3, len(content)):
        path.write_bytes(content[:length])
        assert "truncated" in only(path) or "it begins with" in only(path)
    path.write_bytes(content + b"\0")
    assert "too long" in only(path)
    path.write_bytes(idx_bytes(np.array([1, 10])))
    assert "a label 10; expected 0 to 9" in only(path)


def test_files_under_mnists_names_must_have_its_sizes_and_digests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    path.parent.mkdir(parents=True)
    path.write_bytes(idx_bytes(np.zeros(9999)))
    assert "values of shape (9999,); expected (10000,)" in only(path)
    path.write_bytes(idx_bytes(np.zeros(10000)))
    assert "truncated or changed" in only(path)
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setitem(mnist.MNIST.DIGESTS, "MNIST/raw/t10k-labels-idx1-ubyte", digest)
    assert check(path) == []
    assert describe(path).endswith("an idx file of 10000 bytes, by its MD5 MNIST's own")


def test_archives_of_cifar_and_svhn_are_known_by_their_digests(tmp_path: Path) -> None:
    archive, matrix = tmp_path / "cifar-10-python.tar.gz", tmp_path / "train_32x32.mat"
    archive.write_bytes(gzip.compress(b"something else"))
    assert "expected c58f30108f718f92721af3b95e74349a" in only(archive)
    matrix.write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    assert "expected e26dedcc434d2e4c54c9b2d4a06d8373" in only(matrix)


def test_a_file_of_svhn_with_the_known_digest_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "test_32x32.mat"
    savemat(path, {"X": np.zeros((32, 32, 3, 10), np.uint8), "y": np.arange(1, 11, dtype=np.uint8)[:, None]})
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setitem(svhn.SVHN.DIGESTS, path.name, digest)
    assert "expected {'X': (32, 32, 3, 26032)" in only(path)
    monkeypatch.setitem(svhn.SVHN.BALANCE, "test", (1,) * 10)
    assert check(path) == []
    assert describe(path) == "an original file of SVHN"


def test_dsprites_archive_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, grid = tmp_path / "dsprites.npz", (3, 2, 2, 2, 2)
    classes = np.indices((1, *grid)).reshape(6, -1).T
    for value, words in ((1, None), (2, "a pixel of 2 in rows 0 to 47")):
        pictures = np.zeros((48, 64, 64), np.uint8)
        pictures[-1, -1, -1] = value
        np.savez_compressed(path, imgs=pictures, latents_classes=classes, latents_values=classes / 2)
        content = path.read_bytes()
        monkeypatch.setattr(dsprites, "BLOB", hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())
        monkeypatch.setattr(dsprites, "GRID", grid)
        assert check(path) == [] if words is None else words in only(path)
    path.write_bytes(content[:-40])
    assert "truncated" in only(path)
    assert describe(path).endswith("dSprites' original archive, 737280 pictures")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for split in ("train", "test"):
        for name in ("cats", "dogs"):
            folder = tmp_path / "mine" / split / name
            folder.mkdir(parents=True)
            Image.new("L", (9, 12), 100).save(folder / "1.png")
            Image.new("RGB", (20, 10), "red").save(folder / "2.jpg")
    return tmp_path / "mine"


def test_a_folder_of_pictures_that_is_well_passes_and_is_described(pictures: Path) -> None:
    assert check(pictures) == []
    assert describe(pictures) == "a folder of 8 pictures in 2 classes: cats, dogs"


def test_every_picture_that_cannot_be_read_is_named(pictures: Path) -> None:
    (pictures / "train" / "cats" / "1.png").write_bytes(PAGE)
    (pictures / "test" / "dogs" / "2.jpg").write_bytes(b"")
    assert sorted(sentence.split(":")[0] for sentence in check(pictures)) == [
        f"{pictures}/test/dogs/2.jpg",
        f"{pictures}/train/cats/1.png",
    ]


def test_a_folder_without_a_split_or_a_class_is_refused(pictures: Path) -> None:
    (pictures / "test" / "dogs").rename(pictures / "test" / "birds")
    assert [said.partition(", but ")[0] for said in check(pictures)] == [
        f"{pictures}/train/birds: no such folder",
        f"{pictures}/test/dogs: no such folder",
    ]
    (pictures / "test").rename(pictures / "extra")
    assert "no such folder; expected one with a folder for each class" in only(pictures)


def test_an_idx_file_of_nothing_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "empty-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 0]))
    assert "no values in it" in check(tmp_path / "empty-idx1-ubyte")[0]


def test_a_flipped_byte_of_mnist_is_found_in_any_folder_and_a_label_of_fashion_mnist_in_its_own(
    tmp_path: Path,
) -> None:
    labels = bytearray(bytes([0, 0, 8, 1]) + (10_000).to_bytes(4, "big") + bytes(range(10)) * 1000)
    own = tmp_path / "FashionMNIST" / "raw" / "t10k-labels-idx1-ubyte"
    own.parent.mkdir(parents=True)
    own.write_bytes(labels)
    assert check(own) == []
    (tmp_path / own.name).write_bytes(labels)
    assert "MD5" in check(tmp_path / own.name)[0]
    labels[9] ^= 1
    own.write_bytes(labels)
    assert "pictures per class" in check(own)[0]
