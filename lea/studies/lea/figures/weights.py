"""Classification and reconstruction against the LEA weight of joint training, at the epoch of the lowest test
loss as in the source, which chooses on the test set what it then reports; and at the epoch that images held
out of the training set choose. Points are medians over the seeds, bars their 95 % bootstrap intervals.
Without decoder: the same network with LEA weight 0, with its interval. If the findings hold, from left to
right the reconstruction loss falls, the classification loss rises, and its two lines, training and test, come
closer.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lea.figures.pages import WIDTH, draw_legend
from lea.figures.points import draw_points
from lea.figures.selection import check_columns

NEEDS = ("endings",)
MOMENTS = {
    "lowest test loss": "chosen on the test images",
    "lowest held-out loss": "chosen on held-out images",
}
SPLITS = {"test": ("o", "-"), "train": ("s", "--")}
PANELS = {("network", "loss"): "cross entropy", ("lea", "reconstruction_loss"): "reconstruction loss"}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Losses of training and test at both epochs, and which these were."""
    endings = summaries["endings"]
    check_columns(endings, "lea_weight")
    wanted = endings["metric"].isin([metric for _, metric in PANELS] + ["epoch", "accuracy"])
    return endings[endings["moment"].isin(MOMENTS) & wanted & (endings["lea_weight"].notna())]


def draw(endings: pd.DataFrame) -> Figure:
    """A column a choice; classification above, reconstruction below."""
    moments = [moment for moment in MOMENTS if moment in set(endings["moment"])]
    figure = Figure(figsize=(WIDTH, 4.4))
    grid = figure.subplots(2, len(moments), sharex=True, sharey="row", squeeze=False)
    for line, ((part, metric), label) in zip(grid, PANELS.items(), strict=True):
        for axes, moment in zip(line, moments, strict=True):
            chosen = (endings["moment"] == moment) & (endings["metric"] == metric)
            _draw_panel(axes, endings[chosen & ((endings["part"] == "network") == (part == "network"))])
        line[0].set_ylabel(label)
    for above, below, moment in zip(*grid, moments, strict=True):
        above.set_title(MOMENTS[moment])
        below.set_xscale("log")
        below.set_xlabel("LEA weight")
    draw_legend(figure)
    return figure


def _draw_panel(axes: Axes, values: pd.DataFrame) -> None:
    weighted, without = values[values["lea_weight"] > 0], values[values["lea_weight"] == 0]
    for index, (split, (marker, dashes)) in enumerate(SPLITS.items()):
        draw_points(
            axes,
            weighted[weighted["split"] == split],
            x="lea_weight",
            label=split,
            marker=marker,
            ls=dashes,
            color=f"C{index}",
        )
        for _, row in without[without["split"] == split].iterrows():
            axes.axhline(row["median"], color=f"C{index}", lw=0.8, ls=":", label=f"{split}, without decoder")
            axes.axhspan(row["low"], row["high"], color=f"C{index}", alpha=0.12, lw=0)
