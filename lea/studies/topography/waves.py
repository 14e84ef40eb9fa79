"""What figures and tables of waves share."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

FLOOR = "root mean square"
ROUNDING = 1.0  # metres by which a floor is off that is as it is, at most
FEWEST = 5  # points
MARKS = "osD^v<>Ph"


def with_floor(waves: pd.DataFrame) -> pd.DataFrame:
    """The rows of gauges whose codes were not drawn, with how far the floor is off, in metres, as `floor`."""
    own = waves[waves["draw"].isna()]
    key = ["label", "tsunami", "seed"]
    floors = own[own["gauge"].isna() & (own["metric"] == FLOOR)][[*key, "value"]]
    return own[own["gauge"].notna()].merge(floors.rename(columns={"value": "floor"}), on=key)


def of_models(rows: pd.DataFrame, original: str) -> pd.Series:
    """Whether a row is a model's: the run `original` has the relief as it is, and what stood in its place."""
    return rows["label"] != original


def rank_correlation(points: np.ndarray) -> float | None:
    """Spearman's, of (points, 2); none of fewer than five, which would be chance, or where all are alike."""
    if len(points) < FEWEST or (points == points[0]).all(0).any():
        return None
    return float(np.corrcoef(rankdata(points, axis=0), rowvar=False)[0, 1])


def style_of(number: int) -> dict[str, Any]:
    """A colour and a mark of its own for one of many runs."""
    return {"color": f"C{number % 6}", "marker": MARKS[number // 6 % len(MARKS)]}
