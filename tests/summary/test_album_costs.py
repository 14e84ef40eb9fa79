"""Oracle: made-up tables whose first seeds, sums and medians are known."""

import random
import statistics
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pytest

from lea.summary import album, costs, measures
from lea.summary.seeds import describe
from tests.summary.made import Row, Spec, inputs_of, rows_of, spec, stage_table

LEAS, NONE = spec("cnn-lea", "vae", 4), spec()
PARTS = ("network", "lea1")


def pictures(run: str, seed: int, epochs: Sequence[int] = (0, 2)) -> pa.Table:
    """Two maps and a histogram an epoch; their values tell run, seed, epoch and part."""
    rows = []
    for epoch in epochs:
        for part in PARTS:
            values = [float(ord(run)), seed, epoch, len(part), 0.5, -0.5]
            shape = {"height": 2, "width": 3, "low": -1.0, "high": 1.5, "values": values}
            place = {"run": run, "seed": seed, "epoch": epoch, "part": part}
            rows.append(place | shape | {"kind": "input", "sample": 1, "channel": 0})
        rows.append(place | shape | {"kind": "input histogram", "sample": None, "channel": None})
    return stage_table("pictures", rows, {"id": run, "seed": seed, **LEAS})


def album_of(labels: Mapping[str, str], *tables: pa.Table) -> list[Row]:
    return rows_of(album, inputs_of(labels, pictures=tables))


def test_an_album_is_the_pictures_of_each_runs_first_seed_under_its_label() -> None:
    tables = [pictures(run, seed) for run in "ab" for seed in (2, 0, 1)]
    rows = album_of({"A": "a", "B": "b"}, *tables)
    assert [row["label"] for row in rows] == 6 * ["A"] + 6 * ["B"]
    assert {row["seed"] for row in rows} == {0}
    for row, known in zip(rows, tables[1].to_pylist() + tables[4].to_pylist(), strict=True):
        facts = {"label": {"a": "A", "b": "B"}[known["run"]], **LEAS["facts"]}
        assert row == facts | known


def test_an_album_keeps_the_order_of_the_labels_and_of_the_pictures() -> None:
    labels = {"zebra": "b", "ant": "c", "mole": "a"}
    tables = [pictures(run, seed, (7, 0, 10)) for run in "abc" for seed in (0, 1)]
    for order in (tables, tables[::-1]):
        rows = album_of(labels, *order)
        assert list(dict.fromkeys(row["label"] for row in rows)) == list(labels)
        assert [row["epoch"] for row in rows] == 3 * (3 * [7] + 3 * [0] + 3 * [10])
        assert all(row["values"][0] == ord(labels[row["label"]]) for row in rows)


def test_histograms_have_no_sample_and_no_channel_in_an_album() -> None:
    rows = album_of({"A": "a"}, pictures("a", 0))
    for row in rows:
        histogram = row["kind"] == "input histogram"
        assert (row["sample"] is None) == (row["channel"] is None) == histogram
        assert (row["low"], row["high"], row["height"], row["width"]) == (-1.0, 1.5, 2, 3)


def test_a_run_that_kept_no_pictures_is_left_out_of_an_album() -> None:
    empty = [stage_table("pictures", [], {"id": "c", "seed": seed, **NONE}) for seed in (0, 1)]
    tables = [pictures("a", seed) for seed in (0, 1)]
    assert album_of({"classic": "c", "A": "a"}, *empty, *tables) == album_of({"A": "a"}, *tables)
    assert album_of({"classic": "c", "A": "a"}, *tables) == album_of({"A": "a"}, *tables)


def test_two_labels_of_one_run_both_have_its_pictures() -> None:
    rows = album_of({"A": "a", "B": "a"}, pictures("a", 0))
    assert [row["label"] for row in rows] == 6 * ["A"] + 6 * ["B"]
    assert [row["values"] for row in rows[:6]] == [row["values"] for row in rows[6:]]


def test_runs_that_have_no_label_are_not_in_an_album() -> None:
    rows = album_of({"A": "a"}, pictures("a", 0), pictures("b", 0))
    assert {row["values"][0] for row in rows} == {ord("a")}


def times(run: str, seed: int, seconds: Sequence[float], of: Spec = LEAS, **columns: object) -> pa.Table:
    same = {
        "run": run,
        "seed": seed,
        "samples": 50,
        "machine": "mill",
        "threads": 1,
        "arithmetic": "float32",
        **columns,
    }
    rows = [{**same, "epoch": epoch, "seconds": one} for epoch, one in enumerate(seconds, 1)]
    return stage_table("times", rows, {"id": run, "seed": seed, **of})


def costs_of(labels: Mapping[str, str], *tables: pa.Table) -> list[Row]:
    return rows_of(costs, inputs_of(labels, times=tables))


