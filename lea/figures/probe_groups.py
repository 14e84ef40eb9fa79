"""Accuracy of the probes of one factor for each class of what the network was trained on. Points are medians
over the seeds, on test images; bars are their 95 % bootstrap intervals.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import draw_legend
from lea.figures.probed import draw_networks, name_panel
from lea.figures.selection import chosen

NEEDS = ("readings",)


def table(
    summaries: Mapping[str, pd.DataFrame], *, factor: str, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Accuracies of the factor by class."""
    wanted = {"factor": factor, "probe": "trained", "metric": "accuracy", **(where or {})}
    readings = chosen(summaries["readings"], wanted)
    return readings[readings["group"].notna()]


def draw(readings: pd.DataFrame, *, factor: str) -> Figure:
    """A panel a class."""
    groups = list(readings["group"].unique())
    figure = Figure(figsize=(6.3, 2.8))
    for axes, group in zip(
        figure.subplots(1, len(groups), sharey=True, squeeze=False)[0], groups, strict=True
    ):
        of_group = readings[readings["group"] == group]
        draw_networks(axes, of_group, {"trained": "-"})
        name_panel(axes, of_group, group)
        axes.tick_params("x", rotation=90)
    figure.axes[0].set_ylabel(f"accuracy of {factor}")
    draw_legend(figure)
    return figure
