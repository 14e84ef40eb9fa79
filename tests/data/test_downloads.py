"""Oracle: files in a folder that torchvision takes for the servers; only its last step, HTTP, is replaced."""

import gzip
import hashlib
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlretrieve

import pytest
from torchvision import datasets as sources

from lea.data.cifar_10 import CIFAR10
from lea.data.fashion_mnist import FashionMNIST
from lea.data.mnist import MNIST
from lea.data.svhn import SVHN
from lea.errors import UserError

ARCHIVE = gzip.compress(b"an archive")


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small files by the originals' names, which torchvision is told the digests of."""
    folder = tmp_path / "server"
    folder.mkdir()
    packed = {f"{Path(file).name}.gz": gzip.compress(Path(file).name.encode()) for file in MNIST.FILES}
    tables = {file: file.encode() for file in (*SVHN.FILES, "extra_32x32.mat")}
    for name, content in (packed | tables | {CIFAR10.FILES[0]: ARCHIVE}).items():
        (folder / name).write_bytes(content)
    for source in (sources.MNIST, sources.FashionMNIST):
        monkeypatch.setattr(source, "mirrors", [f"{folder.as_uri()}/gone/", f"{folder.as_uri()}/"])
        monkeypatch.setattr(source, "resources", [(name, md5(content)) for name, content in packed.items()])
    listed = {name: [f"{folder.as_uri()}/{name}", name, md5(content)] for name, content in tables.items()}
    monkeypatch.setattr(sources.SVHN, "split_list", listed)
    monkeypatch.setattr(sources.CIFAR10, "url", f"{folder.as_uri()}/{CIFAR10.FILES[0]}")
    monkeypatch.setattr(sources.CIFAR10, "tgz_md5", md5(ARCHIVE))
    monkeypatch.setattr(sources.utils, "_urlretrieve", urlretrieve)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
def test_packed_files_are_unpacked_from_the_first_server_that_has_them(
    server: Path, tmp_path: Path, kind: type[MNIST] | type[FashionMNIST]
) -> None:
    kind().fetch(tmp_path / "to")
    assert contents(tmp_path / "to") == {file: Path(file).name.encode() for file in kind.FILES}


def test_the_archive_of_cifar_stays_packed(server: Path, tmp_path: Path) -> None:
    CIFAR10().fetch(tmp_path / "to")
    assert contents(tmp_path / "to") == {CIFAR10.FILES[0]: ARCHIVE}


def test_the_extra_pictures_of_svhn_are_not_downloaded(server: Path, tmp_path: Path) -> None:
    SVHN().fetch(tmp_path / "to")
    assert contents(tmp_path / "to") == {file: file.encode() for file in SVHN.FILES}


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST, CIFAR10, SVHN])
def test_a_file_on_disk_is_kept_and_only_the_others_are_downloaded(
    server: Path, tmp_path: Path, kind: type[MNIST] | type[CIFAR10] | type[SVHN]
) -> None:
    own = tmp_path / "to" / kind.FILES[-1]
    own.parent.mkdir(parents=True)
    own.write_bytes(b"the user's own")
    kind().fetch(tmp_path / "to")
    found = contents(tmp_path / "to")
    assert found.keys() == set(kind.FILES)
    assert [file for file, content in found.items() if content == b"the user's own"] == [kind.FILES[-1]]


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST, CIFAR10, SVHN])
def test_no_network_is_said_with_the_file_and_what_to_do_and_leaves_nothing(
    server: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[MNIST] | type[CIFAR10] | type[SVHN],
) -> None:
    def fail(url: str, path: str) -> None:
        Path(path).write_bytes(b"half")
        raise URLError("Name or service not known")

    monkeypatch.setattr(sources.utils, "_urlretrieve", fail)
    expected = (
        f"to/{kind.FILES[0]}: no such file, .*Name or service not known.*; .*put it there .*source: embedded"
    )
    with pytest.raises(UserError, match=expected):
        kind().fetch(tmp_path / "to")
    assert contents(tmp_path / "to") == {}


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST, CIFAR10, SVHN])
def test_a_download_with_another_digest_is_refused_and_leaves_nothing(
    server: Path, tmp_path: Path, kind: type[MNIST] | type[CIFAR10] | type[SVHN]
) -> None:
    for file in server.iterdir():
        file.write_bytes(b"<html>come back later</html>")
    with pytest.raises(UserError, match=r"download failed \(.*corrupted.*\); expected"):
        kind().fetch(tmp_path / "to")
    assert contents(tmp_path / "to") == {}
