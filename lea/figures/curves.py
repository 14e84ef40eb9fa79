"""Learning curves: median over seeds as a line, the full range of the seeds as a hue behind it."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

STYLES = {"train": "--", "test": "-"}
LETTERS_AN_INCH = 17  # of the legend's type
LETTERS_OF_A_LINE = 8  # the sample of a line and the space around it, in letters


def draw_curves(axes: Axes, curves: pd.DataFrame, *, label: str) -> None:
    """Draw one metric of all runs and splits: a colour a run; where there are both splits, a dash each."""
    assert len(curves), f"nothing to draw for {label}"
    splits = [split for split in STYLES if split in set(curves["split"])]
    for index, (name, run) in enumerate(curves.groupby("label", sort=False)):
        for split in splits:
            points = run[run["split"] == split].sort_values("epoch")
            few = "o" if len(points) < 30 else None
            axes.plot(
                points["epoch"],
                points["median"],
                STYLES[split],
                marker=few,
                color=f"C{index}",
                label=f"{name}, {split}" if len(splits) > 1 else name,
            )
            axes.fill_between(
                points["epoch"], points["minimum"], points["maximum"], color=f"C{index}", alpha=0.2, lw=0
            )
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_panels(curves: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
    """A panel a metric, each with its label; both splits in each."""
    figure = Figure()
    for axes, (metric, label) in zip(figure.subplots(1, len(labels)), labels.items(), strict=True):
        draw_curves(axes, curves[curves["metric"] == metric], label=label)
    draw_legend(figure)
    return figure


def draw_splits(curves: pd.DataFrame, *, label: str) -> Figure:
    """One metric of many runs: training on the left, test on the right, on one scale."""
    figure = Figure()
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, (split, name) in ((left, ("train", "training")), (right, ("test", "test"))):
        draw_curves(axes, curves[curves["split"] == split], label=label)
        axes.set_title(name)
    right.set_ylabel("")
    draw_legend(figure)
    return figure


def draw_legend(figure: Figure) -> None:
    """One legend for all panels above them, in as many columns as the page is wide; each name once."""
    named: dict[str, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    handles, labels = list(named.values()), list(named)
    letters = max(map(len, labels)) + LETTERS_OF_A_LINE
    columns = max(1, min(len(labels), int(figure.get_figwidth() * LETTERS_AN_INCH / letters)))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)
