"""Does a lower error of the sea floor mean a better wave? How far each floor is off, a point a model and
seed, and what is wrong with its first wave; what is as far off but no model's as crosses.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import draw_legend
from lea.figures.selection import chosen, label_of
from lea.studies.topography.waves import of_models, with_floor

NEEDS = ("waves",)
MARKS = "osD^v<>Ph"


def table(
    summaries: Mapping[str, pd.DataFrame], *, gauges: tuple[str, ...], metric: str = "first wave off"
) -> pd.DataFrame:
    """A point a run, seed and gauge: `floor` metres, and the metric's magnitude."""
    rows = with_floor(summaries["waves"])
    rows = chosen(rows, {"gauge": list(gauges), "metric": metric})
    rows = rows[rows["floor"] > 0].assign(value=rows["value"].abs())
    return rows[["label", "tsunami", "seed", "gauge", "metric", "floor", "value"]]


def draw(
    rows: pd.DataFrame,
    *,
    gauges: tuple[str, ...],
    labels: Mapping[str, str] | None = None,
    original: str = "original",
) -> Figure:
    """A panel a gauge, with the rank correlation over models and seeds; `original`: the run that has the
    relief as it is, and what stood in its place.
    """
    across = 2 if len(gauges) in (2, 4) else min(3, len(gauges))
    down = -(-len(gauges) // across)
    figure = Figure(figsize=(2.2 * across, 2.2 * down + 0.8))
    panels = list(figure.subplots(down, across, squeeze=False, sharex=True).flat)
    models = of_models(rows, original)
    learnt, others = rows[models], rows[~models]
    names = list(learnt["label"].unique())
    controls = list(others["tsunami"].unique())
    for axes, gauge in zip(panels, gauges, strict=False):
        here = learnt[learnt["gauge"] == gauge]
        for number, name in enumerate(names):
            points = here[here["label"] == name]
            mark = MARKS[number // 6 % len(MARKS)]
            axes.plot(points["floor"], points["value"], mark, color=f"C{number % 6}", label=name)
        for number, name in enumerate(controls):
            points = others[(others["gauge"] == gauge) & (others["tsunami"] == name)]
            axes.plot(points["floor"], points["value"], "x+1234"[number % 6], color="black", label=name)
        rank = here["floor"].corr(here["value"], method="spearman") if len(here) > 2 else float("nan")
        axes.set_title(f"{gauge}: rank correlation {rank:.2f}", fontsize=7)
    for axes in panels[len(gauges) :]:
        axes.set_axis_off()
    figure.supxlabel("sea floor off by (m)", fontsize=8)
    metric = label_of(str(rows["metric"].iloc[0]), labels)
    figure.supylabel(f"{metric} (% of the crest)" if metric.endswith("off") else f"{metric} (s)", fontsize=8)
    draw_legend(figure)
    return figure
