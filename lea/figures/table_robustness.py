"""What each attack came to on each run: how many images were attacked and for how many an adversarial was
found; mean and median distance of the finds; the same as foolbox 1.8.0 counted, where an image that is wrong
from the start is a find at distance 0; and what a sample cost. Medians over the seeds.
"""

from collections.abc import Mapping

import pandas as pd

NEEDS = ("robustness",)
METRICS = {
    "attacked": 0,
    "found": 0,
    "failed": 0,
    "errors": 0,
    "success": 4,
    "confirmed": 4,
    "distance": 7,
    "median distance": 7,
    "literal success": 4,
    "literal distance": 7,
    "queries": 1,
    "gradients": 1,
    "seconds": 4,
}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a run and attack."""
    robustness = summaries["robustness"]
    keys = ["label", "accuracy", "learnt", "protocol", "family", "attack"]
    wide = robustness.pivot_table(
        index=keys, columns="metric", values="median", sort=False, dropna=False, observed=True
    )
    return wide[list(METRICS)].round(METRICS).dropna(how="all").reset_index().rename_axis(columns=None)
