"""What each attack came to on each run: how many images were attacked and for how many an adversarial was
found; mean and median distance of the finds; the same as foolbox 1.8.0 counted, where an image that is wrong
from the start is a find at distance 0; and what a sample cost. Medians over the seeds.
"""

from collections.abc import Mapping

import pandas as pd

from lea.figures.selection import chosen

NEEDS = ("robustness",)
METRICS = (
    *("attacked", "found", "failed", "errors", "success", "confirmed", "distance", "median distance"),
    *("literal success", "literal distance", "queries", "gradients", "seconds"),
)
DIGITS = 4  # that say something


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """A row a run and attack."""
    robustness = chosen(summaries["robustness"], where)
    keys, known = ["label", "attack"], ["accuracy", "learnt", "protocol", "family"]
    rows = robustness.drop_duplicates(keys).set_index(keys)[known]
    for metric in METRICS:
        rows[metric] = robustness[robustness["metric"] == metric].set_index(keys)["median"].map(_short)
    return rows.reset_index()


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
