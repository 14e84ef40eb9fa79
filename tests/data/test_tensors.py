"""Oracle: the old formula's bits, arithmetic by numpy, divisions of numbered samples by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import Tensor

from lea.data.job import prepare
from lea.data.tables import values_of
from lea.data.tensors import Data, Samples, data_of, factors_of, labelled_by
from lea.errors import UserError
from lea.store import read_table
from lea.study.seeds import derive
from lea.study.spec import Dataset, canonical
from tests.data.readers import Terrain
from tests.specs import data, part, sprites

TRAIN, TEST = 50, 20


def dataset(name: str, **changes: Any) -> Dataset:
    values = {"name": "tiny", "reader": part(name), "side": None, "train": TRAIN, "test": TEST}
    return sprites(**values | changes)


def made(folder: Path, asked: Dataset) -> pa.Table:
    prepare(canonical(asked), folder, folder / f"{asked.id}.parquet")
    return read_table(folder / f"{asked.id}.parquet")


NUMBERED = dataset("tests.data.readers:Numbered")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """Fifty samples for training, numbered from 0, and twenty for the test, numbered from 1000."""
    return made(tmp_path_factory.mktemp("data"), NUMBERED)


def of(table: pa.Table, seed: int = 0, others: Mapping[str, pa.Table] | None = None, **changes: Any) -> Data:
    return data_of(table, data(**{"table": NUMBERED, "target": None} | changes), seed, others or {})


def numbers(samples: Samples) -> list[int]:
    return samples.values.flatten().int().tolist()


def every_byte() -> Samples:
    """Every byte in every channel of 8 x 16 pictures."""
    values = torch.arange(256, dtype=torch.uint8).repeat(3).reshape(2, 8, 16, 3)
    return Samples(values, torch.tensor([3, 5]), (0, 255))


@pytest.mark.parametrize("scale", [(0, 255), (0.0, 255.0)])
def test_bytes_become_the_same_floats_as_ever(scale: tuple[float, float]) -> None:
    samples = every_byte()
    x, y = Samples(samples.values, samples.labels, scale).batch(torch.tensor([1, 0, 1]))
    expected = samples.values[[1, 0, 1]].to(torch.float32).div_(255).permute(0, 3, 1, 2)
    assert x.dtype == torch.float32
    assert x.shape == (3, 3, 8, 16)
    assert torch.equal(x.contiguous().view(torch.int32), expected.contiguous().view(torch.int32))
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(y, torch.tensor([5, 3, 5]))


def test_a_batch_leaves_the_samples_as_they_are() -> None:
    for values in (torch.rand(4, 2), torch.randint(-9, 9, (4, 3, 3, 1)).short()):
        samples = Samples(values.clone(), None, (-9.0, 9.0))
        samples.batch(torch.arange(4))
        assert torch.equal(samples.values, values)


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (6, [3, 3]), (7, [3, 3, 1]), (2, [2])])
def test_batches_are_all_samples_once_in_their_order(count: int, sizes: list[int]) -> None:
    values = torch.arange(2.0 * count).view(count, 2)
    found = list(Samples(values, None, (0.0, 2.0)).batches(3))
    assert [len(one) for one in found] == sizes
    assert torch.equal(torch.cat([*found, torch.zeros(0, 2)]), values / 2)


def test_whole_metres_become_the_share_of_the_range(tmp_path: Path) -> None:
    asked = dataset("tests.data.readers:Terrain")
    found = data_of(made(tmp_path, asked), data(table=asked, target=None), 0, {})
    heights = Terrain().embedded("train", TRAIN, None).values
    x, y = found.train.batch(torch.arange(TRAIN))
    assert found.shape == (1, 3, 2)
    assert found.classes == 0
    assert y is None
    assert (x.min(), x.max()) == (0, 1)
    np.testing.assert_allclose(x.numpy(), (heights.transpose(0, 3, 1, 2) + 11000.0) / 20000, rtol=2e-7)
    assert found.train.values.dtype == torch.int16


def test_points_without_a_range_are_seen_as_they_are(tmp_path: Path) -> None:
    asked = dataset("tests.data.readers:Cloud")
    table = made(tmp_path, asked)
    found = data_of(table, data(table=asked, target=None), 0, {})
    assert found.shape == (2,)
    x, _ = found.test.batch(torch.tensor([4, 2]))
    np.testing.assert_array_equal(x.numpy(), values_of(table)[[TRAIN + 4, TRAIN + 2]].astype(np.float32))


@pytest.mark.parametrize("labels", [None, torch.arange(7), torch.arange(14).reshape(7, 2)])
def test_parts_of_samples_are_their_rows(labels: Tensor | None) -> None:
    samples = Samples(torch.arange(7.0)[:, None], labels, (0, 1))
    rows = torch.tensor([6, 2])
    first, (learnt, held_out) = samples.first(3), samples.split(4, 2)
    for found, wanted in (
        (samples.take(rows), [6, 2]),
        (first, [0, 1, 2]),
        (samples.first(None), range(7)),
        (learnt, [0, 1, 2, 3]),
        (held_out, [4, 5]),
        (samples.split(None, 3)[0], [0, 1, 2, 3]),
        (samples.split(None, None)[1], []),
        (samples.to(torch.device("cpu")), range(7)),
    ):
        assert numbers(found) == list(wanted)
        assert len(found) == len(wanted)
        assert labels is None or torch.equal(found.labels, labels[list(wanted)])
        assert (found.labels is None) == (labels is None)
        assert found.scale == (0, 1)
    assert samples.labelled(rows).labels is rows


@pytest.mark.parametrize(("count", "held_out"), [(8, None), (5, 3), (0, None), (None, 7)])
def test_a_part_that_is_not_there_is_an_error(count: int | None, held_out: int | None) -> None:
    with pytest.raises(AssertionError, match="held out of 7"):
        Samples(torch.zeros(7, 1), None, (0, 1)).split(count, held_out)


@pytest.mark.parametrize(
    ("samples", "held_out", "train", "kept"),
    [
        (None, None, range(50), []),
        (None, 8, range(42), range(42, 50)),
        (10, None, range(10), []),
        (10, 8, range(10), range(10, 18)),
        (42, 8, range(42), range(42, 50)),
    ],
)
def test_a_fixed_division_is_the_beginning_and_what_lies_behind_it(
    table: pa.Table, samples: int | None, held_out: int | None, train: range, kept: range
) -> None:
    for seed in (0, 1):
        found = of(table, seed, samples=samples, held_out=held_out, target="ten")
        assert numbers(found.train) == list(train)
        assert numbers(found.held_out) == list(kept)
        assert numbers(found.test) == list(range(1000, 1020))
        assert found.train.labels.tolist() == [number % 10 for number in train]
        assert found.classes == 10


@pytest.mark.parametrize("held_out", [None, 5])
def test_a_fresh_division_covers_the_training_samples_once(table: pa.Table, held_out: int | None) -> None:
    found = of(table, 3, samples=30, held_out=held_out, split="fresh")
    parts = [numbers(one) for one in (found.train, found.held_out, found.test)]
    assert [len(one) for one in parts] == [30, held_out or 0, 20 - (held_out or 0)]
    assert sorted(number for one in parts for number in one) == list(range(50))
    assert parts[0] != sorted(parts[0])


def test_a_fresh_division_is_the_same_for_all_runs_of_a_seed_and_another_for_another(table: pa.Table) -> None:
    one, other = (of(table, 3, samples=30, split="fresh", target=target) for target in ("ten", None))
    assert numbers(one.train) == numbers(other.train)
    assert numbers(one.test) == numbers(other.test)
    smaller = of(table, 3, samples=12, held_out=18, split="fresh")
    assert numbers(smaller.train) + numbers(smaller.held_out) == numbers(one.train)
    assert numbers(smaller.test) == numbers(one.test)
    orders = [tuple(numbers(of(table, seed, samples=49, split="fresh").train)) for seed in range(20)]
    assert len(set(orders)) == 20


def test_a_fresh_division_is_uniform(table: pa.Table) -> None:
    seeds = 400
    counts = np.zeros(50)
    for seed in range(seeds):
        counts[numbers(of(table, seed, samples=25, split="fresh").train)] += 1
    deviation = np.sqrt(seeds / 4)  # of how often a sample is learnt from
    assert abs(counts - seeds / 2).max() < 4.5 * deviation
    assert counts.std() > 0.5 * deviation


def test_a_fresh_division_moves_no_other_stream(table: pa.Table) -> None:
    before, there = torch.get_rng_state(), np.random.get_state()[1].copy()
    found = of(table, 3, samples=49, split="fresh")
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], there)
    drawn = np.random.default_rng(derive(3, "split")).permutation(50)
    assert numbers(found.train) == drawn[:49].tolist()


@pytest.mark.parametrize("split", ["fixed", "fresh"])
def test_several_labels_follow_the_division(table: pa.Table, split: str) -> None:
    spec = data(table=NUMBERED, target="ten", samples=30, held_out=5, split=split)
    samples, labels = data_of(table, spec, 7, {}), factors_of(table, spec, 7, ("odd", "ten"))
    for name in ("train", "test", "held_out"):
        found = torch.tensor(numbers(getattr(samples, name)))
        assert torch.equal(getattr(labels, name), torch.stack([found % 2, found % 10], 1))
        assert torch.equal(getattr(samples, name).labels, found % 10)
    assert labels.classes == {"odd": 2, "ten": 10}
    assert labels.names["odd"] == ["even", "odd"]
    assert labels.best == {}
    for name in ("train", "test", "held_out"):
        several = getattr(labelled_by(samples, table, spec, 7, ("odd", "ten")), name)
        assert torch.equal(several.labels, getattr(labels, name))
        assert torch.equal(several.values, getattr(samples, name).values)
    assert labelled_by(samples, table, spec, 7, ()) is samples


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"samples": 51}, "the run asks for 51, and 0 held out"),
        ({"samples": 43, "held_out": 8}, "the run asks for 43, and 8 held out"),
        ({"held_out": 50}, "the run asks for some, and 50 held out"),
        ({"held_out": 60}, "the run asks for some, and 60 held out"),
        ({"samples": 51, "split": "fresh"}, "the run asks for 51, and 0 held out"),
        (
            {"samples": 42, "held_out": 8, "split": "fresh"},
            "the run asks for 42, 8 held out, and some of them for the test",
        ),
        ({"split": "fresh"}, "the run asks for 50, 0 held out, and some of them for the test"),
    ],
)
def test_more_than_there_is_is_refused(table: pa.Table, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        of(table, **changes)
    found = f"data set 'tiny': found 50 training samples; {words}; ask for no more than there are"
    assert str(caught.value) == found


def test_further_tables_come_whole_under_what_they_are_for(table: pa.Table, tmp_path: Path) -> None:
    terrain = made(tmp_path, dataset("tests.data.readers:Terrain"))
    found = of(table, 3, {"region": terrain, "outliers": table}, samples=30, split="fresh")
    assert numbers(found.others["outliers"]) == [*range(50), *range(1000, 1020)]
    assert found.others["outliers"].labels is None
    assert numbers(found.others["outliers"].train) == [*range(50)]
    assert numbers(found.others["outliers"].test) == [*range(1000, 1020)]
    assert found.others["region"].scale == Terrain.RANGE
    np.testing.assert_array_equal(found.others["region"].values.numpy(), values_of(terrain))
    moved = found.to(torch.device("cpu"))
    assert (moved.shape, moved.classes) == (found.shape, found.classes)
    assert moved.others.keys() == found.others.keys()
    assert numbers(moved.held_out) == numbers(found.held_out)
    assert numbers(moved.test) == numbers(found.test)


def test_a_blank_is_divided_into_nothing(tmp_path: Path) -> None:
    asked = dataset("blank", train=None, test=None, reader=part("blank", shape=(28, 20, 3)))
    found = data_of(made(tmp_path, asked), data(table=asked, target=None), 0, {})
    assert [len(one) for one in (found.train, found.test, found.held_out)] == [0, 0, 0]
    assert (found.shape, found.classes) == ((3, 28, 20), 0)
    x, y = found.test.batch(torch.arange(0))
    assert x.shape == (0, 3, 28, 20)
    assert y is None
    for wrong in ({"samples": 1}, {"held_out": 1}, {"split": "fresh"}):
        with pytest.raises(UserError, match="found 0 training samples; the run asks for"):
            data_of(made(tmp_path, asked), data(table=asked, target=None, **wrong), 0, {})
