"""Oracle: a file of the same shape made here, whose digest the class is told; the published file's own."""

import hashlib
from pathlib import Path
from urllib.request import urlretrieve

import numpy as np
import pytest
from torchvision.datasets import utils

from lea.data import lfw_subset
from lea.data.check import check, describe
from lea.data.lfw_subset import LFWSubset
from lea.errors import UserError


@pytest.fixture
def grey() -> np.ndarray:
    """Each picture is of one grey of its own, but for a pixel of half a step more."""
    pixels = np.repeat(np.arange(200) / 255, 625).reshape(200, 25, 25)
    pixels[:, 3, 4] += 0.6 / 255
    return pixels


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grey: np.ndarray) -> Path:
    np.save(tmp_path / "lfw_subset.npy", grey)
    content = (tmp_path / "lfw_subset.npy").read_bytes()
    monkeypatch.setattr(LFWSubset, "DIGEST", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(lfw_subset, "MD5", hashlib.md5(content).hexdigest())
    return tmp_path


def test_every_picture_is_in_one_split_with_its_label_and_rounded(folder: Path) -> None:
    found = {split: LFWSubset().original(folder, split, None) for split in ("train", "test")}
    greys = [arrays.values[:, 0, 0, 0].tolist() for arrays in found.values()]
    assert [len(one) for one in greys] == [150, 50]
    assert sorted(greys[0] + greys[1]) == list(range(200))
    for arrays in found.values():
        values = arrays.values[..., 0].astype(int)
        np.testing.assert_array_equal(values[:, 3, 4], values[:, 0, 0] + 1)
        np.testing.assert_array_equal(arrays.labels["label"], values[:, 0, 0] >= 100)
        assert arrays.labels["label"].tolist() == [0, 1] * (len(arrays) // 2)
    few = LFWSubset().original(folder, "train", 7)
    np.testing.assert_array_equal(few.values, found["train"].values[:7])


def test_more_than_there_are_and_another_file_are_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="51 pictures for test; expected at most 50"):
        LFWSubset().original(folder, "test", 51)
    path = folder / "lfw_subset.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match=r"lfw_subset\.npy: truncated or changed, .* SHA256 .*; expected .*"):
        LFWSubset().original(folder, "test", None)
    assert "truncated or changed" in check(path)[0]
    path.unlink()
    with pytest.raises(UserError, match=r"lfw_subset\.npy: no such file"):
        LFWSubset().original(folder, "test", None)


def test_a_check_knows_the_file(folder: Path) -> None:
    path = folder / "lfw_subset.npy"
    assert check(path) == []
    assert describe(path) == "the subset of LFW, 200 pictures"


def test_it_is_downloaded_once_and_checked(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lfw_subset, "ADDRESS", (folder / "lfw_subset.npy").as_uri())
    monkeypatch.setattr(utils, "_urlretrieve", urlretrieve)
    LFWSubset().fetch(tmp_path / "to")
    there = tmp_path / "to" / "lfw_subset.npy"
    assert there.read_bytes() == (folder / "lfw_subset.npy").read_bytes()
    there.write_bytes(b"the user's own")
    LFWSubset().fetch(tmp_path / "to")
    assert there.read_bytes() == b"the user's own"
    there.unlink()
    monkeypatch.setattr(lfw_subset, "MD5", "0" * 32)
    with pytest.raises(UserError, match="the download failed"):
        LFWSubset().fetch(tmp_path / "to")
