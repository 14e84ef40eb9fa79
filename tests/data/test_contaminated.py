"""Oracle: readers whose samples are numbers, counted one by one; the tables of the shipped configuration."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lea.data.arrays import Arrays, Split
from lea.data.contaminated import Contaminated, places_of
from lea.data.job import prepare
from lea.data.points import Points
from lea.data.selected import Selected
from lea.data.tables import rows_of, values_of
from lea.errors import UserError
from lea.store import read_table
from lea.study.reader import read_study
from lea.study.spec import Dataset, canonical
from tests.data.readers import Numbered, Strips
from tests.data.test_around import Greys


class Far(Numbered):
    """Its numbers are negative."""

    def embedded(self, split: Split, count: int, side: int | None) -> Arrays:
        found = super().embedded(split, count, side)
        return Arrays(-found.values - 1, found.labels)


def read(share: float, split: Split = "train", count: int = 1000, **options: Any) -> Arrays:
    return Contaminated(of=Numbered, outliers=Far, share=share, **options).embedded(split, count, None)


@pytest.mark.parametrize("share", [0, 0.01, 0.05, 0.1, 0.3, 1 / 3, 0.5])
@pytest.mark.parametrize("count", [1, 99, 1000, 1728])
def test_the_share_of_outliers_is_exact(share: float, count: int) -> None:
    found = (read(share, count=count).values < 0).sum()
    assert abs(found - share * count) < 1
    if count == 1000 and share != 1 / 3:
        assert found == round(share * count)


def test_outliers_are_the_next_ones_of_the_others_training_samples() -> None:
    values = read(0.05).values[:, 0]
    assert values[values < 0].tolist() == [-1.0 - number for number in range(50)]
    kept = values >= 0
    np.testing.assert_array_equal(values[kept], np.arange(1000)[kept])


def test_labels_are_those_of_the_samples_that_were_there() -> None:
    clean, found = Numbered().embedded("train", 1000, None), read(0.3)
    for name, labels in clean.labels.items():
        np.testing.assert_array_equal(found.labels[name], labels)


def test_test_samples_are_as_they_were_and_the_others_own_are_not_changed() -> None:
    np.testing.assert_array_equal(read(0.5, "test").values, Numbered().embedded("test", 1000, None).values)
    np.testing.assert_array_equal(read(0.0).values, Numbered().embedded("train", 1000, None).values)


@pytest.mark.parametrize("share", [0.03, 0.1])
def test_more_samples_begin_with_the_same(share: float) -> None:
    more = read(share, count=2100).values
    for few in (1, 50, 1003):
        np.testing.assert_array_equal(read(share, count=few).values, more[:few])


def test_places_are_random_and_the_same_every_time() -> None:
    first, again = places_of(1000, 0.1), places_of(1000, 0.1)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first // 10, np.arange(100))  # one of every ten
    assert len(set((first % 10).tolist())) == 10
    assert (np.bincount(first % 10) < 25).all()


@pytest.mark.parametrize("source", ["original", "folder"])
def test_originals_and_own_pictures_have_outliers_of_the_same(tmp_path: Path, source: str) -> None:
    of, outliers = partial(Selected, of=Greys, only=("red",)), partial(Selected, of=Greys, only=("green",))
    bright = partial(Brighter, of=outliers)
    reader = Contaminated(of=of, outliers=bright, share=0.5)
    where = {"original": (tmp_path, "train", None), "folder": ("train", None, 12)}[source]
    found = getattr(reader, source)(*where)
    assert len(found) == 4  # of ten
    assert sorted(np.unique(found.values[:, 0, 0, 0]).tolist()) == [128, 255]


class Brighter(Selected):
    """All white."""

    def __init__(self, *, of: Any) -> None:
        super().__init__(of=of, only=("green",))

    def original(self, *given: Any) -> Arrays:
        found = super().original(*given)
        return Arrays(np.full_like(found.values, 255), found.labels)

    def folder(self, *given: Any) -> Arrays:
        found = super().folder(*given)
        return Arrays(np.full_like(found.values, 255), found.labels)


class Ending(Greys):
    """There are three."""

    def folder(self, split: Split, count: int | None, side: int) -> Arrays:
        return super().folder(split, min(count or 3, 3), side)


@pytest.mark.parametrize("share", [-0.1, 0.51])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(UserError, match=f"share: found {share}; expected from 0 to 0.5"):
        read(share)


def test_what_does_not_fit_is_refused_by_name(tmp_path: Path) -> None:
    moons = partial(Points, shape="moons")
    with pytest.raises(UserError, match=r"outliers: found float32 \(2,\); expected float32 \(1,\)"):
        Contaminated(of=Numbered, outliers=moons, share=0.5).embedded("train", 10, None)
    with pytest.raises(UserError, match=r"outliers: found uint8 .*; expected float32 \(1,\)"):
        Contaminated(of=Numbered, outliers=Greys, share=0.5).embedded("train", 10, 4)
    with pytest.raises(UserError, match=r"found Strips, whose originals .*; expected Greys, as `of`"):
        Contaminated(of=Greys, outliers=Strips, share=0.5).original(tmp_path, "train", 10)
    with pytest.raises(UserError, match="outliers: Strips has original samples; expected embedded ones"):
        Contaminated(of=Greys, outliers=Strips, share=0.5).embedded("train", 10, 8)
    few = Contaminated(of=Greys, outliers=Ending, share=0.5)
    with pytest.raises(UserError, match=r"outliers: found 3 samples; expected 5 of them"):
        few.folder("train", None, 8)


def shipped(scale: str = "quick") -> dict[str, Dataset]:
    study = read_study({"scale": scale, "studies": ["outliers"], "analyses": ["robustness"]})
    return {one.name: one for one in study.datasets.values()}


def test_outliers_that_were_learnt_from_are_not_among_those_that_are_tested(tmp_path: Path) -> None:
    datasets, tables = shipped(), {}
    for one in ("mixture-with-10", "moons"):
        prepare(canonical(datasets[one]), tmp_path, tmp_path / f"{one}.parquet")
        tables[one] = read_table(tmp_path / f"{one}.parquet")
    train = values_of(tables["mixture-with-10"])[rows_of(tables["mixture-with-10"], "train")]
    inliers = {tuple(row) for row in Points(shape="mixture").embedded("train", len(train), None).values}
    strange = {row for row in map(tuple, train) if row not in inliers}
    assert len(strange) == len(train) // 10
    tested = rows_of(tables["moons"], "test")
    assert not strange & {tuple(row) for row in values_of(tables["moons"])[tested]}
