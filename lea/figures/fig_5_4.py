"""Accuracy of probes at every layer of a frozen network that was trained on the shape, its input and output
included: a hidden layer and a softmax head for each factor. Untrained: the same probes on the network before
its training; shuffled: probes trained on labels of other images. Points are medians over the seeds, on test
images after the probes' last epoch; bars are their 95 % bootstrap intervals.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_legend
from lea.figures.probed import CONTROLS, draw_networks, name_panel

NEEDS = ("readings",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Accuracies over all images, and their differences to the input and to the untrained network."""
    readings = summaries["readings"]
    wanted = readings["metric"].isin(["accuracy", "change", "gain"]) & readings["probe"].isin(CONTROLS)
    return readings[wanted & readings["group"].isna()]


def draw(readings: pd.DataFrame) -> Figure:
    """A panel a factor."""
    factors = list(readings["factor"].unique())
    rows = -(-len(factors) // 2)
    figure = Figure(figsize=(6.3, 2.2 * rows + 0.4))
    grid = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, factor in zip(grid, factors, strict=False):
        of_factor = readings[(readings["factor"] == factor) & (readings["metric"] == "accuracy")]
        draw_networks(axes, of_factor, CONTROLS)
        name_panel(axes, of_factor, factor)
        axes.set_ylabel("accuracy")
    for axes in grid[len(factors) :]:
        axes.set_axis_off()
    draw_legend(figure)
    return figure
