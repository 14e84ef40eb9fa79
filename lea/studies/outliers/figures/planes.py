"""Planes: what models make of points of two values. Of a flow three panels: its density with the points, the
straight lines of the latent plane brought back to theirs, and the points in the latent plane, with circles
that have so much of it within; archetypes as diamonds, and as crosses outliers that were drawn there on
purpose. Of a discriminator one: how sure it is that there are outliers.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import chi

from lea.figures.albums import values_of, written
from lea.figures.pages import WIDTH
from lea.figures.selection import called, check_columns, chosen

NEEDS = ("album",)
KINDS = ["point", "log density", "line", "carried point", "logit"]
MARKED: dict[str, dict[str, Any]] = {  # how those are drawn that are no samples
    "outlier": {"marker": "x", "s": 7.0, "color": "black", "linewidths": 0.6},
    "archetype": {"marker": "D", "s": 26.0, "color": "white", "edgecolors": "black", "linewidths": 1.0},
}
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#999999"]
SIZE = 1.0  # of a point
FEW = 60  # outliers that are drawn
DEEP = 12.0  # nats below the densest place that are drawn
SHELLS = (0.5, 0.9, 0.99)  # of two standard normal values, shares within a circle


def table(
    summaries: Mapping[str, pd.DataFrame], *, rows: str, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """The planes of each model after its last epoch."""
    album = chosen(summaries["album"], where)
    marked = [f"{carried}{kind}" for kind in MARKED for carried in ("", "carried ")]
    album = album[album["kind"].isin([*KINDS, *marked])]
    check_columns(album, rows)
    album = album[album["epoch"] == album.groupby("label")["epoch"].transform("max")]
    return pd.concat([album[[rows]], written(album)], axis=1)


def draw(album: pd.DataFrame, *, rows: str, names: Mapping[str, str] | None = None) -> Figure:
    """A row of panels a value of the column `rows`, its models one beside another; `names`: what values and
    models are called.
    """
    lines = {value: list(_panels(album[album[rows] == value], names)) for value in album[rows].unique()}
    columns = max(map(len, lines.values()))
    side = min(3.2, (WIDTH - 0.2) / columns)
    figure = Figure(figsize=(WIDTH, (side + 0.12) * len(lines) + 0.15))
    grid = figure.subplots(len(lines), columns, squeeze=False)
    for cells, (value, panels) in zip(grid, lines.items(), strict=True):
        for axes in cells[len(panels) :]:
            axes.set_axis_off()
        for axes, (title, paint) in zip(cells, panels, strict=False):
            paint(axes)
            axes.set_aspect("equal")
            axes.grid(False)
            axes.tick_params(labelsize=5, length=2, pad=1)
            if axes in grid[0]:
                axes.set_title(title, fontsize=7 if columns < 5 else 6)
        cells[0].set_ylabel(called(value, names), fontsize=7)
    return figure


def _panels(
    album: pd.DataFrame, names: Mapping[str, str] | None
) -> Iterator[tuple[str, Callable[[Axes], None]]]:
    for label in album["label"].unique():
        its = {kind: found for kind, found in album[album["label"] == label].groupby("kind")}
        if "log density" in its:
            yield "density", partial(_density, its=its)
        if "line" in its:
            yield "latent grid", partial(_lines, its=its)
            yield "latent points", partial(_carried, its=its)
        if "logit" in its:
            yield called(label, names), partial(_decision, its=its)


def _density(axes: Axes, its: Mapping[str, pd.DataFrame]) -> None:
    row = its["log density"].iloc[0]
    values = values_of(row)
    _square(axes, row, np.maximum(values - values.max(), -DEEP), cmap="Blues")
    _points(axes, its["point"])
    _marked(axes, its)


def _lines(axes: Axes, its: Mapping[str, pd.DataFrame]) -> None:
    _points(axes, its["point"])
    for _, row in its["line"].iterrows():
        x, y = values_of(row).T
        axes.plot(x, y, color="0.45", linewidth=0.4)
    _limit(axes, its["line"].iloc[0])


def _carried(axes: Axes, its: Mapping[str, pd.DataFrame]) -> None:
    _points(axes, its["carried point"])
    around = np.linspace(0, 2 * np.pi, 200)
    for share in SHELLS:
        radius = chi(2).ppf(share)
        axes.plot(radius * np.cos(around), radius * np.sin(around), color="0.3", linewidth=0.5)
        beneath = {"boxstyle": "square,pad=0", "color": "white"}
        axes.text(0, -radius, f"{share:.0%}", fontsize=5, ha="center", va="center", bbox=beneath)
    _marked(axes, its, "carried ")
    _limit(axes, its["carried point"].iloc[0])


def _decision(axes: Axes, its: Mapping[str, pd.DataFrame]) -> None:
    row = its["logit"].iloc[0]
    _square(axes, row, 1 / (1 + np.exp(-values_of(row))), cmap="PuOr_r", vmin=0, vmax=1)
    _points(axes, its["point"])


def _marked(axes: Axes, its: Mapping[str, pd.DataFrame], carried: str = "") -> None:
    for kind, how in MARKED.items():
        for _, row in its[f"{carried}{kind}"].iterrows() if f"{carried}{kind}" in its else ():
            x, y = values_of(row)[:FEW].T
            axes.scatter(x, y, zorder=3, **how)


def _square(axes: Axes, row: pd.Series, values: np.ndarray, **how: Any) -> None:
    extent = (row["low"], row["high"], row["low"], row["high"])
    axes.imshow(values, origin="lower", extent=extent, interpolation="bilinear", **how)
    _limit(axes, row)


def _limit(axes: Axes, row: pd.Series) -> None:
    axes.set_xlim(row["low"], row["high"])
    axes.set_ylim(row["low"], row["high"])


def _points(axes: Axes, rows: pd.DataFrame) -> None:
    for _, row in rows.iterrows():
        colour = COLOURS[int(row["channel"]) % len(COLOURS)]
        x, y = values_of(row).T
        axes.scatter(x, y, s=SIZE, color=colour, linewidths=0)
