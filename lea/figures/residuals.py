"""What analyses of variance leave unexplained. Left against what the model says: a band of one width is noise
that is alike everywhere. Right against the quantiles of a normal distribution: on the line it is normal.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import WIDTH
from lea.figures.selection import chosen

NEEDS = ("residuals",)
HEIGHT = 1.9  # of a row of panels, in inches


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """All residuals."""
    return chosen(summaries["residuals"], where)


def draw(residuals: pd.DataFrame) -> Figure:
    """A row a response and group."""
    keys = ["response", "group"]
    groups = list(residuals.groupby(keys, sort=False, dropna=False))
    figure = Figure(figsize=(WIDTH, HEIGHT * len(groups) + 0.2))
    grid = figure.subplots(len(groups), 2, squeeze=False)
    for (left, right), ((response, group), rows) in zip(grid, groups, strict=True):
        left.plot(rows["fitted"], rows["residual"], "o", ms=3, alpha=0.6)
        left.axhline(0, color="black", lw=0.8)
        left.set_title(response if pd.isna(group) else f"{response}, {group}", fontsize=8)
        right.plot(rows["quantile"], rows["residual"], "o", ms=3, alpha=0.6)
        reach = np.array([rows["quantile"].min(), rows["quantile"].max()])
        right.plot(reach, reach * rows["residual"].std(ddof=0), color="black", lw=0.8)
        left.set_ylabel("residual")
    grid[-1, 0].set_xlabel("fitted")
    grid[-1, 1].set_xlabel("normal quantile")
    return figure
