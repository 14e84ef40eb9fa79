"""Reconstruction loss of the variational autoencoder with three coders, on whole images. Lines are medians
over the seeds, the hue behind a line is their full range. Training values are averages over the epoch.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_splits

NEEDS = ("curves",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The curves of the runs whose autoencoder is `vae`."""
    curves = summaries["curves"]
    return curves[(curves["metric"] == "reconstruction_loss") & (curves["autoencoder"] == "vae")]


def draw(curves: pd.DataFrame) -> Figure:
    """Training on the left, test on the right."""
    return draw_splits(curves, label="reconstruction loss")
