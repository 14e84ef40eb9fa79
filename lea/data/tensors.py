"""A data set's table as tensors: uint8 on the device, made into batches of floats there.

A study's images fit in memory many times over, so there is no loader and no worker: a batch is one indexing
operation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch import Tensor

from lea.store import read_record, read_table


@dataclass(frozen=True, slots=True)
class Samples:
    """The pictures of one split and one label of each."""

    pixels: Tensor  # (n, h, w, c) uint8
    labels: Tensor  # (n,) int64

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """(b,) -> (b, c, h, w) floats in [0, 1], channels last in memory, and (b,) labels."""
        x = self.pixels[rows].to(torch.float32).div_(255)  # (b, h, w, c)
        return x.permute(0, 3, 1, 2), self.labels[rows]  # (b, c, h, w)

    def first(self, count: int | None) -> "Samples":
        """The first `count` samples, all if `None`."""
        return Samples(self.pixels[:count], self.labels[:count])

    def split(self, count: int | None, held_out: int | None) -> "tuple[Samples, Samples]":
        """The first `count` samples (None: all but the held out), and those held out behind them."""
        left = len(self) - (held_out or 0)
        count = left if count is None else count
        assert 0 < count <= left, f"{count} samples and {held_out} held out of {len(self)}"
        behind = slice(count, count + (held_out or 0))
        return self.first(count), Samples(self.pixels[behind], self.labels[behind])

    def to(self, device: torch.device) -> "Samples":
        """The same samples on a device."""
        return Samples(self.pixels.to(device), self.labels.to(device))


@dataclass(frozen=True, slots=True)
class Data:
    """A data set, as a network meets it."""

    train: Samples
    test: Samples
    shape: tuple[int, int, int]  # (c, h, w)
    classes: int


def read_data(path: Path, target: str | None) -> Data:
    """A table of the data stage, with the label that is to be learnt; None: without labels, each 0."""
    return data_of(read_table(path), target)


def data_of(table: pa.Table, target: str | None) -> Data:
    """The same of a table that was read already."""
    record = read_record(table)
    height, width, channels = record["shape"]
    splits = {
        split: _samples(table.filter(pc.equal(table["split"], split)), (height, width, channels), target)
        for split in ("train", "test")
    }
    classes = record["factors"][target] if target else 1
    return Data(splits["train"], splits["test"], (channels, height, width), classes)


@dataclass(frozen=True, slots=True)
class Factors:
    """Several labels of each image, one column each, in the order of the rows."""

    train: Tensor  # (n, factors) int64
    test: Tensor
    classes: dict[str, int]  # of each factor
    names: dict[str, list[str]]  # of every label's classes
    best: dict[str, dict[str, float]]  # accuracy that no reading can exceed: factor -> group -> share


def factors_of(table: pa.Table, factors: Sequence[str]) -> Factors:
    """The labels of a table of the data stage."""
    record = read_record(table)
    columns = np.stack([table[factor].to_numpy().astype(np.int64) for factor in factors], 1)
    train, test = (
        torch.from_numpy(columns[pc.equal(table["split"], split).to_numpy()]) for split in ("train", "test")
    )
    classes = {factor: record["factors"][factor] for factor in factors}
    return Factors(train, test, classes, record["names"], record.get("best", {}))


def _samples(table: pa.Table, shape: tuple[int, int, int], target: str | None) -> Samples:
    pixels = np.frombuffer(table["pixels"].combine_chunks().buffers()[1], np.uint8)
    pixels = pixels[: len(table) * int(np.prod(shape))].reshape(-1, *shape)
    labels = table[target].to_numpy().astype(np.int64) if target else np.zeros(len(table), np.int64)
    return Samples(torch.from_numpy(pixels.copy()), torch.from_numpy(labels))
