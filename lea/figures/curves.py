"""One metric of many runs while training: training on the left, test on the right, on one scale. Lines are
medians over the seeds, the hue behind a line is their full range.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.lines import draw_curves
from lea.figures.pages import draw_legend
from lea.figures.selection import chosen, label_of

NEEDS = ("curves",)
TITLES = {"train": "training", "test": "test"}


def table(
    summaries: Mapping[str, pd.DataFrame], *, metric: str, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """The metric's curves of the runs and parts that are asked for."""
    return chosen(summaries["curves"], {"metric": metric, **(where or {})})


def draw(curves: pd.DataFrame, *, metric: str, label: str | None = None, logarithmic: bool = False) -> Figure:
    """A panel a split; `label`: what the metric is called."""
    figure = Figure()
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, (split, title) in zip((left, right), TITLES.items(), strict=True):
        draw_curves(axes, curves[curves["split"] == split], label=label or label_of(metric, None))
        axes.set_title(title)
    right.set_ylabel("")
    if logarithmic:
        left.set_yscale("log")
    draw_legend(figure)
    return figure
