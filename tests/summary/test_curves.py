"""Oracle: made-up tables whose medians and ranges are known, and Python's own statistics module."""

import random
import statistics
from collections.abc import Mapping
from itertools import product

import pyarrow as pa
import pytest

from lea.summary import curves as summary
from tests.summary.made import Row, inputs_of, rows_of, spec, stage_table

Values = Mapping[tuple[str, int], float]
SPECS = {"a": spec(samples=100, lea_weight=2.0), "b": spec("cnn-lea", "vae", 4)}


def metrics(run: str, seed: int, values: Values, **columns: str) -> pa.Table:
    """One seed's table from {(metric, epoch): value}."""
    same = {"run": run, "seed": seed, "split": "test", "part": "network", **columns}
    rows = [
        {**same, "metric": metric, "epoch": epoch, "value": one} for (metric, epoch), one in values.items()
    ]
    return stage_table("metrics", rows, {"id": run, "seed": seed, **SPECS.get(run, spec())})


def curves(labels: Mapping[str, str], *tables: pa.Table) -> list[Row]:
    return rows_of(summary, inputs_of(labels, metrics=tables))


@pytest.mark.parametrize(
    ("values", "median", "least", "most"),
    [
        ([5.0], 5.0, 5.0, 5.0),
        ([5.0, 1.0], 3.0, 1.0, 5.0),
        ([5.0, 1.0, 2.0], 2.0, 1.0, 5.0),
        ([4.0, 1.0, 2.0, 100.0], 3.0, 1.0, 100.0),
        ([-1.0, -1.0, -3.0, 0.5, 7.0], -1.0, -3.0, 7.0),
    ],
)
def test_a_point_is_the_median_and_the_range_over_the_seeds(
    values: list[float], median: float, least: float, most: float
) -> None:
    tables = [metrics("a", seed, {("loss", 1): one}) for seed, one in enumerate(values)]
    (row,) = curves({"A": "a"}, *tables)
    point = {"part": "network", "split": "test", "metric": "loss", "epoch": 1}
    without = dict.fromkeys(("autoencoder", "coder", "code_length", "window"))
    facts = {"label": "A", "run": "a", "network": "classic", "samples": 100, "lea_weight": 2.0}
    expected = facts | without | point
    measured = {"seeds": len(values), "median": median, "minimum": least, "maximum": most}
    assert row == expected | measured


def test_every_run_part_split_metric_and_epoch_is_a_point_of_its_own() -> None:
    rng = random.Random(0)
    keys = list(product("ab", ("train", "test"), ("network", "lea1"), ("loss", "accuracy"), (1, 2, 3)))
    known = {key: [rng.random() for _ in range(4)] for key in keys}
    tables = [
        metrics(
            run, seed, {(metric, epoch): known[run, split, part, metric, epoch][seed]}, split=split, part=part
        )
        for (run, split, part, metric, epoch), seed in product(keys, range(4))
    ]
    rng.shuffle(tables)
    rows = curves({"A": "a", "B": "b"}, *tables)
    assert len(rows) == len(keys)
    for row in rows:
        values = known[row["run"], row["split"], row["part"], row["metric"], row["epoch"]]
        assert row["median"] == pytest.approx(statistics.median(values), abs=1e-15)
        assert (row["minimum"], row["maximum"], row["seeds"]) == (min(values), max(values), 4)


def test_labels_keep_their_order_and_epochs_ascend() -> None:
    labels = {"zebra": "b", "ant": "c", "mole": "a"}
    tables = [metrics(run, 0, {("loss", epoch): 1.0 for epoch in (10, 2, 1)}) for run in "abc"]
    rows = curves(labels, *tables)
    assert list(dict.fromkeys(row["label"] for row in rows)) == list(labels)
    assert [row["epoch"] for row in rows] == [1, 2, 10] * 3
    assert all(labels[row["label"]] == row["run"] for row in rows)


def test_two_labels_of_one_run_both_have_its_curve() -> None:
    rows = curves({"A": "a", "B": "a"}, metrics("a", 0, {("loss", 1): 4.0}))
    assert [(row["label"], row["median"]) for row in rows] == [("A", 4.0), ("B", 4.0)]


def test_the_order_of_the_files_changes_nothing() -> None:
    tables = [metrics(run, seed, {("loss", 1): seed * 1.5}) for run in "ab" for seed in range(3)]
    assert curves({"A": "a", "B": "b"}, *tables) == curves({"A": "a", "B": "b"}, *reversed(tables))


def test_a_point_says_which_leas_its_run_had() -> None:
    rows = curves({"A": "a", "B": "b"}, *(metrics(run, 0, {("loss", 1): 1.0}) for run in "ab"))
    found = [tuple(row[key] for key in ("autoencoder", "coder", "code_length", "window")) for row in rows]
    assert found == [(None, None, None, None), ("vae", "fc", 5, 4)]


def test_a_run_without_a_table_is_not_passed_over() -> None:
    with pytest.raises(AssertionError, match="no table of run 'B' "):
        curves({"A": "a", "B": "b"}, metrics("a", 0, {("loss", 1): 1.0}))
