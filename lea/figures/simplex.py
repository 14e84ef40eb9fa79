"""Mixtures of archetypes in a regular polygon with the archetypes Z1, Z2 and so on at its corners, one seed:
a point or a picture lies at the mean of the corners by its weights. From four archetypes on, different
mixtures can lie at one place.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from lea.figures.albums import clear, planes_of, values_of, written
from lea.figures.pages import WIDTH
from lea.figures.selection import called, check_all, chosen

NEEDS = ("album",)
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#999999"]
OF = "coefficients of "
CORNER, MIXTURE = "archetype", "triangle"
OUT = 1.33  # where the pictures of corners stand, in radii
REACH = 1.72  # of the panel
CORNER_SIDE = 0.15  # of the panel, of a picture there
NAMES = 0.5  # inches for those of classes
LEGEND: dict[str, Any] = {
    "loc": "center",
    "ncols": 4,
    "fontsize": 6,
    "markerscale": 2.5,
    "handletextpad": 0.1,
    "columnspacing": 0.8,
}
TRIANGLE = 0.85  # how tall a panel of a triangle is, by its width


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Of each model after its last epoch its archetypes, and the coefficients of test samples by these
    labels; without labels, pictures of mixtures of three.
    """
    kinds = [OF + label for label in labels] if labels else [MIXTURE, f"{MIXTURE} weights"]
    album = chosen(summaries["album"], {"kind": [CORNER, *kinds], **(where or {})})
    check_all(album, "kind", [CORNER, *kinds])
    return written(album[album["epoch"] == album.groupby("label")["epoch"].transform("max")])


def draw(
    album: pd.DataFrame,
    *,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """A row a model and a panel a label, whose classes are called so; without labels a panel a model.
    `names`: what models and labels are called.
    """
    models = list(album["label"].unique())
    columns, rows = (list(labels), models) if labels else (models, [None])
    side = (WIDTH - 0.3) / max(2, len(columns))
    heights = [NAMES, *[side] * len(rows)] if labels else [NAMES / 2, side * TRIANGLE]
    figure = Figure(figsize=(side * len(columns) + 0.3, sum(heights) + 0.1))
    grid = figure.subplots(len(heights), len(columns), squeeze=False, height_ratios=heights)
    for axes in grid.flat:
        clear(axes)
    for cells, row in zip(grid[1:], rows, strict=True):
        for axes, column in zip(cells, columns, strict=True):
            its = album[album["label"] == (row or column)]
            axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
            if labels:
                _archetypes(axes, its, side * CORNER_SIDE)
                _points(axes, its[its["kind"] == OF + column], labels[column])
            else:
                _mixtures(axes, its, side)
        if row:
            cells[0].set_ylabel(called(row, names), fontsize=7)
    for above, axes, column in zip(grid[0], grid[1], columns, strict=True):
        handles, said = axes.get_legend_handles_labels()
        above.legend(handles, said, title=called(column, names), **LEGEND)
    return figure


def corners(count: int) -> np.ndarray:
    """(count, 2): of a regular polygon of radius 1, the first at the top, then clockwise."""
    angles = 2 * np.pi * np.arange(count) / count
    return np.stack([np.sin(angles), np.cos(angles)], 1)


def _archetypes(axes: Axes, its: pd.DataFrame, inches: float) -> None:
    """The polygon, and the archetypes at its corners."""
    pictures = its[its["kind"] == CORNER]
    places = corners(pictures["sample"].nunique())
    axes.fill(*places.T, facecolor="0.97", edgecolor="0.6", linewidth=0.6)
    _stand(axes, pictures, places * OUT, inches)
    _name(axes, places * OUT, range(len(places)), inches)


def _points(axes: Axes, rows: pd.DataFrame, classes: tuple[str, ...]) -> None:
    names = {str(number): name for number, name in enumerate(classes)}
    for _, row in rows.iterrows():
        number, weights = int(row["channel"]), values_of(row)
        x, y = (weights @ corners(weights.shape[1])).T
        colour = COLOURS[number % len(COLOURS)]
        axes.scatter(x, y, s=4, alpha=0.75, linewidths=0, color=colour, label=called(number, names))


def _name(axes: Axes, places: np.ndarray, numbers: Iterable[int], inches: float) -> None:
    """What archetypes are called, above or below pictures so large."""
    for number, (x, y) in zip(numbers, places, strict=True):
        up = 1 if y > 0 else -1
        how: dict[str, Any] = {
            "textcoords": "offset points",
            "ha": "center",
            "va": "bottom" if up > 0 else "top",
        }
        axes.annotate(f"Z{number + 1}", (x, y), (0, up * (36 * inches + 2)), fontsize=6, **how)


def _stand(axes: Axes, rows: pd.DataFrame, places: np.ndarray, inches: float) -> None:
    """Pictures at places, so large."""
    for number, place in enumerate(places):
        values = planes_of(rows[rows["sample"] == number])
        shown = OffsetImage(np.broadcast_to(values, (*values.shape[:2], 3)), zoom=72 * inches / len(values))
        axes.add_artist(AnnotationBbox(shown, place, frameon=False, pad=0))


def _mixtures(axes: Axes, its: pd.DataFrame, side: float) -> None:
    """Pictures of mixtures in the triangle of the archetypes that they are of."""
    weights = its[its["kind"] == f"{MIXTURE} weights"].sort_values("sample")
    shares = np.concatenate([values_of(row) for _, row in weights.iterrows()])
    used = np.flatnonzero(shares.max(0) > 0)
    places = corners(len(used)) * REACH * 0.85
    steps = round(1 / shares[shares > 0].min())
    inches = side * 0.8 / (steps + 1)
    axes.set(ylim=(-1, 2 * REACH * TRIANGLE - 1))
    _stand(axes, its[its["kind"] == MIXTURE], shares[:, used] @ places, inches)
    _name(axes, places, used, inches)
