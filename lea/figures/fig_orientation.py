"""Accuracy of the probes of orientation for each shape: after a quarter turn a square looks the same, after
half a turn an ellipse, but for the grid of pixels. Best possible: the share of the 40 orientations whose
pictures differ, all else known. Points are medians over the seeds, on test images; bars are their 95 %
bootstrap intervals.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_legend
from lea.figures.probed import draw_networks, name_panel

NEEDS = ("readings",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Accuracies of orientation by shape."""
    readings = summaries["readings"]
    of_groups = readings["group"].notna() & (readings["factor"] == "orientation")
    return readings[of_groups & (readings["probe"] == "trained") & (readings["metric"] == "accuracy")]


def draw(readings: pd.DataFrame) -> Figure:
    """A panel a shape."""
    groups = list(readings["group"].unique())
    figure = Figure(figsize=(6.3, 2.8))
    for axes, group in zip(
        figure.subplots(1, len(groups), sharey=True, squeeze=False)[0], groups, strict=True
    ):
        of_group = readings[readings["group"] == group]
        draw_networks(axes, of_group, {"trained": "-"})
        name_panel(axes, of_group, group)
        axes.tick_params("x", rotation=90)
    figure.axes[0].set_ylabel("accuracy of orientation")
    draw_legend(figure)
    return figure
