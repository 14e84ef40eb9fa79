"""Oracle: torchvision's reader on the real files; idx files crafted by hand; the published counts."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from lea.data.arrays import Split, fixed_order
from lea.data.fashion_mnist import FashionMNIST
from lea.data.idx import read_idx
from lea.data.mnist import MNIST, PaddedMNIST
from lea.errors import UserError

REAL = Path(__file__).parents[3] / "shared" / "data" / "mnist"
needs_real = pytest.mark.skipif(not REAL.exists(), reason=f"the original MNIST is not at {REAL}")
SMALL = {"train": (2,) * 10, "test": (1,) * 10}


def idx(values: np.ndarray) -> bytes:
    """An idx file, written as its specification says."""
    return struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


@pytest.fixture
def crafted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a Fashion-MNIST of 20 and 10 pictures."""
    monkeypatch.setattr(FashionMNIST, "BALANCE", SMALL)
    for index, count in enumerate((20, 10)):
        pixels = np.random.default_rng(index).integers(0, 256, (count, 28, 28), np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        for file, values in zip(FashionMNIST.FILES[2 * index :][:2], (pixels, labels), strict=True):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_bytes(idx(values))
    return tmp_path


@needs_real
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_original_is_what_torchvision_reads_in_the_fixed_order(split: Split) -> None:
    from torchvision.datasets import MNIST as Source

    source = Source(REAL, train=split == "train")
    images = MNIST().original(REAL, split, None)
    rows = fixed_order(MNIST.SIZES[split], "mnist", split)
    np.testing.assert_array_equal(images.values[..., 0], source.data.numpy()[rows])
    np.testing.assert_array_equal(images.labels["label"], source.targets.numpy()[rows])
    assert images.values.dtype == np.uint8
    assert images.values.shape == (MNIST.SIZES[split], *MNIST.SHAPE)


@needs_real
def test_a_smaller_count_of_the_original_is_the_beginning_of_a_larger() -> None:
    few, more = (MNIST().original(REAL, "test", count) for count in (7, 300))
    np.testing.assert_array_equal(few.values, more.values[:7])
    np.testing.assert_array_equal(few.labels["label"], more.labels["label"][:7])


@needs_real
def test_one_changed_pixel_of_the_original_is_refused(tmp_path: Path) -> None:
    for file in MNIST.FILES[2:]:
        content = bytearray((REAL / file).read_bytes())
        content[-1] ^= "images" in file
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    with pytest.raises(
        UserError, match=r"t10k-images.*truncated or changed.*2646ac647ad5339dbf082846283269ea"
    ):
        MNIST().original(tmp_path, "test", 5)


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
def test_the_published_counts_add_up_to_the_published_sizes(kind: type[MNIST] | type[FashionMNIST]) -> None:
    assert {split: sum(counts) for split, counts in kind.BALANCE.items()} == kind.SIZES
    assert len(kind().names("embedded")["label"]) == kind.FACTORS["label"] == len(kind.BALANCE["test"])


@pytest.mark.parametrize("split", ["train", "test"])
def test_crafted_files_come_back_as_written_in_the_fixed_order(crafted: Path, split: Split) -> None:
    images = FashionMNIST().original(crafted, split, None)
    size = {"train": 20, "test": 10}[split]
    rows = fixed_order(size, "fashion_mnist", split)
    written = np.random.default_rng(split == "test").integers(0, 256, (size, 28, 28), np.uint8)
    np.testing.assert_array_equal(images.values[..., 0], written[rows])
    np.testing.assert_array_equal(images.labels["label"], rows % 10)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file; expected an idx file"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (gzip.compress(b"x", mtime=0), "a gzip file, still packed"),
        (b"\x00\x00\x0d\x01abcdefgh", r"begins with b'\\x00\\x00\\r\\x01abcd'"),
        (struct.pack(">4BI", 0, 0, 8, 1, 9) + bytes(9), r"shape \(9,\); expected \(10,\)"),
        (struct.pack(">4BI", 0, 0, 8, 1, 10) + bytes(9), "truncated, 17 bytes; expected 18"),
        (bytes([0, 0, 8, 1, 0]), "truncated, 5 bytes; expected 18"),
        (struct.pack(">4BI", 0, 0, 8, 1, 10) + bytes(11), "too long, 19 bytes; expected 18"),
        (idx(np.array([*range(9), 10], np.uint8)), "label 10 in row 9; expected 0 to 9"),
        (idx(np.array([*range(9), 8], np.uint8)), r"pictures per class \(1, .* 2, 0\); expected \(1, "),
    ],
)
def test_a_wrong_file_is_refused_with_what_it_is(crafted: Path, content: bytes, message: str) -> None:
    file = crafted / FashionMNIST.FILES[3]
    file.write_bytes(content)
    with pytest.raises(UserError, match=f"t10k-labels-idx1-ubyte: .*{message}.*; .*`source: embedded`"):
        FashionMNIST().original(crafted, "test", None)


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte: no such file; .*fetch it, .*embedded"):
        FashionMNIST().original(tmp_path, "train", 1)


def test_more_pictures_than_there_are_are_refused(crafted: Path) -> None:
    with pytest.raises(UserError, match="fashion_mnist: 11 pictures for test; expected at most 10"):
        FashionMNIST().original(crafted, "test", 11)


def test_pixels_are_read_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    assert read_idx(tmp_path / "file", (2, 3)).tolist() == [[1, 2, 3], [4, 5, 6]]


def padded(values: np.ndarray) -> np.ndarray:
    wide = np.zeros((len(values), 32, 32, 1), np.uint8)
    wide[:, 2:30, 2:30] = values
    return wide


def test_padded_digits_are_the_others_with_black_around_them() -> None:
    plain, wide = MNIST().embedded("train", 7, 28), PaddedMNIST().embedded("train", 7, 32)
    assert np.array_equal(wide.values, padded(plain.values))
    assert np.array_equal(wide.labels["label"], plain.labels["label"])


@needs_real
def test_so_are_the_original_ones() -> None:
    plain, wide = MNIST().original(REAL, "test", 7), PaddedMNIST().original(REAL, "test", 7)
    assert np.array_equal(wide.values, padded(plain.values))
