"""Tiles of relief beside their reconstructions, one seed, in colours over the range of a tile's heights."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lea.figures.albums import draw_grid, values_of, written
from lea.figures.selection import chosen

NEEDS = ("album",)
COLOURS, DIFFERENCES = "viridis", "RdBu_r"


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    worst: bool = False,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Test tiles and their reconstructions after the last epoch; `worst`: of each run that which is worst."""
    album = chosen(summaries["album"], where)
    album = album[album["epoch"] == album.groupby("label")["epoch"].transform("max")]
    prefix = "worst " if worst else ""
    kinds = [prefix + kind for kind in ("input", "reconstruction", "code")]
    return written(album[album["kind"].isin(kinds)])


def draw(album: pd.DataFrame, *, worst: bool = False) -> Figure:
    """A column a run: of each tile what is left of it, and by how much it is off; or of its worst tile."""
    return _each_runs_own(album) if worst else _all_runs(album)


def _all_runs(album: pd.DataFrame) -> Figure:
    labels, samples = list(album["label"].unique()), sorted(album["sample"].unique())
    coded = [label for label in labels if len(_of(album, label, samples[0], "code"))]
    columns = [("input", labels[0], "tile")]
    columns += [("reconstruction", label, label.replace(" ", "\n", 1)) for label in labels]
    columns += [("code", label, f"mean of\n{label}'s code") for label in coded]
    figure, grid = draw_grid([""] * len(samples), [title for *_, title in columns])
    for cells, sample in zip(grid, samples, strict=True):
        for axes, (kind, label, _) in zip(cells, columns, strict=True):
            row = _of(album, label, sample, kind).iloc[0]
            _show(axes, row, values_of(row))
            if kind == "reconstruction":
                given = values_of(_of(album, label, sample, "input").iloc[0])
                axes.set_xlabel(_metres(values_of(row) - given), fontsize=6, labelpad=1)
    return figure


def _each_runs_own(album: pd.DataFrame) -> Figure:
    labels = list(album["label"].unique())
    titles = [label.replace(" ", "\n", 1) for label in labels]
    figure, grid = draw_grid(["worst tile", "what is left", "difference"], titles)
    for (above, middle, below), label in zip(grid.T, labels, strict=True):
        of_run = album[album["label"] == label]
        given, made = (
            of_run[of_run["kind"] == f"worst {kind}"].iloc[0] for kind in ("input", "reconstruction")
        )
        for axes, row in ((above, given), (middle, made)):
            _show(axes, row, values_of(row))
        off = values_of(made) - values_of(given)
        reach = abs(off).max() or 1
        below.imshow(off, vmin=-reach, vmax=reach, cmap=DIFFERENCES)
        above.set_xlabel(f"{given['low']:.0f} to\n{given['high']:.0f} m", fontsize=6, labelpad=1)
        below.set_xlabel(f"{_metres(off)}, up\nto {reach:.0f} m", fontsize=6, labelpad=1)
    return figure


def _of(album: pd.DataFrame, label: str, sample: int, kind: str) -> pd.DataFrame:
    return album[(album["label"] == label) & (album["sample"] == sample) & (album["kind"] == kind)]


def _show(axes: Axes, row: pd.Series, values: np.ndarray) -> None:
    axes.imshow(values, vmin=row["low"], vmax=row["high"], cmap=COLOURS)


def _metres(off: np.ndarray) -> str:
    """The root mean square of differences."""
    return f"{np.sqrt((off**2).mean()):.0f} m"
