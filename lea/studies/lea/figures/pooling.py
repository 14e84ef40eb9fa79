"""Test accuracy against the window of the one layer before the fully connected ones: a max-pool, or a LEA
with so long a code; below, what LEAs differ by from the pool of the same window. Points are medians over the
seeds after the last epoch, bars their 95 % bootstrap intervals. If the findings hold, with codes of 1 ae lies
a little above the pool at every window; with codes of 10 the pool falls with the window, and LEAs do not.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import WIDTH, draw_legend
from lea.figures.points import draw_points, ends_and_differences, number_axis
from lea.figures.selection import check_columns

NEEDS = ("endings", "contrasts")


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Test accuracies, and their differences to pooling."""
    accuracies = ends_and_differences(summaries, ["accuracy"])
    check_columns(accuracies, "autoencoder", "code_length", "window")
    return accuracies


def draw(accuracies: pd.DataFrame) -> Figure:
    """A column a code length, pooling in each; accuracies above, differences below."""
    lengths = sorted(accuracies["code_length"].dropna().unique())
    figure = Figure(figsize=(WIDTH, 4.2))
    grid = figure.subplots(2, len(lengths), sharex=True, sharey="row", squeeze=False)
    compared = accuracies["baseline"].notna()
    measured, differences = accuracies[~compared], accuracies[compared]
    pooled = measured[measured["autoencoder"].isna()]
    for (above, below), length in zip(grid.T, lengths, strict=True):
        if len(pooled):
            draw_points(above, pooled, x="window", label="max-pool", color="black", marker="s")
        below.axhline(0, color="black", lw=0.8)
        for index, name in enumerate(measured["autoencoder"].dropna().unique()):
            for axes, rows, y in ((above, measured, "median"), (below, differences, "difference")):
                chosen = rows[(rows["autoencoder"] == name) & (rows["code_length"] == length)]
                if len(chosen):
                    draw_points(axes, chosen, x="window", y=y, label=f"LEA, {name}", color=f"C{index}")
        above.set_title(f"code length {length:g}")
        number_axis(below, accuracies["window"])
        below.set_xlabel("window")
    grid[0, 0].set_ylabel("test accuracy")
    grid[1, 0].set_ylabel("LEA less max-pool")
    draw_legend(figure)
    return figure
