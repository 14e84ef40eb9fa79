"""Accuracy and loss of the classification while training. Lines are medians over the seeds, training dashed
and test solid; the hue behind a line is the full range of the seeds. Training values are averages over the
epoch.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_panels

NEEDS = ("curves",)
METRICS = {"accuracy": "accuracy", "loss": "cross entropy"}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The classification's curves."""
    curves = summaries["curves"]
    return curves[(curves["part"] == "network") & curves["metric"].isin(METRICS)]


def draw(curves: pd.DataFrame) -> Figure:
    """Accuracy on the left, loss on the right."""
    return draw_panels(curves, METRICS)
