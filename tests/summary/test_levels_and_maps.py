"""Oracle: numpy's medians and quantiles of levels drawn at random, the lines of the shipped files read with
Python's csv, and maps whose values tell run, seed and tsunami.
"""

import csv
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from lea.summary import levels, maps
from tests.figures.made import ROOT
from tests.summary.made import Row, inputs_of, rows_of, spec, stage_table

RECORDING, SILENT = "21418", "nobody's"
TIMES = [0.0, 60.0, 120.0, 180.0]

# --- levels ---

Whose = tuple[str, str, int | None]  # tsunami, gauge, draw


def gauges(
    run: str, seed: int, series: Mapping[Whose, Sequence[float]], times: Sequence[float] = TIMES
) -> pa.Table:
    rows: list[Row] = [
        {"run": run, "seed": seed, "tsunami": tsunami, "draw": draw, "gauge": gauge, "seconds": moment}
        | {"level": level}
        for (tsunami, gauge, draw), of_gauge in series.items()
        for moment, level in zip(times, of_gauge, strict=True)
    ]
    return stage_table("gauges", rows, {"id": run, "seed": seed, **spec()})


def levels_of(labels: Mapping[str, str], *tables: pa.Table, **options: object) -> list[Row]:
    return rows_of(levels, inputs_of(labels, gauges=tables), **options)


