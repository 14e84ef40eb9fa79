"""What a tsunami came to at each gauge, and by what it differs from that over the relief as it is.

The first wave begins when a fifth of the highest level is first reached, and ends when the level is next
below the still sea's. Its `crest` is its highest level; its `arrival` the moment at which half of that is
reached on the way there, on a straight line between two levels. Against the baseline's tsunami of the same
label, or of another, as `against` says: `lag`, seconds by which it arrives later; `crest off`, per cent of
the baseline's crest; `first wave off` and `series off`, root mean squares of the difference of levels until
the baseline's first wave ends, and of all of them, in per cent of the baseline's crest; `travel lag`, seconds
by which a long wave takes longer along the straight line from the source. Of the region, without a gauge,
what is said of its floor.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lea.errors import UserError
from lea.summary.tables import Inputs, by_run

NEEDS = ("gauges", "seas")
COLUMNS = {
    "tsunami": "string",
    "seed": "int32",
    "draw": "int32",  # of the codes; null: their mean
    "gauge": "string",  # null: of the region
    "metric": "string",
    "value": "float64",
}
BEGINS = 0.2  # of the highest level
PARTED = ["tsunami", "seed", "draw"]
TRAVEL = "travel time"
Series = Mapping[str, tuple[np.ndarray, np.ndarray]]  # gauge -> seconds, levels


@dataclass(frozen=True, slots=True)
class FirstWave:
    """What comes first."""

    crest: float  # metres
    crest_seconds: float
    arrival: float  # seconds; no number: no wave came
    end: int  # the first level behind it


def first_wave(seconds: np.ndarray, levels: np.ndarray) -> FirstWave:
    """Of the levels of a gauge."""
    highest = levels.max()
    if not highest > 0:
        return FirstWave(float(highest), float("nan"), float("nan"), len(levels))
    start = int(np.argmax(levels >= BEGINS * highest))
    below = np.flatnonzero(levels[start:] < 0)
    end = start + int(below[0]) if len(below) else len(levels)
    top = start + int(levels[start:end].argmax())
    half = levels[top] / 2
    before = np.flatnonzero(levels[: start + 1] < half)
    began = int(before[-1]) if len(before) else 0
    first = began + int(np.argmax(levels[began : top + 1] >= half))
    arrival = seconds[first]
    if first:
        rise = levels[first] - levels[first - 1]
        arrival -= (levels[first] - half) / rise * (seconds[first] - seconds[first - 1])
    return FirstWave(float(levels[top]), float(seconds[top]), float(arrival), end)


def summarise(inputs: Inputs, *, against: Mapping[str, str] | None = None) -> pa.Table:
    """One row a run, tsunami, seed, draw, gauge and metric. `against`: by the label of a tsunami, that of the
    baseline's with which it is compared; the others with the one of their own label.
    """
    levels = {run.label: run for run in by_run(inputs, "gauges", some=True)}
    seas = {run.label: run.frame for run in by_run(inputs, "seas", some=True)}
    wanted = {label: label for label in inputs.baselines.values()} | dict(inputs.baselines)  # also of itself
    known = {one: dict(_tsunamis(levels[one].frame, seas[one])) for one in set(wanted.values()) & set(levels)}
    rows = []
    for label, run in levels.items():
        facts = inputs.facts_of(label)
        for key, one in _tsunamis(run.frame, seas[label]):
            point = dict(zip(PARTED, key, strict=True))
            base = _baseline(known.get(wanted.get(label, ""), {}), key, against or {})
            rows += [{**facts, **point, **row} for row in _rows(one, base)]
    return inputs.table_of_runs(rows, COLUMNS)


@dataclass(frozen=True, slots=True)
class _Tsunami:
    series: Series
    sea: pd.DataFrame


Key = tuple[str, int, int | None]


def _tsunamis(gauges: pd.DataFrame, seas: pd.DataFrame) -> Iterator[tuple[Key, _Tsunami]]:
    """All of a run."""
    known = {_key(key): rows for key, rows in seas.groupby(PARTED, dropna=False, sort=False)}
    for key, rows in gauges.groupby(PARTED, dropna=False, sort=False):
        series = {
            str(gauge): (one["seconds"].to_numpy(), one["level"].to_numpy(float))
            for gauge, one in rows.groupby("gauge", sort=False)
        }
        yield _key(key), _Tsunami(series, known[_key(key)])


def _key(key: tuple[Any, ...]) -> Key:
    tsunami, seed, draw = key
    return str(tsunami), int(seed), None if pd.isna(draw) else int(draw)


def _baseline(of_run: Mapping[Key, _Tsunami], key: Key, against: Mapping[str, str]) -> _Tsunami | None:
    """With what a tsunami is compared: of its seed if there is one, since the relief as it is has no seed."""
    wanted = against.get(key[0], key[0])
    of_label = {
        seed: one for (tsunami, seed, draw), one in of_run.items() if tsunami == wanted and draw is None
    }
    if of_run and key[0] in against and not of_label:
        there = ", ".join(dict.fromkeys(tsunami for tsunami, *_ in of_run))
        raise UserError(f"against: the baseline has no tsunami '{wanted}'; expected one of {there}")
    return of_label.get(key[1], next(iter(of_label.values()), None))


def _rows(one: _Tsunami, base: _Tsunami | None) -> Iterator[dict[str, object]]:
    for row in one.sea[["gauge", "metric", "value"]].to_dict("records"):
        yield row | {"gauge": None if pd.isna(row["gauge"]) else row["gauge"]}
    for gauge, (seconds, levels) in one.series.items():
        wave = first_wave(seconds, levels)
        found = {"crest": wave.crest, "crest seconds": wave.crest_seconds, "arrival": wave.arrival}
        if base and gauge in base.series:
            found |= _against(seconds, levels, wave, base.series[gauge])
            found["travel lag"] = _travel(one, gauge) - _travel(base, gauge)
        yield from ({"gauge": gauge, "metric": name, "value": value} for name, value in found.items())


def _against(
    seconds: np.ndarray, levels: np.ndarray, wave: FirstWave, base: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """Two series of one gauge."""
    if len(base[0]) != len(seconds) or (base[0] != seconds).any():
        raise UserError(
            f"two tsunamis read at {len(seconds)} and {len(base[0])} moments; expected the same to compare "
            "them; give both the same `seconds` and `every`, or compare those of one label"
        )
    its = first_wave(*base)
    off, crest = levels - base[1], its.crest if its.crest > 0 else math.nan  # of no wave
    return {
        "lag": wave.arrival - its.arrival,
        "crest off": 100 * (wave.crest / crest - 1),
        "first wave off": 100 * float(np.sqrt((off[: its.end] ** 2).mean())) / crest,
        "series off": 100 * float(np.sqrt((off**2).mean())) / crest,
    }


def _travel(one: _Tsunami, gauge: str) -> float:
    found = one.sea[(one.sea["gauge"] == gauge) & (one.sea["metric"] == TRAVEL)]["value"]
    return float(found.iloc[0]) if len(found) else float("nan")
