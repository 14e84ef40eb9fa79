"""Cross entropy per epoch for different numbers of training samples, of which the smaller are part of the
larger; testing is on the whole test set. Lines are medians over the seeds, training dashed and test solid;
the hue behind a line is their full range.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.curves import draw_curves, draw_legend

NEEDS = ("curves",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The classification's losses."""
    curves = summaries["curves"]
    return curves[(curves["part"] == "network") & (curves["metric"] == "loss")]


def draw(curves: pd.DataFrame) -> Figure:
    """A panel a number of samples."""
    counts = list(curves["samples"].unique())
    figure = Figure(figsize=(6.3, 2.1 * -(-len(counts) // 2) + 0.2))
    grid = figure.subplots(-(-len(counts) // 2), 2, squeeze=False).ravel()
    for axes, count in zip(grid, counts, strict=False):
        of_count = curves[curves["samples"] == count]
        draw_curves(axes, of_count.assign(label=of_count["network"]), label="cross entropy")
        axes.set_title(f"{count:,g} samples")
    for axes in grid[len(counts) :]:
        axes.set_axis_off()
    draw_legend(figure)
    return figure
