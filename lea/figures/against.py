"""Metrics after the last epoch against a number that sets runs apart: values above; below, what each run
differs by from the one that it is compared with. Points are medians over the seeds, bars their 95 % bootstrap
intervals.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import draw_legend
from lea.figures.points import draw_points, ends_and_differences, number_axis
from lea.figures.selection import check_columns, chosen, label_of

NEEDS = ("endings", "contrasts")


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    metrics: tuple[str, ...],
    x: str,
    lines: str = "label",
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """The test values after the last epoch, and their differences."""
    values = ends_and_differences(summaries, metrics)
    check_columns(values, x, lines)
    return chosen(values, where)


def draw(
    values: pd.DataFrame,
    *,
    metrics: tuple[str, ...],
    x: str,
    lines: str = "label",
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """A column a metric, a colour a value of the column `lines`; `labels`: what each metric is called."""
    figure = Figure(figsize=(7.6, 3.8))
    grid = figure.subplots(2, len(metrics), sharex=True, squeeze=False)
    compared = values["baseline"].notna()
    for (above, below), metric in zip(grid.T, metrics, strict=True):
        of_metric = values["metric"] == metric
        below.axhline(0, color="black", lw=0.8)
        for index, (value, rows) in enumerate(values[of_metric & ~compared].groupby(lines, sort=False)):
            draw_points(above, rows, x=x, label=value, color=f"C{index}")
            differences = values[of_metric & compared & (values[lines] == value)]
            if len(differences):
                draw_points(below, differences, x=x, y="difference", color=f"C{index}")
        above.set_title(label_of(metric, labels))
        number_axis(below, values.loc[of_metric, x])
        below.set_xlabel(x.replace("_", " "))
        below.tick_params("x", rotation=60)
    grid[1, 0].set_ylabel("difference")
    draw_legend(figure)
    return figure
