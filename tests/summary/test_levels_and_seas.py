"""Oracle: numpy's medians and quantiles of levels drawn at random, the lines of the shipped files read with
Python's csv, and maps whose values tell run, seed and tsunami.
"""

import csv
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from lea.summary import levels, seas
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


def test_of_draws_a_twentieth_lies_below_and_a_twentieth_above() -> None:
    rng = np.random.default_rng(0)
    drawn, means = (rng.standard_normal((2, count, len(TIMES))).astype(np.float32) for count in (13, 1))
    tables = []
    for seed in (0, 1):
        series = {("waves", "A", draw): one.tolist() for draw, one in enumerate(drawn[seed])}
        tables.append(gauges("m", seed, series | {("waves", "A", None): means[seed, 0].tolist()}))
    rows = levels_of({"model": "m"}, *tables)
    flat = drawn.reshape(26, len(TIMES)).astype(float)
    for column, share in (("low", 0.05), ("level", 0.5), ("high", 0.95)):
        found = at_moments(rows, column, drawn=True)
        assert found == pytest.approx(np.quantile(flat, share, axis=0), abs=1e-6)
    assert (at_moments(rows, "count", drawn=True) == 26).all()
    assert at_moments(rows, "level", drawn=False) == pytest.approx(means[:, 0].mean(0), abs=1e-6)
    assert (at_moments(rows, "count", drawn=False) == 2).all()


@pytest.mark.parametrize("every", [0.0, 60.0, 120.0])
def test_moments_may_be_fewer(every: float) -> None:
    rows = levels_of({"model": "m"}, gauges("m", 0, {("waves", "A", None): [1, 2, 3, 4]}), every=every)
    found = {row["seconds"]: row["level"] for row in rows}
    kept = {0.0: 1.0, 120.0: 3.0}
    assert found == (kept if every == 120 else kept | {60.0: 2.0, 180.0: 4.0})


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


# --- seas ---

MAPS = (("relief", None), ("uplift", None), ("level", 0.0), ("level", 600.0), ("highest", None))


def maps(run: str, seed: int, tsunamis: Sequence[str] = ("waves", "flat")) -> pa.Table:
    rows: list[Row] = [
        {"run": run, "seed": seed, "tsunami": tsunami, "draw": None, "kind": kind, "seconds": seconds}
        | {"latitude": 30.5, "longitude": 140.25, "degrees": 0.1, "height": 2, "width": 3}
        | {"values": [float(ord(run)), seed, len(tsunami), number, float("nan"), 0.5]}
        for tsunami in tsunamis
        for number, (kind, seconds) in enumerate(MAPS)
    ]
    return stage_table("maps", rows, {"id": run, "seed": seed, **spec()})


def seas_of(labels: Mapping[str, str], *tables: pa.Table, **options: object) -> list[Row]:
    return rows_of(seas, inputs_of(labels, maps=tables), **options)


def test_the_maps_are_those_of_each_runs_first_seed() -> None:
    tables = [maps("a", seed) for seed in (2, 0, 1)] + [maps("b", seed) for seed in (4, 3)]
    rows = seas_of({"zebra": "b", "none": "c", "ant": "a"}, *tables)
    known = maps("b", 3).to_pylist() + maps("a", 0).to_pylist()
    assert [row["label"] for row in rows] == 10 * ["zebra"] + 10 * ["ant"]
    for row, one in zip(rows, known, strict=True):
        kept = {key: value for key, value in one.items() if key not in ("draw", "values")}
        assert {key: row[key] for key in kept} == kept
        assert np.array_equal(row["values"], one["values"], equal_nan=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tsunamis", "kept"),
    [(None, ["waves", "flat"]), (("flat",), ["flat"]), (("flat", "waves", "x"), ["waves", "flat"])],
)
def test_the_maps_may_be_those_of_some_tsunamis(tsunamis: tuple[str, ...] | None, kept: list[str]) -> None:
    rows = seas_of({"A": "a"}, maps("a", 1), maps("a", 0), tsunamis=tsunamis)
    assert list(dict.fromkeys(row["tsunami"] for row in rows)) == kept
    assert len(rows) == len(MAPS) * len(kept)
    assert {row["seed"] for row in rows} == {0}
