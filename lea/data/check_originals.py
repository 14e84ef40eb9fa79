"""What is wrong with an original file of a data set or a folder of pictures, in sentences, or what it is."""

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np

from lea.data import (
    cifar_10,
    dsprites,
    dsprites_archive,
    fashion_mnist,
    ferg,
    folder,
    idx,
    lfw_subset,
    mnist,
    originals,
    svhn,
)
from lea.data.relief import grids, shipped

CHANNELS: Literal[1, 3] = 3  # any picture can be read as colour
ROWS = 96  # of a grid, read at once
IDX_SHAPES = {
    "train-images": (60000, 28, 28),
    "train-labels": (60000,),
    "t10k-images": (10000, 28, 28),
    "t10k-labels": (10000,),
}


def read_beginning(path: Path) -> bytes:
    """The first bytes of a file, enough to tell its kind."""
    with path.open("rb") as file:
        return file.read(512)


def check_npz(path: Path) -> list[str]:
    """What is wrong with dSprites' archive, of which every picture is looked at, or with shipped relief."""
    if path.name in shipped.DIGESTS:
        shipped.read_shipped(path)
        return []
    dsprites_archive.check_archive(path, dsprites.BLOB, dsprites.GRID)
    dsprites_archive.read_rows(path, np.array([], int))
    return []


def describe_npz(path: Path) -> str:
    """What an archive of either kind holds."""
    if path.name not in shipped.DIGESTS:
        return f"dSprites' original archive, {dsprites.ROWS} pictures"
    relief = shipped.read_shipped(path)
    rows, columns = relief.metres.shape
    return f"shipped relief, {rows} x {columns} cells of {relief.step[0]:g} degrees"


def check_grid(path: Path) -> list[str]:
    """What is wrong with a grid of elevations; every value is looked at."""
    with grids.open_grid(path) as grid:
        for start in range(0, len(grid.latitudes), ROWS):
            grid.read(start, min(ROWS, len(grid.latitudes) - start))
    return []


def describe_grid(path: Path) -> str:
    """Where a grid's cells lie, and how large they are."""
    with grids.open_grid(path) as grid:
        size = f"{len(grid.latitudes)} x {len(grid.longitudes)} cells of {grid.step[0] * 60:g} arc-minutes"
        down, across = (f"{axis[0]:g} to {axis[-1]:g}" for axis in (grid.latitudes, grid.longitudes))
    return f"a grid of elevations, {size}, centres from {down} degrees north, {across} east"


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


def check_npy(path: Path) -> list[str]:
    """What is wrong with the subset of LFW, the only array that is an original."""
    lfw_subset.read_subset(path, lfw_subset.LFWSubset.DIGEST)
    return []


def check_pictures(path: Path) -> list[str]:
    """What is wrong with a folder of pictures: with its classes, and with each that cannot be read. One that
    holds FERG-DB is looked at as such.
    """
    if (path / ferg.ROOT).is_dir():
        return ferg.faults(path)
    return folder.Folder(path=str(path), channels=CHANNELS).faults()


def describe_pictures(path: Path) -> str:
    """What a folder of pictures holds."""
    if (path / ferg.ROOT).is_dir():
        return f"FERG-DB, {len(ferg.list_files(path))} pictures"
    data = folder.Folder(path=str(path), channels=CHANNELS)
    classes = data.names("folder")["label"]
    return f"a folder of {len(data.files())} pictures in {len(classes)} classes: {', '.join(classes)}"
