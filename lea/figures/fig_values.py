"""How the values that the first LEA sees, and its reconstructions of them, are spread over training, one
seed: the share of values in each of 64 bins. Epoch 0 is the untrained network.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lea.figures.maps import WIDTH, of_first_lea, values_of, written

NEEDS = ("album",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The histograms of the first LEA."""
    first = of_first_lea(summaries["album"])
    return written(first[first["kind"].str.endswith("histogram")])


def draw(album: pd.DataFrame) -> Figure:
    """A row a run, a panel an epoch; what was given filled, what was made of it as a line."""
    labels, epochs = list(album["label"].unique()), sorted(album["epoch"].unique())
    figure = Figure(figsize=(WIDTH, 0.4 + 2.1 * len(labels)))
    grid = figure.subplots(len(labels), len(epochs), sharey=True, squeeze=False)
    for line, label in zip(grid, labels, strict=True):
        for axes, epoch in zip(line, epochs, strict=True):
            _draw_panel(axes, album[(album["label"] == label) & (album["epoch"] == epoch)])
            axes.set_title(f"epoch {epoch}" if len(labels) == 1 else f"{label}, epoch {epoch}")
        line[0].set_ylabel("share of values")
    for axes in grid[-1]:
        axes.set_xlabel("value")
    grid[0, 0].legend()
    return figure


def _draw_panel(axes: Axes, histograms: pd.DataFrame) -> None:
    for _, row in histograms.iterrows():
        shares = values_of(row)[0]
        edges = np.linspace(row["low"], row["high"], len(shares) + 1)
        given = row["kind"].startswith("input")
        look = {"fill": True, "color": "0.75"} if given else {"color": "C0"}
        axes.stairs(shares, edges, label=row["kind"].partition(" ")[0], **look)
    axes.set_yscale("log")
