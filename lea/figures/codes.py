"""Where codes of test samples lie in a plane, one seed: a row a model, at the left by principal components,
at the right by t-SNE, whose axes and distances between groups mean nothing; a colour a class.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.albums import clear, values_of, written
from lea.figures.pages import WIDTH, draw_legend
from lea.figures.selection import called, check_all, chosen

NEEDS = ("album",)
COLOURS = [
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"),
    *("#E69F00", "#000000", "#999999", "#8C564B", "#BCBD22"),
]
WAYS = ("principal components", "t-SNE")
SIDE = 2.7  # inches, of a panel


def table(
    summaries: Mapping[str, pd.DataFrame], *, label: str = "label", where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """The places of each model's codes after its last epoch, by the classes of a label."""
    kinds = [f"{way} by {label}" for way in WAYS]
    album = chosen(summaries["album"], {"kind": kinds, **(where or {})})
    check_all(album, "kind", kinds)
    return written(album[album["epoch"] == album.groupby("label")["epoch"].transform("max")])


def draw(
    album: pd.DataFrame,
    *,
    label: str = "label",
    classes: tuple[str, ...] = (),
    names: Mapping[str, str] | None = None,
) -> Figure:
    """`classes`: what those of the label are called; `names`: what models are called."""
    models = list(album["label"].unique())
    figure = Figure(figsize=(min(WIDTH, 2 * SIDE + 0.4), SIDE * len(models) + 0.5))
    grid = figure.subplots(len(models), len(WAYS), squeeze=False)
    words = {str(number): name for number, name in enumerate(classes)}
    for cells, model in zip(grid, models, strict=True):
        for axes, way in zip(cells, WAYS, strict=True):
            clear(axes)
            its = album[(album["label"] == model) & (album["kind"] == f"{way} by {label}")]
            for _, row in its.iterrows():
                number = int(row["channel"])
                how = {"s": 5, "alpha": 0.7, "linewidths": 0, "color": COLOURS[number % len(COLOURS)]}
                axes.scatter(*values_of(row).T, label=called(number, words), **how)
            axes.set_aspect("equal", "datalim")
            axes.set_title(way)
        cells[0].set_ylabel(called(model, names))
    draw_legend(figure)
    return figure