def at_moments(rows: Sequence[Row], column: str, **where: object) -> np.ndarray:
    """A column's values in the order of the moments, which are those of TIMES."""
    some = [row for row in rows if all(row[key] == value for key, value in where.items())]
    assert [row["seconds"] for row in some] == TIMES
    return np.array([row[column] for row in some])


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_a_level_is_the_median_over_the_seeds_between_the_least_and_the_highest(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    keys = [(tsunami, gauge) for tsunami in ("waves", "flat") for gauge in ("A", "B")]
    known = {key: rng.standard_normal((seeds, len(TIMES))).astype(np.float32) for key in keys}
    tables = [
        gauges("m", seed, {(*key, None): of_key[seed].tolist() for key, of_key in known.items()})
        for seed in range(seeds)
    ]
    rows = levels_of({"model": "m"}, *tables)
    assert len(rows) == len(known) * len(TIMES)
    for (tsunami, gauge), values in known.items():
        where = {"label": "model", "tsunami": tsunami, "gauge": gauge, "drawn": False}
        assert at_moments(rows, "level", **where) == pytest.approx(np.median(values, 0), abs=1e-6)
        assert (at_moments(rows, "low", **where) == values.min(0)).all()
        assert (at_moments(rows, "high", **where) == values.max(0)).all()
        assert (at_moments(rows, "count", **where) == seeds).all()


@pytest.mark.parametrize("counts", [(13,), (13, 13), (2, 40, 7)])
def test_of_a_seeds_draws_a_twentieth_lies_below_and_a_twentieth_above(counts: Sequence[int]) -> None:
    """Seeds lie ten apart: quantiles of all draws together would lie elsewhere than the means of theirs."""
    rng = np.random.default_rng(0)
    drawn = [10 * seed + rng.standard_normal((count, len(TIMES))) for seed, count in enumerate(counts)]
    means = rng.standard_normal((len(counts), len(TIMES)))
    tables = []
    for seed, (draws, mean) in enumerate(zip(drawn, means, strict=True)):
        series = {("waves", "A", draw): one.tolist() for draw, one in enumerate(draws)}
        tables.append(gauges("m", seed, series | {("waves", "A", None): mean.tolist()}))
    rows = levels_of({"model": "m"}, *tables)
    for column, share in (("low", 0.05), ("level", 0.5), ("high", 0.95)):
        known = np.mean([np.quantile(draws, share, axis=0) for draws in drawn], 0)
        assert at_moments(rows, column, drawn=True) == pytest.approx(known, abs=1e-5)
    assert (at_moments(rows, "count", drawn=True) == sum(counts)).all()
    assert at_moments(rows, "level", drawn=False) == pytest.approx(np.median(means, 0), abs=1e-6)
    assert (at_moments(rows, "count", drawn=False) == len(counts)).all()


def test_draws_of_each_tsunami_and_gauge_are_told_apart() -> None:
    keys = [(tsunami, gauge) for tsunami in ("waves", "codes") for gauge in ("A", "B")]
    series = {(*key, draw): 4 * [10.0 * n + draw] for n, key in enumerate(keys) for draw in (0, 1, 2)}
    rows = levels_of({"model": "m"}, gauges("m", 0, series))
    assert len(rows) == len(keys) * len(TIMES)
    for number, (tsunami, gauge) in enumerate(keys):
        where = {"tsunami": tsunami, "gauge": gauge, "drawn": True}
        assert at_moments(rows, "level", **where) == pytest.approx(4 * [10 * number + 1])
        assert at_moments(rows, "high", **where) == pytest.approx(4 * [10 * number + 1.9])


def test_labels_keep_their_order_and_a_run_that_simulated_nothing_is_left_out() -> None:
    tables = [gauges(run, 0, {("waves", "A", None): [1, 2, 3, 4]}) for run in "ab"]
    rows = levels_of({"zebra": "b", "none": "c", "ant": "a"}, *tables)
    assert list(dict.fromkeys(row["label"] for row in rows)) == ["zebra", "ant"]


def shipped(gauge: str) -> list[tuple[float, float]]:
    with (ROOT / "lea" / "data" / "tohoku" / f"record-{gauge}.csv").open(newline="") as file:
        return [(float(row["seconds"]), float(row["metres"])) for row in csv.DictReader(file)]


@pytest.mark.parametrize("end", [100.0, 3636.0, 1e6])
def test_what_was_recorded_is_the_shipped_record_until_the_simulation_ends(end: float) -> None:
    times = [0.0, end]
    series = {("waves", gauge, None): [0.0, 0.5] for gauge in (SILENT, RECORDING)}
    shorter = gauges("a", 0, {("waves", RECORDING, None): [0.0, 0.5]}, [0.0, end / 2])
    rows = levels_of({"b": "b", "a": "a"}, gauges("b", 0, series, times), shorter)
    recorded = [row for row in rows if row["label"] == "recorded"]
    assert [(row["seconds"], row["level"]) for row in recorded] == [
        one for one in shipped(RECORDING) if one[0] <= end
    ]
    assert all(row["low"] == row["level"] == row["high"] and row["count"] == 1 for row in recorded)
    assert {(row["gauge"], row["tsunami"], row["run"], row["network"]) for row in recorded} == {
        (RECORDING, "recorded", "", None)
    }


# --- maps ---

MAPS = (("relief", None), ("uplift", None), ("level", 0.0), ("level", 600.0), ("highest", None))


def table_of_maps(run: str, seed: int) -> pa.Table:
    rows: list[Row] = [
        {"run": run, "seed": seed, "tsunami": tsunami, "draw": None, "kind": kind, "seconds": seconds}
        | {"latitude": 30.5, "longitude": 140.25, "degrees": 0.1, "height": 2, "width": 3}
        | {"values": [float(ord(run)), seed, len(tsunami), number, float("nan"), 0.5]}
        for tsunami in ("waves", "flat")
        for number, (kind, seconds) in enumerate(MAPS)
    ]
    return stage_table("maps", rows, {"id": run, "seed": seed, **spec()})


def test_the_maps_are_those_of_each_runs_first_seed() -> None:
    tables = [table_of_maps(*one) for one in (("a", 2), ("a", 0), ("a", 1), ("b", 4), ("b", 3))]
    rows = rows_of(maps, inputs_of({"zebra": "b", "none": "c", "ant": "a"}, maps=tables))
    known = table_of_maps("b", 3).to_pylist() + table_of_maps("a", 0).to_pylist()
    assert [row["label"] for row in rows] == 10 * ["zebra"] + 10 * ["ant"]
    for row, one in zip(rows, known, strict=True):
        kept = {key: value for key, value in one.items() if key not in ("draw", "values")}
        assert {key: row[key] for key in kept} == kept
        assert np.array_equal(row["values"], one["values"], equal_nan=True)  # type: ignore[arg-type]


def test_maps_of_other_sizes_keep_their_own_values() -> None:
    """Of lists that lie behind one another in one array."""
    sizes = {"a": 3, "b": 1, "c": 5}
    rows: list[Row] = [
        {"run": "m", "seed": 0, "tsunami": name, "draw": None, "kind": "relief", "seconds": None}
        | {"latitude": 30.5, "longitude": 140.25, "degrees": 0.1, "height": 1, "width": size}
        | {"values": [10.0 * size + one for one in range(size)]}
        for name, size in sizes.items()
    ]
    table = stage_table("maps", rows, {"id": "m", "seed": 0, **spec()})
    found = rows_of(maps, inputs_of({"model": "m"}, maps=[table]))
    assert [row["values"] for row in found] == [row["values"] for row in rows]
