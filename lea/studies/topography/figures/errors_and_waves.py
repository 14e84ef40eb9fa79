"""Does a lower error of the sea floor mean a better wave? How far each floor is off, a point a model and
seed, and what is wrong with its first wave; what is as far off but no model's as crosses.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import draw_legend
from lea.figures.points import log_axes
from lea.figures.selection import chosen
from lea.studies.topography.waves import ROUNDING, of_models, rank_correlation, style_of, with_floor

NEEDS = ("waves",)
METRIC = "first wave off"
CONTROLS = "x+1234*|_"


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    gauges: tuple[str, ...],
    tsunami: str = "waves",
    original: str = "original",
) -> pd.DataFrame:
    """A point a run, seed and gauge: `floor` metres, and what is wrong with the first wave. `tsunami`: of
    models, of which label; `original`: the run that has the relief as it is, and what stood in its place.
    """
    rows = chosen(with_floor(summaries["waves"]), {"gauge": list(gauges), "metric": METRIC})
    rows = rows[rows["floor"] > ROUNDING]
    rows = rows[~of_models(rows, original) | (rows["tsunami"] == tsunami)]
    return rows[["label", "tsunami", "seed", "gauge", "metric", "floor", "value"]]


def draw(rows: pd.DataFrame, *, gauges: tuple[str, ...], original: str = "original") -> Figure:
    """A panel a gauge, with the rank correlation over models and seeds."""
    across = 2 if len(gauges) in (2, 4) else min(3, len(gauges))
    down = -(-len(gauges) // across)
    figure = Figure(figsize=(2.2 * across, 2.2 * down + 0.8))
    grid = figure.subplots(down, across, squeeze=False, sharex=True)
    panels = list(grid.flat)
    models = of_models(rows, original)
    learnt, others = rows[models], rows[~models]
    for axes, gauge in zip(panels, gauges, strict=False):
        for number, name in enumerate(learnt["label"].unique()):
            points = learnt[(learnt["gauge"] == gauge) & (learnt["label"] == name)]
            axes.plot(points["floor"], points["value"], label=name, linestyle="", **style_of(number))
        for number, name in enumerate(others["tsunami"].unique()):
            points = others[(others["gauge"] == gauge) & (others["tsunami"] == name)]
            mark = CONTROLS[number % len(CONTROLS)]
            axes.plot(points["floor"], points["value"], mark, color="black", markersize=5, label=name)
        rank = rank_correlation(learnt[learnt["gauge"] == gauge][["floor", "value"]].to_numpy(float))
        axes.set_title(gauge if rank is None else f"{gauge}: rank correlation {rank:.2f}", fontsize=7)
        log_axes(axes)
    for axes in panels[len(gauges) :]:
        axes.set_axis_off()
    for axes in grid[-1]:
        axes.set_xlabel("sea floor off by (m)")
    for axes in grid[:, 0]:
        axes.set_ylabel("first wave off\n(% of its crest)")
    draw_legend(figure)
    return figure
