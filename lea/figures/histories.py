"""What a search minimised, by epoch: a line a trial, to where it was trained. Grey: pruned, and a mark where;
coloured: trained to the end; thick: the one that was chosen. A cross at the top: it diverged there. Dotted:
the epochs after which trials were pruned. A panel a search.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from lea.errors import UserError
from lea.figures.pages import WIDTH, draw_legend
from lea.figures.selection import chosen, first_searches

NEEDS = ("histories",)
LIMITS = {"searches": (1, 9)}
LOOKS: dict[str, dict[str, Any]] = {  # by state
    "pruned": {"color": "0.6", "lw": 0.7, "label": "pruned"},
    "complete": {"color": "C0", "lw": 0.7, "label": "trained to the end"},
    "diverged": {"color": "C1", "lw": 0.7, "label": "diverged"},
}


def table(
    summaries: Mapping[str, pd.DataFrame], *, searches: int = 3, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """All trials of the first so many searches."""
    rows = chosen(summaries["histories"], where)
    if not np.isfinite(rows["value"]).any():
        raise UserError("nothing to draw: no trial of these searches has a value; choose others by `where`")
    return first_searches(rows, searches)


def draw(rows: pd.DataFrame, *, searches: int = 3, minimised: str = "what is minimised") -> Figure:
    """Up to three panels a row; `minimised`: what the axis is called."""
    groups = list(rows.groupby(["label", "seed"], sort=False))
    across = min(3, len(groups))
    down = -(-len(groups) // across)
    figure = Figure(figsize=(max(WIDTH / 2, WIDTH * across / 3), 2.2 * down + 0.4))
    panels = list(figure.subplots(down, across, squeeze=False, sharey=True).flat)
    for axes in panels[len(groups) :]:
        axes.set_axis_off()
    several = rows["label"].nunique() > 1
    top = rows.loc[np.isfinite(rows["value"]), "value"].max()
    for axes, ((label, seed), its) in zip(panels, groups, strict=False):
        axes.set_title(f"{label}, search {seed}" if several else f"search {seed}")
        _draw_search(axes, its, top)
    for axes in panels[::across]:
        axes.set_ylabel(minimised)
    draw_legend(figure)
    return figure


def _draw_search(axes: Axes, rows: pd.DataFrame, top: float) -> None:
    trials = [one.sort_values("epoch") for _, one in rows.groupby("trial")]
    for rung in {one["epoch"].iloc[-1] for one in trials if one["state"].iloc[0] == "pruned"}:
        axes.axvline(rung, color="0.8", lw=0.7, ls=":", zorder=0)
    for one in sorted(trials, key=lambda one: (one["chosen"].iloc[0], one["state"].iloc[0] != "pruned")):
        look, ended = LOOKS[one["state"].iloc[0]], one.iloc[-1]
        known = one[np.isfinite(one["value"])]
        if ended["chosen"]:
            look = {"color": "black", "lw": 2.2, "label": "chosen", "zorder": 4}
        axes.plot(known["epoch"], known["value"], **look)
        mark = {"pruned": "|", "diverged": "x"}.get(ended["state"])
        if mark:
            height = ended["value"] if np.isfinite(ended["value"]) else top
            axes.plot(ended["epoch"], height, mark, color=look["color"], ms=5)
    if (rows["value"] > 0).all():
        axes.set_yscale("log")
        axes.yaxis.set_minor_locator(LogLocator(subs=(0.2, 0.3, 0.5)))
        axes.yaxis.set_minor_formatter("{x:.2g}")
        axes.tick_params("y", which="minor", labelsize=6)
    axes.yaxis.set_major_formatter("{x:.3g}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
