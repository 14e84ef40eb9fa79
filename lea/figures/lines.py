"""Learning curves: median over seeds as a line, the full range of the seeds as a hue behind it."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

STYLES = {"train": "--", "test": "-"}
FEW = 30  # points of a line: each has a mark


def draw_curves(axes: Axes, curves: pd.DataFrame, *, label: str, name: str = "label") -> None:
    """One metric of all runs and splits: a colour a value of the column `name`; where there are both splits,
    a dash each.
    """
    assert len(curves), f"nothing to draw for {label}"
    splits = [split for split in STYLES if split in set(curves["split"])]
    for index, (value, run) in enumerate(curves.groupby(name, sort=False)):
        for split in splits:
            points = run[run["split"] == split].sort_values("epoch")
            axes.plot(
                points["epoch"],
                points["median"],
                STYLES[split],
                marker="o" if len(points) < FEW else None,
                color=f"C{index}",
                label=f"{value}, {split}" if len(splits) > 1 else value,
            )
            axes.fill_between(
                points["epoch"], points["minimum"], points["maximum"], color=f"C{index}", alpha=0.2, lw=0
            )
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
