"""Oracle: pickle's own loader on small batches written byte by byte as Python 2 wrote the original's."""

import hashlib
import io
import pickle
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lea.data import cifar_10
from lea.data.arrays import Split, fixed_order
from lea.data.cifar_10 import CIFAR10, read_batch
from lea.errors import UserError

ROWS = 20


def short(text: str) -> bytes:
    """SHORT_BINSTRING."""
    return b"U" + bytes([len(text)]) + text.encode()


def integers(values: list[int]) -> bytes:
    """EMPTY_LIST, BINPUT, then MARK, BININT1s and APPENDS for every 1000 of them, as Python 2 groups them."""
    groups = [values[start : start + 1000] for start in range(0, len(values), 1000)]
    return b"]q\x05" + b"".join(b"(" + b"".join(b"K" + bytes([v]) for v in group) + b"e" for group in groups)


def array(content: bytes, rows: int) -> bytes:
    """A numpy array of bytes (rows, 3072) as its `__reduce__` gave it, the content as a BINSTRING."""
    shape = b"K\x01M" + struct.pack("<H", rows) + b"M" + struct.pack("<H", 3072) + b"\x86"
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return empty + b"(" + shape + dtype + b"\x89T" + struct.pack("<i", len(content)) + content + b"tb"


def batch(content: bytes, labels: list[int]) -> bytes:
    """A batch of the original's layout: protocol 2, the keys in its order."""
    names = b"]q\x08(" + b"".join(short(f"picture_{row}.png") for row in range(len(labels))) + b"e"
    pairs = short("batch_label") + short("training batch 1 of 5") + short("labels") + integers(labels)
    return (
        b"\x80\x02}q\x01("
        + pairs
        + short("data")
        + array(content, len(labels))
        + short("filenames")
        + names
        + b"u."
    )


def random_batch(seed: int, rows: int = ROWS) -> bytes:
    rng = np.random.default_rng(seed)
    return batch(rng.bytes(rows * 3072), (rng.permutation(rows) % 10).tolist())


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small archive of the original's layout, whose sizes and MD5 the class is told."""
    path = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for seed, name in enumerate(CIFAR10.BATCHES["train"] + CIFAR10.BATCHES["test"]):
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            content = random_batch(seed)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(CIFAR10, "SIZES", {"train": 5 * ROWS, "test": ROWS})
    monkeypatch.setattr(CIFAR10, "BALANCE", {"train": (ROWS // 2,) * 10, "test": (ROWS // 10,) * 10})
    monkeypatch.setattr(CIFAR10, "DIGEST", hashlib.md5(path.read_bytes()).hexdigest())
    return tmp_path


@pytest.mark.parametrize("rows", [1, 20, 2500])
def test_a_batch_taken_apart_is_what_pickle_would_load(rows: int) -> None:
    content = random_batch(rows, rows)
    loaded = pickle.loads(content, encoding="latin1")
    pixels, labels = read_batch(Path("batch"), content, rows)
    np.testing.assert_array_equal(pixels, loaded["data"].reshape(rows, 3, 32, 32).transpose(0, 2, 3, 1))
    assert labels.tolist() == loaded["labels"]


def test_no_code_in_a_pickle_is_run(tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    attack = f"cos\nmkdir\n(S'{trap}'\ntR0".encode()
    content = random_batch(0).replace(b"}q\x01(", attack + b"}q\x01(", 1)
    read_batch(Path("batch"), content, ROWS)
    assert not trap.exists()
    pickle.loads(content, encoding="latin1")
    assert trap.exists(), "the trap would have worked"


def test_nothing_of_the_module_can_load_a_pickle() -> None:
    source = Path(cifar_10.__file__).read_text()
    assert "import pickle\n" not in source
    assert "allow_pickle" not in source


@pytest.mark.parametrize(("split", "seeds"), [("train", range(5)), ("test", [5])])
def test_the_archive_is_read_batch_by_batch_in_the_fixed_order(
    archive: Path, split: Split, seeds: range
) -> None:
    batches = [pickle.loads(random_batch(seed), encoding="latin1") for seed in seeds]
    rows = fixed_order(ROWS * len(batches), "cifar_10", split)
    images = CIFAR10().original(archive, split, None)
    planes = np.concatenate([loaded["data"] for loaded in batches]).reshape(-1, 3, 32, 32)
    np.testing.assert_array_equal(images.values, planes.transpose(0, 2, 3, 1)[rows])
    np.testing.assert_array_equal(
        images.labels["label"], np.concatenate([b["labels"] for b in batches])[rows]
    )
    np.testing.assert_array_equal(CIFAR10().original(archive, split, 6).values, images.values[:6])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (random_batch(0)[:500], r"batch: not a pickle \(.*\); expected one of Python 2"),
        (b"<html>", r"batch: not a pickle \(.*\)"),
        (batch(bytes(3072), [1, 2]), "0 strings of 6144 bytes and 2 labels; expected one, and 2"),
        (batch(bytes(2 * 3072), [1, 2, 3]), "1 strings of 6144 bytes and 3 labels; expected one, and 2"),
        (batch(bytes(2 * 3072), [1, 2]).replace(b"labels", b"labelz"), "1 strings .* and 0 labels"),
    ],
)
def test_a_wrong_batch_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_batch(Path("batch"), content, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: b"", "an empty file; expected a gzip file"),
        (lambda content: b"\n<html><body>404", "an HTML page"),
        (lambda content: content[:-100], "truncated or changed, .* bytes with MD5 .*; expected"),
        (lambda content: content + b"\0", "truncated or changed"),
    ],
)
def test_a_wrong_archive_is_refused(archive: Path, change: Callable[[bytes], bytes], message: str) -> None:
    file = archive / CIFAR10.FILES[0]
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(UserError, match=f"cifar-10-python.tar.gz: .*{message}.*; delete it .*embedded"):
        CIFAR10().original(archive, "test", None)


def test_an_archive_without_a_batch_is_refused_by_name(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CIFAR10, "BATCHES", {"test": ("test_batch", "other")})
    with pytest.raises(UserError, match=r"gz: no other inside; expected test_batch, other"):
        CIFAR10().original(archive, "test", None)


def test_a_balance_other_than_the_published_is_refused(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CIFAR10, "BALANCE", {"test": (3, 1, *(2,) * 8)})
    with pytest.raises(UserError, match=r"pictures per class \(2, .*\); expected \(3, 1"):
        CIFAR10().original(archive, "test", None)


def test_a_missing_archive_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cifar-10-python.tar.gz: no such file; .*fetch it, .*embedded"):
        CIFAR10().original(tmp_path, "train", 1)


def test_the_digest_and_the_batches_are_those_of_torchvision() -> None:
    from torchvision.datasets import CIFAR10 as Source

    assert Source.tgz_md5 == CIFAR10.DIGEST
    assert (Source.filename,) == CIFAR10.FILES
    assert CIFAR10.BATCHES["train"] == tuple(name for name, _ in Source.train_list)
    assert CIFAR10.BATCHES["test"] == tuple(name for name, _ in Source.test_list)


def test_the_published_counts_add_up_to_the_published_sizes() -> None:
    assert {split: sum(counts) for split, counts in CIFAR10.BALANCE.items()} == CIFAR10.SIZES
    assert len(CIFAR10().names("embedded")["label"]) == CIFAR10.FACTORS["label"]
