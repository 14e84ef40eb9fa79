"""Oracle: pulses and sines whose crests and arrivals are closed forms, a search in plain loops, waves that
are delayed and scaled copies of others, and root mean squares by numpy.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from lea.errors import UserError
from lea.summary import waves as summary
from lea.summary.waves import FirstWave, first_wave
from tests.summary.made import Row, inputs_of, rows_of, spec, stage_table

Series = Mapping[str, np.ndarray]  # gauge -> levels
Whose = tuple[str, int | None]  # label of a tsunami, draw

STEP = 5.0
TIMES = np.arange(0, 3001, STEP)
HALF = math.sqrt(2 * math.log(2))  # of a Gaussian's widths before its crest it is half as high
AGAINST = {"lag", "crest off", "first wave off", "series off", "travel lag"}


def pulse(
    times: np.ndarray, crest: float = 1.0, at: float = 900.0, width: float = 100.0, trough: float = 0.0
) -> np.ndarray:
    """A Gaussian; a trough of this share of its crest is four widths behind it."""
    low = trough * np.exp(-(((times - at - 4 * width) / width) ** 2) / 2)
    return crest * (np.exp(-(((times - at) / width) ** 2) / 2) - low)


# --- the first wave ---


@pytest.mark.parametrize(
    ("crest", "at", "width", "step"),
    [
        (1.0, 900.0, 100.0, 5.0),
        (0.02, 1234.5, 200.0, 15.0),
        (7.5, 801.3, 60.0, 1.0),
        (3.0, 1500.0, 40.0, 20.0),
    ],
)
def test_a_gaussian_pulse_arrives_where_it_is_half_as_high_as_its_crest(
    crest: float, at: float, width: float, step: float
) -> None:
    times = np.arange(0, 3000, step)
    found = first_wave(times, pulse(times, crest, at, width))
    bent = crest * (step / width) ** 2 / 8  # by what a straight line, or the nearest moment, is off at most
    slope = crest / 2 * HALF / width
    assert crest - bent <= found.crest <= crest
    assert abs(found.crest_seconds - at) <= step / 2
    assert abs(found.arrival - (at - HALF * width)) <= 2 * bent / slope
    assert found.end == len(times)


@pytest.mark.parametrize("period", [600.0, 997.0, 2400.0])
def test_a_sine_has_its_crest_at_a_quarter_arrives_at_a_twelfth_and_ends_at_half_a_period(
    period: float,
) -> None:
    times = np.arange(0, 3000, 1.0)
    found = first_wave(times, 2 * np.sin(2 * math.pi * times / period))
    assert found.crest == pytest.approx(2, abs=1e-4)
    assert found.crest_seconds == pytest.approx(period / 4, abs=0.5)
    assert found.arrival == pytest.approx(period / 12, abs=1e-2)
    assert found.end == math.floor(period / 2) + 1


@pytest.mark.parametrize("at", [-50.0, 0.0, 50.0])
def test_what_is_high_from_the_start_arrives_with_it(at: float) -> None:
    found = first_wave(TIMES + 30, pulse(TIMES, at=at))
    assert found.arrival == 30
    assert found.crest == pytest.approx(math.exp(-((min(at, 0) / 100) ** 2) / 2))
    assert found.crest_seconds == 30 + max(at, 0)


@pytest.mark.parametrize("level", [0.0, -0.3])
def test_water_that_never_rises_has_no_wave(level: float) -> None:
    found = first_wave(TIMES, np.minimum(level, -pulse(TIMES)))
    assert found.crest == pytest.approx(level, abs=1e-9)
    assert math.isnan(found.arrival)
    assert math.isnan(found.crest_seconds)
    assert found.end == len(TIMES)


def test_a_higher_wave_behind_a_trough_is_not_the_first() -> None:
    alone = pulse(TIMES, 1.0, 600.0, trough=0.5)
    found = first_wave(TIMES, alone + pulse(TIMES, 3.0, 1800.0))
    assert found.crest == pytest.approx(1, abs=1e-3)
    assert found.crest_seconds == 600
    assert found.arrival == pytest.approx(600 - HALF * 100, abs=0.1)
    assert found.end == int(np.flatnonzero((TIMES > 600) & (alone < 0))[0])


def test_a_ripple_lower_than_a_fifth_is_no_wave_and_a_higher_one_is() -> None:
    for share, first in ((0.19, 2000.0), (0.21, 600.0)):
        levels = pulse(TIMES, share, 600.0, 50.0, trough=0.5) + pulse(TIMES, 1.0, 2000.0)
        assert first_wave(TIMES, levels).crest_seconds == first


def test_a_ripple_before_it_is_no_arrival() -> None:
    levels = (
        pulse(TIMES, 0.19, 300.0, 50.0) + pulse(TIMES, 0.3, 1200.0, trough=0.5) + pulse(TIMES, 1.0, 2600.0)
    )
    assert first_wave(TIMES, levels).arrival == pytest.approx(1200 - HALF * 100, abs=1)


def by_loops(times: Sequence[float], levels: Sequence[float]) -> FirstWave:
    start = next(number for number, level in enumerate(levels) if level >= max(levels) / 5)
    end = start
    while end < len(levels) and levels[end] >= 0:
        end += 1
    crest = max(levels[start:end])
    top = next(number for number in range(start, end) if levels[number] == crest)
    lower = [number for number in range(start + 1) if levels[number] < crest / 2]
    for number, level in enumerate(levels):
        if level >= crest / 2 and (not lower or number > lower[-1]):
            before = max(number - 1, 0)
            arrival = float(np.interp(crest / 2, [levels[before], level], [times[before], times[number]]))
            return FirstWave(crest, times[top], arrival if number else times[0], end)
    raise AssertionError("a crest is higher than half of itself")


@pytest.mark.parametrize("seed", range(20))
def test_any_sea_has_the_wave_that_loops_find(seed: int) -> None:
    levels = np.convolve(np.random.default_rng(seed).standard_normal(400), np.ones(30) / 30, "valid")
    times = np.arange(len(levels)) * 7.0
    found, known = first_wave(times, levels), by_loops(times.tolist(), levels.tolist())
    assert found.arrival == pytest.approx(known.arrival, abs=1e-9)
    assert (found.crest, found.crest_seconds, found.end) == (known.crest, known.crest_seconds, known.end)


# --- the summary ---


def gauges(run: str, seed: int, tsunamis: Mapping[Whose, Series], times: np.ndarray = TIMES) -> pa.Table:
    rows: list[Row] = [
        {"run": run, "seed": seed, "tsunami": label, "draw": draw, "gauge": gauge, "seconds": moment}
        | {"level": level}
        for (label, draw), series in tsunamis.items()
        for gauge, levels in series.items()
        for moment, level in zip(times.tolist(), levels.tolist(), strict=True)
    ]
    return stage_table("gauges", rows, {"id": run, "seed": seed, **spec()})


Said = Mapping[tuple[str | None, str], float]  # (gauge, metric) -> value


def seas(run: str, seed: int, said: Mapping[Whose, Said]) -> pa.Table:
    rows: list[Row] = [
        {"run": run, "seed": seed, "tsunami": label, "draw": draw, "gauge": gauge, "metric": metric}
        | {"value": value}
        for (label, draw), one in said.items()
        for (gauge, metric), value in one.items()
    ]
    return stage_table("seas", rows, {"id": run, "seed": seed, **spec()})


FLOOR: Said = {(None, "root mean square"): 0.0}
MEAN: Whose = ("waves", None)
BASE = pulse(TIMES, 0.8, 700.0, trough=0.6) + pulse(TIMES, 1.1, 2000.0)
RUNS, BASELINES = {"as it is": "o", "model": "m"}, {"model": "as it is"}


def simulated(
    run: str, seed: int, levels: np.ndarray, times: np.ndarray = TIMES
) -> tuple[pa.Table, pa.Table]:
    """One tsunami at one gauge."""
    return gauges(run, seed, {MEAN: {"A": levels}}, times), seas(run, seed, {MEAN: FLOOR})


def summarised(
    *tables: tuple[pa.Table, pa.Table],
    labels: Mapping[str, str] = RUNS,
    baselines: Mapping[str, str] | None = BASELINES,
    **options: object,
) -> list[Row]:
    levels, said = zip(*tables, strict=True)
    return rows_of(summary, inputs_of(labels, baselines, gauges=levels, seas=said), **options)


def of(rows: Sequence[Row], **where: object) -> dict[str, float]:
    """Metric -> value, each once."""
    some = [row for row in rows if all(row[key] == value for key, value in where.items())]
    found = {str(row["metric"]): float(row["value"]) for row in some}  # type: ignore[arg-type]
    assert len(found) == len(some)
    return found


@pytest.mark.parametrize(("delay", "factor"), [(0, 1.5), (60, 1.0), (135, 0.7), (-100, 1.02)])
def test_a_run_that_is_later_and_higher_than_its_baseline_is_so_by_that_much(
    delay: int, factor: float
) -> None:
    its = factor * (pulse(TIMES - delay, 0.8, 700.0, trough=0.6) + pulse(TIMES - delay, 1.1, 2000.0))
    found = of(summarised(simulated("o", 0, BASE), simulated("m", 0, its)), label="model", gauge="A")
    assert found["lag"] == pytest.approx(delay, abs=1e-3)
    assert found["crest off"] == pytest.approx(100 * (factor - 1), abs=1e-4)
    assert found["crest"] == pytest.approx(0.8 * factor, abs=1e-3)
    assert found["crest seconds"] == 700 + delay
    off = its - BASE
    passed = int(np.flatnonzero((TIMES > 700) & (BASE < 0))[0])
    high = 100 / BASE[TIMES == 700][0]
    assert found["series off"] == pytest.approx(high * np.linalg.norm(off) / math.sqrt(len(off)), abs=1e-4)
    assert found["first wave off"] == pytest.approx(
        high * np.linalg.norm(off[:passed]) / math.sqrt(passed), abs=1e-4
    )


def test_what_comes_behind_the_baselines_first_wave_is_not_of_the_first_wave() -> None:
    its = np.where(TIMES > 1500, 5.0, BASE)
    found = of(summarised(simulated("o", 0, BASE), simulated("m", 0, its)), label="model", gauge="A")
    assert found["first wave off"] == 0
    assert found["series off"] > 100


def test_a_baseline_is_nothing_off_itself() -> None:
    rows = summarised(simulated("o", 0, BASE), simulated("m", 0, 2 * BASE))
    found = of(rows, label="as it is", gauge="A")
    assert {metric: found[metric] for metric in AGAINST - {"travel lag"}} == dict.fromkeys(
        AGAINST - {"travel lag"}, 0.0
    )


def test_a_run_without_a_baseline_is_compared_with_nothing() -> None:
    tables = simulated("o", 0, BASE), simulated("m", 0, BASE)
    for rows in (summarised(*tables, baselines={}), summarised(tables[1])):
        assert set(of(rows, label="model", gauge="A")) == {"crest", "crest seconds", "arrival"}


def test_a_run_that_simulated_nothing_is_left_out() -> None:
    rows = summarised(simulated("o", 0, BASE), labels=RUNS)
    assert {row["label"] for row in rows} == {"as it is"}


def test_against_a_sea_without_a_wave_nothing_has_a_size() -> None:
    for still in (0 * BASE, -1 - 0 * BASE):
        found = of(summarised(simulated("o", 0, still), simulated("m", 0, BASE)), label="model", gauge="A")
        assert found["crest"] == pytest.approx(0.8, abs=1e-3)
        assert all(math.isnan(found[metric]) for metric in AGAINST)


def several() -> list[tuple[pa.Table, pa.Table]]:
    """Two tsunamis each, `flat` being twice as high as `waves`, and in the model a third, thrice as high."""

    def made(run: str, labels: Sequence[str]) -> tuple[pa.Table, pa.Table]:
        heights = {"waves": 1, "flat": 2, "other": 3}
        series = {(label, None): {"A": heights[label] * BASE} for label in labels}
        return gauges(run, 0, series), seas(run, 0, {key: FLOOR for key in series})

    return [made("o", ("waves", "flat")), made("m", ("waves", "flat", "other"))]


@pytest.mark.parametrize(
    ("against", "offs"),
    [
        (None, {"waves": 0, "flat": 0, "other": None}),
        ({}, {"waves": 0, "flat": 0, "other": None}),
        ({"flat": "waves"}, {"waves": 0, "flat": 100, "other": None}),
        ({"other": "waves"}, {"waves": 0, "flat": 0, "other": 200}),
        ({"other": "flat", "waves": "flat"}, {"waves": -50, "flat": 0, "other": 50}),
        ({"flat": "waves", "waves": "flat"}, {"waves": -50, "flat": 100, "other": None}),
    ],
)
def test_a_tsunami_is_compared_with_its_own_label_or_with_the_one_that_is_named(
    against: Mapping[str, str] | None, offs: Mapping[str, float | None]
) -> None:
    rows = summarised(*several(), against=against)
    for label, tsunamis in (("as it is", ("waves", "flat")), ("model", ("waves", "flat", "other"))):
        for tsunami in tsunamis:
            found = of(rows, label=label, tsunami=tsunami, gauge="A").get("crest off")
            assert found == (None if offs[tsunami] is None else pytest.approx(offs[tsunami], abs=1e-4))


@pytest.mark.parametrize("named", ["waves", "flat", "other"])
def test_a_name_that_the_baseline_has_no_tsunami_of_is_refused(named: str) -> None:
    with pytest.raises(
        UserError, match=r"^against: the baseline has no tsunami 'other'; expected one of waves, flat$"
    ):
        summarised(*several(), against={named: "other"})


def test_a_run_without_a_baseline_has_none_to_name_a_tsunami_of() -> None:
    rows = summarised(*several(), baselines={}, against={"flat": "other"})
    assert set(of(rows, label="model", tsunami="flat", gauge="A")) == {"crest", "crest seconds", "arrival"}


def test_a_seed_is_compared_with_the_baselines_same_seed_or_its_first() -> None:
    tables = [simulated("o", seed, height * BASE) for seed, height in ((0, 1.0), (1, 2.0))]
    tables += [simulated("m", seed, 4 * BASE) for seed in (0, 1, 2)]
    rows = summarised(*tables)
    offs = [of(rows, label="model", seed=seed, gauge="A")["crest off"] for seed in (0, 1, 2)]
    assert offs == pytest.approx([300, 100, 300], abs=1e-4)
    assert [of(rows, label="as it is", seed=seed, gauge="A")["crest off"] for seed in (0, 1)] == [0, 0]


@pytest.mark.parametrize("times", [TIMES[:-1], TIMES + 1])
def test_levels_at_other_moments_are_refused(times: np.ndarray) -> None:
    tables = simulated("o", 0, BASE), simulated("m", 0, BASE[: len(times)], times)
    problem = rf"^two tsunamis read at {len(times)} and 601 moments; expected the same to compare them; "
    with pytest.raises(UserError, match=problem):
        summarised(*tables)


def test_what_is_said_of_the_floor_and_of_gauges_is_handed_on() -> None:
    said = {(None, "root mean square"): 12.5, (None, "steps"): 99.0, ("A", "recorded crest"): 1.873}
    table = gauges("o", 3, {MEAN: {"A": BASE}}), seas("o", 3, {MEAN: said})
    rows = summarised(table, labels={"as it is": "o"}, baselines={})
    assert of(rows, gauge=None) == {"root mean square": 12.5, "steps": 99.0}
    assert of(rows, gauge="A")["recorded crest"] == 1.873
    assert {(row["seed"], row["draw"], row["tsunami"]) for row in rows} == {(3, None, "waves")}


def test_a_travel_lag_is_the_difference_of_travel_times_at_that_gauge() -> None:
    times = {"o": {"A": 1000.0, "B": 4000.0}, "m": {"A": 1012.5, "B": 3900.0}}
    tables = [
        (
            gauges(run, 0, {MEAN: {"A": BASE, "B": BASE}}),
            seas(run, 0, {MEAN: {(gauge, "travel time"): one for gauge, one in its.items()}}),
        )
        for run, its in times.items()
    ]
    rows = summarised(*tables)
    assert of(rows, label="model", gauge="A")["travel lag"] == 12.5
    assert of(rows, label="model", gauge="B")["travel lag"] == -100
    assert of(rows, label="as it is", gauge="B")["travel lag"] == 0
    assert of(rows, label="model", gauge="B")["travel time"] == 3900


def test_gauges_are_compared_each_with_itself_if_the_baseline_has_it() -> None:
    its = {"C": BASE, "B": 3 * BASE, "A": 2 * BASE}
    rows = summarised(
        (gauges("o", 0, {MEAN: {"A": BASE, "B": BASE}}), seas("o", 0, {MEAN: FLOOR})),
        (gauges("m", 0, {MEAN: its}), seas("m", 0, {MEAN: FLOOR})),
    )
    offs = {gauge: of(rows, label="model", gauge=gauge).get("crest off") for gauge in "ABC"}
    assert offs == {"A": pytest.approx(100, abs=1e-4), "B": pytest.approx(200, abs=1e-4), "C": None}


def heights() -> Iterator[tuple[Whose, float]]:
    yield from ((("waves", draw), height) for draw, height in ((None, 1.0), (0, 2.0), (7, 3.0)))


def test_draws_keep_their_number_and_are_compared_with_the_baselines_mean() -> None:
    tables = [
        (
            gauges(run, 0, {whose: {"A": scale * height * BASE} for whose, height in heights()}),
            seas(run, 0, {whose: {(None, "mean"): height} for whose, height in heights()}),
        )
        for run, scale in (("o", 1.0), ("m", 10.0))
    ]
    rows = summarised(*tables)
    for label, scale in (("as it is", 1.0), ("model", 10.0)):
        for (_, draw), height in heights():
            found = of(rows, label=label, draw=draw, gauge="A")
            assert found["crest off"] == pytest.approx(100 * (scale * height - 1), abs=1e-3)
            assert of(rows, label=label, draw=draw, gauge=None) == {"mean": height}
