"""Oracle: MATLAB files written by scipy and read by torchvision; the published counts."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from lea.data.arrays import fixed_order
from lea.data.svhn import SVHN
from lea.errors import UserError

LABELS = np.repeat(np.arange(1, 11), 2)  # as in the original, 10 stands for the digit 0


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, **tables: np.ndarray) -> Path:
    """Write a test file of these tables (`savemat`'s) and tell the class its MD5."""
    path = folder / "test_32x32.mat"
    savemat(path, tables, do_compression=True)
    monkeypatch.setattr(SVHN, "BALANCE", {"test": (2,) * 10})
    monkeypatch.setattr(SVHN, "DIGESTS", {path.name: hashlib.md5(path.read_bytes()).hexdigest()})
    return folder


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3, 20), np.uint8)


def test_a_file_is_what_torchvision_reads_in_the_fixed_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixels: np.ndarray
) -> None:
    from torchvision.datasets import SVHN as Source

    folder = write(tmp_path, monkeypatch, X=pixels, y=LABELS[:, None].astype(np.uint8))
    monkeypatch.setattr(Source, "split_list", {"test": ["", "test_32x32.mat", *SVHN.DIGESTS.values()]})
    source = Source(folder, split="test")
    images = SVHN().original(folder, "test", None)
    rows = fixed_order(20, "svhn", "test")
    np.testing.assert_array_equal(images.values, source.data.transpose(0, 2, 3, 1)[rows])
    np.testing.assert_array_equal(images.labels["label"], source.labels[rows])
    np.testing.assert_array_equal(SVHN().original(folder, "test", 3).values, images.values[:3])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.where(LABELS == 9, 11, LABELS), "label 11 in row 16; expected 0 to 9"),
        (np.where(LABELS == 10, 9, LABELS), r"pictures per class \(0, .*, 4\); expected \(2, "),
        (LABELS[:-1], r"shapes .*'y': \(19, 1\)}; expected .*'y': \(20, 1\)}"),
    ],
)
def test_wrong_labels_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixels: np.ndarray, labels: np.ndarray, message: str
) -> None:
    folder = write(tmp_path, monkeypatch, X=pixels, y=labels[:, None].astype(np.uint8))
    with pytest.raises(UserError, match=f"test_32x32.mat: .*{message}.*; delete it"):
        SVHN().original(folder, "test", None)


def test_wrong_pixels_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixels: np.ndarray
) -> None:
    folder = write(tmp_path, monkeypatch, X=pixels.transpose(3, 0, 1, 2), y=LABELS[:, None])
    with pytest.raises(UserError, match=r"'X': \(20, 32, 32, 3\).*; expected \{'X': \(32, 32, 3, 20\)"):
        SVHN().original(folder, "test", None)
    folder = write(tmp_path, monkeypatch, y=LABELS[:, None])
    with pytest.raises(UserError, match=r"shapes \{'y': \(20, 1\)\}; expected \{'X'"):
        SVHN().original(folder, "test", None)


def test_pixels_that_are_not_bytes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixels: np.ndarray
) -> None:
    folder = write(tmp_path, monkeypatch, X=pixels / 255, y=LABELS[:, None].astype(np.uint8))
    with pytest.raises(UserError, match="values of type float64; expected uint8"):
        SVHN().original(folder, "test", None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file; expected a MATLAB 5.0 file"),
        (b"<HTML>", "an HTML page"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"\x89HDF\r\n\x1a\n", r"begins with b'\\x89HDF"),
        (
            b"MATLAB 5.0 MAT-file",
            "truncated or changed, 19 bytes with MD5 .*; expected eb5a983be6a315427106f1b1",
        ),
    ],
)
def test_a_file_that_is_not_the_original_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "test_32x32.mat").write_bytes(content)
    with pytest.raises(UserError, match=f"test_32x32.mat: .*{message}.*embedded"):
        SVHN().original(tmp_path, "test", None)


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train_32x32.mat: no such file; .*fetch it, .*embedded"):
        SVHN().original(tmp_path, "train", 1)


def test_the_digests_are_those_of_torchvision() -> None:
    from torchvision.datasets import SVHN as Source

    listed = {name: digest for _, name, digest in Source.split_list.values()}
    assert {file: listed[file] for file in SVHN.FILES} == SVHN.DIGESTS


def test_the_published_counts_add_up_to_the_published_sizes() -> None:
    assert {split: sum(counts) for split, counts in SVHN.BALANCE.items()} == SVHN.SIZES
