"""Tiles of relief beside their reconstructions, one seed, in colours of elevations over the tiles' range."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from lea.figures.albums import draw_grid, values_of, written
from lea.figures.selection import chosen
from lea.studies.topography.figures.relief import colours, draw_scale, scale_of

NEEDS = ("album",)
CODES, DIFFERENCES = "viridis", "RdBu_r"
MADE_UP, SIDES = 4, 7  # tiles of a model, and side by side
MANY = 9  # columns, above which their names are small
HIGHEST = (-8000.0, 5000.0)  # metres; what is made up has no range of its own
KINDS = {
    "restored": ("input", "reconstruction", "code"),
    "worst": ("worst input", "worst reconstruction"),
    "made up": ("sample",),
}


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    show: Literal["restored", "worst", "made up"] = "restored",
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Test tiles and what is left of them after the last epoch, of each run the tile that comes back worst,
    or tiles that it makes up.
    """
    album = chosen(summaries["album"], where)
    album = album[album["epoch"] == album.groupby("label")["epoch"].transform("max")]
    return written(chosen(album, {"kind": KINDS[show]}))


def draw(album: pd.DataFrame, *, show: Literal["restored", "worst", "made up"] = "restored") -> Figure:
    """A column a run: of each tile what is left of it, and by how much it is off; or of its worst tile; or
    what it makes up.
    """
    return {"restored": _all_runs, "worst": _each_runs_own, "made up": _made_up}[show](album)


def _all_runs(album: pd.DataFrame) -> Figure:
    labels, samples = list(album["label"].unique()), sorted(album["sample"].unique())
    coded = [label for label in labels if len(_of(album, label, samples[0], "code"))]
    columns = [("input", labels[0], "tile")]
    columns += [("reconstruction", label, _in_lines(label)) for label in labels]
    columns += [("code", label, f"mean of\n{label}'s code") for label in coded]
    figure, grid = draw_grid([""] * len(samples), [title for *_, title in columns], extra=1.2)
    if len(columns) > MANY:
        for axes in grid[0]:
            axes.title.set_fontsize(5)
    scale = _scale(album)
    for cells, sample in zip(grid, samples, strict=True):
        for axes, (kind, label, _) in zip(cells, columns, strict=True):
            row = _of(album, label, sample, kind).iloc[0]
            if kind == "code":
                axes.imshow(values_of(row), vmin=row["low"], vmax=row["high"], cmap=CODES)
                continue
            axes.imshow(values_of(row), norm=scale, cmap=colours())
            if kind == "reconstruction":
                given = values_of(_of(album, label, sample, "input").iloc[0])
                axes.set_xlabel(_metres(values_of(row) - given), fontsize=6, labelpad=1)
    draw_scale(figure, scale, list(grid.flat))
    return figure


def _each_runs_own(album: pd.DataFrame) -> Figure:
    labels = list(album["label"].unique())
    titles = [_in_lines(label) for label in labels]
    figure, grid = draw_grid(["worst tile", "what is left", "difference"], titles, extra=1.2)
    scale = _scale(album)
    for (above, middle, below), label in zip(grid.T, labels, strict=True):
        of_run = album[album["label"] == label]
        given, made = (
            of_run[of_run["kind"] == f"worst {kind}"].iloc[0] for kind in ("input", "reconstruction")
        )
        for axes, row in ((above, given), (middle, made)):
            axes.imshow(values_of(row), norm=scale, cmap=colours())
        off = values_of(made) - values_of(given)
        reach = abs(off).max() or 1
        below.imshow(off, vmin=-reach, vmax=reach, cmap=DIFFERENCES)
        above.set_xlabel(f"{given['low']:.0f} to\n{given['high']:.0f} m", fontsize=6, labelpad=1)
        below.set_xlabel(f"{_metres(off)}, up\nto {reach:.0f} m", fontsize=6, labelpad=1)
    draw_scale(figure, scale, list(grid.flat))
    return figure


def _made_up(album: pd.DataFrame) -> Figure:
    labels, samples = list(album["label"].unique()), sorted(album["sample"].unique())[:MADE_UP]
    room = max(1.0, SIDES - len(labels))  # tiles are no larger than those of the other figures
    figure, grid = draw_grid([""] * len(samples), [_in_lines(label) for label in labels], extra=room)
    figure.set_figwidth(figure.get_figwidth() * (len(labels) + 1.5) / (len(labels) + room + 0.5))
    norm = scale_of([np.array(HIGHEST)])
    for cells, label in zip(grid.T, labels, strict=True):
        for axes, sample in zip(cells, samples, strict=True):
            row = _of(album, label, sample, "sample").iloc[0]
            axes.imshow(values_of(row), norm=norm, cmap=colours())
    draw_scale(figure, norm, list(grid.flat))
    return figure


def _in_lines(label: str) -> str:
    return label.replace(" ", "\n", 1)


def _of(album: pd.DataFrame, label: str, sample: int, kind: str) -> pd.DataFrame:
    return album[(album["label"] == label) & (album["sample"] == sample) & (album["kind"] == kind)]


def _scale(album: pd.DataFrame) -> TwoSlopeNorm:
    """Of the tiles; what is made of them may be beyond."""
    tiles = album[album["kind"].isin(("input", "worst input"))]
    return scale_of([values_of(row) for _, row in tiles.iterrows()])


def _metres(off: np.ndarray) -> str:
    """The root mean square of differences."""
    return f"{np.sqrt((off**2).mean()):.0f} m"
