"""Other ways to read the layers of a network: above, without a hidden layer, so that a factor must lie
straight in a layer's values; below, with it, an answer one step away counted as right. Points are medians
over the seeds, on test images; bars are their 95 % bootstrap intervals.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import draw_legend
from lea.figures.probed import draw_networks
from lea.figures.selection import chosen

NEEDS = ("readings",)
LINES = {("linear", "accuracy"): "linear probe", ("trained", "accuracy within one step"): "within one step"}


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Both readings over all images."""
    readings = chosen(summaries["readings"], where)
    wanted = [pair in LINES for pair in zip(readings["probe"], readings["metric"], strict=True)]
    return readings[pd.Series(wanted, readings.index) & readings["group"].isna()]


def draw(readings: pd.DataFrame) -> Figure:
    """A column a factor, a row a reading."""
    factors = list(readings["factor"].unique())
    figure = Figure(figsize=(7.6, 4.2))
    grid = figure.subplots(len(LINES), len(factors), squeeze=False)
    for line, ((kind, metric), label) in zip(grid, LINES.items(), strict=True):
        for axes, factor in zip(line, factors, strict=True):
            rows = readings[(readings["probe"] == kind) & (readings["metric"] == metric)]
            rows = rows[rows["factor"] == factor]
            if rows.empty:  # classes without an order have no steps
                axes.set_axis_off()
                continue
            draw_networks(axes, rows.assign(probe="trained"), {"trained": "-"})
            axes.set_title(factor)
            axes.tick_params("x", rotation=90)
        line[0].set_ylabel(f"accuracy, {label}")
    draw_legend(figure)
    return figure
