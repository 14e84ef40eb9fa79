"""One metric while training, a panel for each value of something that sets runs apart. Lines are medians over
the seeds, training dashed and test solid; the hue behind a line is their full range.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.lines import draw_curves
from lea.figures.pages import draw_legend, in_pairs
from lea.figures.selection import check_columns, chosen, label_of, worded

NEEDS = ("curves",)


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    metric: str,
    by: str,
    lines: str = "label",
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """The metric's curves; a panel a value of the column `by`, a colour a value of the column `lines`."""
    check_columns(summaries["curves"], by, lines)
    return chosen(summaries["curves"], {"metric": metric, **(where or {})})


def draw(
    curves: pd.DataFrame,
    *,
    metric: str,
    by: str,
    lines: str = "label",
    label: str | None = None,
    title: str = "{}",
) -> Figure:
    """`label`: what the metric is called; `title`: of a panel, its value in the place of the braces."""
    values = list(curves[by].dropna().unique())
    assert values, f"nothing to draw: no run has a '{by}'"
    figure, panels = in_pairs(len(values), height=2.1, room=0.2)
    for axes, value in zip(panels, values, strict=True):
        of_value = curves[curves[by] == value]
        draw_curves(axes, of_value, label=label or label_of(metric, None), name=lines)
        axes.set_title(worded(title, value))
    draw_legend(figure)
    return figure
