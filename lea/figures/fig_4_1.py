"""Raw and normalised reconstruction loss (Eq. 3.2, 4.1) of the LEA behind the first convolution. Lines are
medians over the seeds, training dashed and test solid; the hue behind a line is the full range of the seeds.
Training values are averages over the epoch.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_panels

NEEDS = ("curves",)
METRICS = {
    "reconstruction_loss": "reconstruction loss",
    "normalised_loss": "normalised reconstruction loss",
}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Both losses of the first LEA of each network that has one."""
    curves = summaries["curves"]
    first = curves[curves["metric"] == "normalised_loss"].groupby("label")["part"].first()
    return curves[curves["metric"].isin(METRICS) & (curves["part"] == curves["label"].map(first))]


def draw(curves: pd.DataFrame) -> Figure:
    """Raw on the left, normalised on the right."""
    return draw_panels(curves, METRICS)
