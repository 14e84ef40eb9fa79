"""Does a lower error of the sea floor mean a better wave? Spearman's rank correlation over models and seeds
of how far the floor is off, and of the travel time's lag, with what is wrong with the wave at a gauge; 95 %
intervals by bootstrap over the models, whose seeds go together.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lea.figures.selection import chosen
from lea.studies.topography.waves import of_models, rank_correlation, with_floor

NEEDS = ("waves",)
TRIES, SEED = 2000, 0
FLOOR, TRAVEL = "floor", "travel lag"
LEVEL = 0.95
FEWEST = 4  # models, for an interval


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    gauges: tuple[str, ...],
    metrics: tuple[str, ...],
    tsunami: str = "waves",
    original: str = "original",
) -> pd.DataFrame:
    """A line a gauge and metric, of the tsunamis of one label; `original`: the run that has the relief as it
    is, and no model's. A wave that does not come is the worst.
    """
    rows = chosen(with_floor(summaries["waves"]), {"gauge": list(gauges), "tsunami": tsunami})
    rows = rows[of_models(rows, original)]
    wide = rows.pivot_table(index=["label", "seed", "gauge", FLOOR], columns="metric", values="value")
    wide = wide.abs().fillna(np.inf).reset_index()
    lines = []
    for gauge in gauges:
        here = wide[wide["gauge"] == gauge]
        for metric in metrics:
            for against in (FLOOR, TRAVEL):
                given = [one for one in dict.fromkeys((against, metric)) if one in here]
                points = here if len(given) == 2 else here[:0]
                low, high = _interval(points, against, metric)
                lines.append(
                    {
                        "gauge": gauge,
                        "wave": metric,
                        "against": "sea floor off" if against == FLOOR else against,
                        "models": points["label"].nunique(),
                        "points": len(points),
                        "rank correlation": _rounded(rank_correlation(points[given].to_numpy(float))),
                        "low": low,
                        "high": high,
                    }
                )
    return pd.DataFrame(lines)


def _interval(points: pd.DataFrame, first: str, second: str) -> tuple[float | None, float | None]:
    """None of few models: it would be theirs alone."""
    groups = [rows[[first, second]].to_numpy() for _, rows in points.groupby("label")]
    if len(groups) < FEWEST:
        return None, None
    generator = np.random.default_rng(SEED)
    found = []
    for _ in range(TRIES):
        some = [groups[one] for one in generator.integers(len(groups), size=len(groups))]
        rank = rank_correlation(np.concatenate(some))
        found += [] if rank is None else [rank]
    if not found:
        return None, None
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return _rounded(low), _rounded(high)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)
