"""Medians over seeds with their intervals, as points on a line."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from lea.figures.selection import chosen


def ends_and_differences(summaries: Mapping[str, pd.DataFrame], metrics: Collection[str]) -> pd.DataFrame:
    """Of `endings` and `contrasts`: the network's test values after the last epoch, then the differences."""
    wanted = {"part": "network", "split": "test", "metric": list(metrics)}
    endings, contrasts = chosen(summaries["endings"], {"moment": "end", **wanted}), summaries["contrasts"]
    if len(contrasts):
        contrasts = chosen(contrasts, wanted)
    return pd.concat([endings, contrasts], ignore_index=True)


def draw_points(axes: Axes, points: pd.DataFrame, *, x: str, y: str = "median", **style: Any) -> None:
    """Draw `y` against `x` with bars from `low` to `high`; every column is drawn as it stands."""
    assert len(points), f"nothing to draw for {style.get('label')}"
    points = points.sort_values(x)
    bars = [points[y] - points["low"], points["high"] - points[y]]
    drawn: dict[str, Any] = {"marker": "o", "capsize": 2, "elinewidth": 0.8} | style
    axes.errorbar(points[x], points[y], bars, **drawn)


def number_axis(axes: Axes, values: pd.Series) -> None:
    """A logarithmic axis that names the values that were measured, and no others."""
    axes.set_xscale("log")
    axes.set_xticks(sorted(values.unique()), [f"{value:,g}" for value in sorted(values.unique())])
    axes.minorticks_off()


def root_axis(axes: Axes, values: pd.Series, form: str = "{:g}") -> None:
    """An axis of square roots, which has room for small values and for nothing; names those measured."""
    axes.set_xscale(
        "function", functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda x: x * np.abs(x))
    )
    axes.set_xticks(sorted(values.unique()), [form.format(value) for value in sorted(values.unique())])


def log_axes(axes: Axes) -> None:
    """Both logarithmic, with numbers at ones, twos and fives."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter("{x:,g}")
        axis.set_minor_locator(NullLocator())