@pytest.mark.parametrize(
    ("seconds", "minutes", "least", "most", "milliseconds"),
    [
        ([[30.0, 90.0]], 2.0, 2.0, 2.0, 1200.0),
        ([[60.0, 60.0], [60.0, 180.0]], 3.0, 2.0, 4.0, 1800.0),
        ([[60.0, 0.0], [6.0, 0.0], [300.0, 300.0]], 1.0, 0.1, 10.0, 600.0),
        ([[3.0, 9.0], [3.0, 3.0], [6.0, 12.0], [60.0, 0.0]], 0.25, 0.1, 1.0, 150.0),
    ],
)
def test_costs_are_the_median_and_the_range_of_all_epochs_over_the_seeds(
    seconds: list[list[float]], minutes: float, least: float, most: float, milliseconds: float
) -> None:
    tables = [times("a", seed, one) for seed, one in enumerate(seconds)]
    (row,) = costs_of({"A": "a"}, *tables)
    known = {
        "label": "A",
        "autoencoder": "vae",
        "coder": "fc",
        "machine": "mill",
        "threads": 1,
        "arithmetic": "float32",
    }
    assert row.items() >= (known | {"epochs": 2, "samples_an_epoch": 50, "seeds": len(seconds)}).items()
    assert row["minutes"] == pytest.approx(minutes)
    assert (row["minimum"], row["maximum"]) == pytest.approx((least, most))
    assert row["milliseconds_a_sample"] == pytest.approx(milliseconds)


def test_costs_of_many_runs_are_each_their_own_in_the_order_of_the_labels() -> None:
    rng = random.Random(0)
    known = {run: [[rng.uniform(1, 99) for _ in range(4)] for _ in range(5)] for run in "abc"}
    tables = [times(run, seed, one) for run, seeds in known.items() for seed, one in enumerate(seeds)]
    rng.shuffle(tables)
    labels = {"zebra": "b", "ant": "c", "mole": "a"}
    rows = costs_of(labels, *tables)
    assert [row["label"] for row in rows] == list(labels)
    for row in rows:
        sums = [sum(seconds) for seconds in known[labels[row["label"]]]]
        assert row["minutes"] == pytest.approx(statistics.median(sums) / 60)
        assert row["milliseconds_a_sample"] == pytest.approx(1000 * statistics.median(sums) / (4 * 50))
        assert (row["epochs"], row["seeds"]) == (4, 5)


def test_a_network_without_leas_has_costs_but_no_autoencoder_and_no_coder() -> None:
    (row,) = costs_of({"A": "a"}, times("a", 0, [6.0], NONE))
    assert (row["autoencoder"], row["coder"], row["minutes"]) == (None, None, 0.1)


def test_every_machine_that_took_part_is_named_once() -> None:
    machines = ["water", "wind", "water", "horse"]
    tables = [times("a", seed, [1.0], machine=one) for seed, one in enumerate(machines)]
    (row,) = costs_of({"A": "a"}, *tables)
    assert row["machine"] == "horse, water, wind"


def test_a_run_that_is_as_it_was_built_costs_nothing_and_has_no_row() -> None:
    built = times("b", 0, [])
    assert costs_of({"B": "b", "A": "a"}, built, times("a", 0, [1.0])) == costs_of(
        {"A": "a"}, times("a", 0, [1.0])
    )


def measured(run: str, seed: int, values: Mapping[tuple[str | None, ...], float]) -> pa.Table:
    """Of a run {(measure, split, part, metric): value}."""
    rows = [
        {"run": run, "seed": seed, **dict(zip(measures.POINT, key, strict=True)), "value": value}
        for key, value in values.items()
    ]
    return stage_table("measures", rows, {"id": run, "seed": seed, **NONE})


KEYS = [
    ("parameters", None, "lea", "parameters"),
    ("distance", "train", "network", "mean"),
    ("distance", "test", "network", "mean"),
    ("distance", "test", "network", "median"),
]


def test_measurements_are_the_median_range_and_interval_over_the_seeds_each_apart() -> None:
    rng = random.Random(0)
    known = {run: {key: [rng.random() for _ in range(5)] for key in KEYS} for run in "ab"}
    tables = [
        measured(run, seed, {key: values[key][seed] for key in some})
        for run, values in known.items()
        for seed in range(5)
        for some in (KEYS[:1], KEYS[1:])  # a file a measurement
    ]
    rng.shuffle(tables)
    rows = rows_of(measures, inputs_of({"B": "b", "A": "a"}, measures=tables))
    found = {(row["run"], *(row[name] for name in measures.POINT)): row for row in rows}
    assert len(found) == len(rows) == 2 * len(KEYS)
    for run, values in known.items():
        for key in KEYS:
            row = found[run, *key]
            assert row.items() >= describe(values[key]).items()
            assert row["median"] == pytest.approx(statistics.median(values[key]))
            assert row["label"] == run.upper()


def test_whole_numbers_are_measured_to_the_last_digit() -> None:
    (row,) = rows_of(measures, inputs_of({"A": "a"}, measures=[measured("a", 0, {KEYS[0]: 25_776_515.0})]))
    assert [row[name] for name in ("median", "low", "high", "seeds")] == [25_776_515] * 3 + [1]
