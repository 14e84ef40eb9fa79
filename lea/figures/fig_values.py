"""How the values that the first LEA sees, and its reconstructions of them, are spread over training, one
seed: the share of values in each of 64 bins. Epoch 0 is the untrained network.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lea.figures.maps import written

NEEDS = ("album",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The histograms of the first LEA."""
    album = summaries["album"]
    histograms = album[album["kind"].str.endswith("histogram")]
    return written(histograms[histograms["part"] == histograms["part"].min()])


def draw(album: pd.DataFrame) -> Figure:
    """A panel an epoch; what was given filled, what was made of it as a line."""
    epochs = sorted(album["epoch"].unique())
    figure = Figure()
    for axes, epoch in zip(
        figure.subplots(1, len(epochs), sharey=True, squeeze=False)[0], epochs, strict=True
    ):
        for _, row in album[album["epoch"] == epoch].iterrows():
            given = row["kind"].startswith("input")
            shares = np.array(row["values"].split(), float)
            edges = np.linspace(row["low"], row["high"], len(shares) + 1)
            axes.stairs(
                shares,
                edges,
                fill=given,
                color="0.75" if given else "C0",
                label=row["kind"].partition(" ")[0],
            )
        axes.set_yscale("log")
        axes.set_title(f"epoch {epoch}")
        axes.set_xlabel("value")
    figure.axes[0].set_ylabel("share of values")
    figure.axes[0].legend()
    return figure
