"""What several seeds say together: median, full range, and an interval for the median or for a difference of
two.

The interval is the percentile bootstrap's (Efron 1979): seeds are drawn again with replacement, and the
middle 95 % of the medians so found are its ends. It tells how far the median would move with other seeds.
With five seeds or fewer it is as wide as their range, or nearly, and covers less than 95 %.

Where all seeds were tested on the same samples, these move all values together, which no drawing of seeds can
show: `error`, the standard deviation of that, is added to what is drawn, as normal noise that seeds share. It
is exact if the samples are as hard for all seeds, and else too wide, never too narrow.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95


def describe(values: Sequence[float], *, error: float = 0.0) -> dict[str, float]:
    """Median, range and interval over seeds; those without a finite value are left out and not counted."""
    known = _known(values)
    low, high = interval(_medians(known, "first") + error * _noise())
    return {**ranged(known), "low": low, "high": high}


def ranged(known: np.ndarray) -> dict[str, float]:
    """Median and range over seeds that have a value."""
    if not len(known):
        return {"seeds": 0} | dict.fromkeys(("median", "minimum", "maximum"), np.nan)
    return {
        "seeds": len(known),
        "median": float(np.median(known)),
        "minimum": float(known.min()),
        "maximum": float(known.max()),
    }


def difference(values: Sequence[float], baseline: Sequence[float], *, error: float = 0.0) -> dict[str, float]:
    """Of the medians, with its interval; the seeds of each are drawn apart, having nothing in common."""
    known, other = _known(values), _known(baseline)
    if not (len(known) and len(other)):
        return dict.fromkeys(("difference", "low", "high"), np.nan)
    low, high = interval(_medians(known, "first") - _medians(other, "second") + error * _noise())
    return {"difference": float(np.median(known) - np.median(other)), "low": low, "high": high}


def _known(values: Sequence[float]) -> np.ndarray:
    numbers = np.asarray(values, float)
    return np.asarray(numbers[np.isfinite(numbers)])


def _medians(values: np.ndarray, sample: str) -> np.ndarray:
    ordered = np.sort(values)  # the order of seeds says nothing
    return medians(np.broadcast_to(ordered, (RESAMPLES, len(ordered))), sample)


def medians(values: np.ndarray, sample: str) -> np.ndarray:
    """(n, seeds) -> (n,), n up to RESAMPLES: in each row over seeds that are drawn again; NaN is left out."""
    count, seeds = values.shape
    if not seeds:
        return np.full(count, np.nan)
    again = np.sort(np.take_along_axis(values, _draws(seeds, sample)[:count], 1), axis=1)  # NaN last
    known = np.isfinite(again).sum(1)
    middle = np.stack([np.maximum(known - 1, 0) // 2, known // 2], 1)
    return np.asarray(np.take_along_axis(again, middle, 1).mean(1))


@cache
def _draws(count: int, sample: str) -> np.ndarray:
    """(RESAMPLES, count) rows to draw, the same every time."""
    generator = np.random.default_rng([count, {"first": 0, "second": 1}[sample]])
    return np.asarray(generator.integers(count, size=(RESAMPLES, count)))


@cache
def _noise() -> np.ndarray:
    """(RESAMPLES,) of the standard normal distribution, the same every time."""
    return np.asarray(np.random.default_rng([RESAMPLES, 3]).standard_normal(RESAMPLES))


def interval(medians: np.ndarray) -> tuple[float, float]:
    """The ends of the middle 95 % of those that are known."""
    known = medians[np.isfinite(medians)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
    return float(low), float(high)
