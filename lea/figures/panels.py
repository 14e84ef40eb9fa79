"""Several metrics while training, side by side. Lines are medians over the seeds, training dashed and test
solid; the hue behind a line is the full range of the seeds.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.lines import draw_curves
from lea.figures.pages import draw_legend
from lea.figures.selection import chosen, first_part, label_of

NEEDS = ("curves",)


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    metrics: tuple[str, ...],
    where: Mapping[str, object] | None = None,
    first: bool = False,
) -> pd.DataFrame:
    """The metrics' curves; `first`: of each run only of the first part that has them all."""
    curves = chosen(summaries["curves"], {"metric": list(metrics), **(where or {})})
    if not first:
        return curves
    counts = curves.groupby(["label", "part"])["metric"].transform("nunique")
    return first_part(curves, counts == len(metrics))


def draw(
    curves: pd.DataFrame, *, metrics: tuple[str, ...], labels: Mapping[str, str] | None = None
) -> Figure:
    """A panel a metric, in their order; `labels`: what each is called."""
    figure = Figure()
    for axes, metric in zip(figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True):
        draw_curves(axes, curves[curves["metric"] == metric], label=label_of(metric, labels))
    draw_legend(figure)
    return figure
