"""A data set's table as tensors of its own type on the device, made into batches of floats there.

A study's samples fit in memory many times over, so there is no loader and no worker: a batch is one indexing
operation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from lea.data.arrays import Limits
from lea.data.tables import labels_of, rows_of, values_of
from lea.errors import UserError
from lea.store import read_record
from lea.study.seeds import derive
from lea.study.spec import Data as Spec

AS_THEY_ARE: Limits = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Samples:
    """Some samples, and what is known of each."""

    values: Tensor  # (n, h, w, c) pictures, (n, d) points; as they are stored, of any type
    labels: Tensor | None  # (n,) or (n, factors) int64; None: nothing is known of them
    scale: Limits  # the values that become 0 and 1

    def __len__(self) -> int:
        return len(self.values)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor | None]:
        """(b,) -> (b, c, h, w) floats in [0, 1], channels last in memory, or (b, d); and (b,) labels."""
        x = self.values[rows].to(torch.float32)  # a copy, (b, h, w, c) or (b, d)
        low, high = self.scale
        if low:
            x.sub_(low)
        x.div_(high - low)
        if x.ndim == 4:
            x = x.permute(0, 3, 1, 2)  # (b, c, h, w)
        return x, None if self.labels is None else self.labels[rows]

    def batches(self, size: int) -> Iterator[Tensor]:
        """All samples in their order, so many at once: (b, ...) each, as `batch` gives them."""
        rows = torch.arange(len(self), device=self.values.device)
        return (self.batch(some)[0] for some in rows.split(size) if len(some))

    def first(self, count: int | None) -> "Samples":
        """The first `count` samples, all if `None`."""
        return self._part(slice(count))

    def take(self, rows: Tensor) -> "Samples":
        """The samples of these rows, in this order."""
        return self._part(rows)

    def split(self, count: int | None, held_out: int | None) -> "tuple[Samples, Samples]":
        """The first `count` samples (None: all but the held out), and those held out behind them."""
        left = len(self) - (held_out or 0)
        count = left if count is None else count
        assert 0 < count <= left, f"{count} samples and {held_out} held out of {len(self)}"
        return self.first(count), self._part(slice(count, count + (held_out or 0)))

    def labelled(self, labels: Tensor | None) -> "Samples":
        """The same samples with other labels."""
        return Samples(self.values, labels, self.scale)

    def to(self, device: torch.device) -> "Samples":
        """The same samples on a device."""
        labels = None if self.labels is None else self.labels.to(device)
        return Samples(self.values.to(device), labels, self.scale)

    def _part(self, rows: slice | Tensor) -> "Samples":
        labels = None if self.labels is None else self.labels[rows]
        return Samples(self.values[rows], labels, self.scale)


@dataclass(frozen=True, slots=True)
class Further(Samples):
    """All samples of a further table, those for training first."""

    training: int  # how many are

    @property
    def train(self) -> Samples:
        """Those that may be learnt from."""
        return self.first(self.training)

    @property
    def test(self) -> Samples:
        """The others."""
        return self._part(slice(self.training, None))

    def to(self, device: torch.device) -> "Further":
        """The same samples on a device."""
        return Further(self.values.to(device), self.labels, self.scale, self.training)


@dataclass(frozen=True, slots=True)
class Data:
    """A data set as a model meets it, divided."""

    train: Samples  # what is learnt from
    test: Samples
    held_out: Samples  # of the training samples; never learnt from, and measured on the way
    shape: tuple[int, ...]  # (c, h, w) of pictures, (d,) of points
    classes: int  # of the label that is learnt; 0: none is
    others: Mapping[str, Further]  # by what they are for, without labels

    def to(self, device: torch.device) -> "Data":
        """All of it on a device."""
        train, test, held_out = (part.to(device) for part in (self.train, self.test, self.held_out))
        others = {role: samples.to(device) for role, samples in self.others.items()}
        return Data(train, test, held_out, self.shape, self.classes, others)


class Division(NamedTuple):
    """Which rows of a table are for what."""

    train: np.ndarray
    test: np.ndarray
    held_out: np.ndarray


def divide(table: pa.Table, spec: Spec, seed: int) -> Division:
    """Fixed: the table's splits in their order, held out what lies behind the samples that are learnt from.

    Fresh: its training rows in an order drawn for the seed, the same for all runs; samples, then held out,
    and the rest is the test.
    """
    rows = rows_of(table, "train")
    held_out = spec.held_out or 0
    left = len(rows) - held_out
    samples = left if spec.samples is None else spec.samples
    if not 0 < samples <= left and (samples, held_out) != (0, 0):
        wanted = f"{spec.samples or 'some'}, and {held_out:,} held out"
        raise _too_few(spec, len(rows), wanted)
    end = samples + held_out
    if spec.split == "fixed":
        return Division(rows[:samples], rows_of(table, "test"), rows[samples:end])
    if end >= len(rows):
        raise _too_few(spec, len(rows), f"{samples:,}, {held_out:,} held out, and some of them for the test")
    rows = rows[np.random.default_rng(derive(seed, "split")).permutation(len(rows))]
    return Division(rows[:samples], rows[end:], rows[samples:end])


def _too_few(spec: Spec, count: int, wanted: str) -> UserError:
    found = f"found {count:,} training samples; the run asks for {wanted}"
    return UserError(f"data set '{spec.table.name}': {found}; ask for no more than there are")


def data_of(table: pa.Table, spec: Spec, seed: int, others: Mapping[str, pa.Table]) -> Data:
    """What a run of a seed learns from and is tested on; `others`: further tables by their role."""
    record = read_record(table)
    train, test, held_out = _samples(table, divide(table, spec, seed), spec.target)
    *lengths, channels = record["shape"]
    shape = (channels, *lengths) if len(lengths) == 2 else tuple(record["shape"])
    classes = record["factors"][spec.target] if spec.target else 0
    further = {role: _further(other) for role, other in others.items()}
    return Data(train, test, held_out, shape, classes, further)


def _further(table: pa.Table) -> Further:
    train, test = rows_of(table, "train"), rows_of(table, "test")
    (found,) = _samples(table, [np.concatenate([train, test])])
    return Further(found.values, None, found.scale, len(train))


@dataclass(frozen=True, slots=True)
class Factors:
    """Several labels of each sample, one column each, in the order of the rows that a run divides."""

    train: Tensor  # (n, factors) int64
    test: Tensor
    held_out: Tensor
    classes: dict[str, int]  # of each factor
    names: dict[str, list[str]]  # of every label's classes
    best: dict[str, dict[str, float]]  # accuracy that no reading can exceed: factor -> group -> share


def factors_of(table: pa.Table, spec: Spec, seed: int, factors: Sequence[str]) -> Factors:
    """The labels of the rows that `data_of` gives for the same specification and seed."""
    record = read_record(table)
    columns = np.stack([labels_of(table, factor) for factor in factors], 1)  # (n, factors)
    train, test, held_out = (torch.from_numpy(columns[rows]) for rows in divide(table, spec, seed))
    classes = {factor: record["factors"][factor] for factor in factors}
    return Factors(train, test, held_out, classes, record["names"], record.get("best", {}))


def labelled_by(data: Data, table: pa.Table, spec: Spec, seed: int, factors: Sequence[str]) -> Data:
    """The same samples with several labels of each, a column each, if any are asked for."""
    if not factors:
        return data
    known = factors_of(table, spec, seed, factors)
    train, test = data.train.labelled(known.train), data.test.labelled(known.test)
    return replace(data, train=train, test=test, held_out=data.held_out.labelled(known.held_out))


def _samples(table: pa.Table, parts: Iterable[np.ndarray], target: str | None = None) -> Iterator[Samples]:
    """The samples of the rows of each part."""
    values, limits = values_of(table), read_record(table)["range"]
    labels = labels_of(table, target) if target else None
    for rows in parts:
        known = None if labels is None else torch.from_numpy(labels[rows])
        yield Samples(torch.from_numpy(values[rows]), known, tuple(limits) if limits else AS_THEY_ARE)
