"""How the values that a model's first part sees, and what it makes of them, are spread over training, one
seed: the share of values in each bin. Epoch 0 is the untrained model.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lea.figures.albums import values_of, written
from lea.figures.pages import WIDTH
from lea.figures.selection import chosen, first_part

NEEDS = ("album",)
KIND = " histogram"  # behind what it is of


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """The histograms of the first part of each run that has any."""
    album = chosen(summaries["album"], where)
    return written(first_part(album[album["kind"].str.endswith(KIND)]))


def draw(album: pd.DataFrame) -> Figure:
    """A row a run, a panel an epoch; what was given filled, what was made of it as a line."""
    assert len(album), "nothing to draw: no run kept histograms"
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
