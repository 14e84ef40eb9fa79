"""Maps of a tsunami's region, with longitude and latitude: its relief in colours of elevations, with gauges
and the epicentre if asked for; its uplift, or the level of the water at some moments.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from lea.data.measured import path_of, read_numbers, read_rows
from lea.figures.pages import WIDTH
from lea.figures.selection import chosen
from lea.studies.topography.figures.relief import colours, draw_scale, scale_of

NEEDS = ("maps",)
LIMITS = {"cells": (1, 10_000), "reach": (1e-3, 1000)}
SHOWN = ["label", "tsunami", "seed", "kind", "seconds", "latitude", "longitude", "degrees", "height", "width"]
WATER = "RdBu_r"


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    kind: Literal["relief", "uplift", "level", "highest"] = "relief",
    where: Mapping[str, object] | None = None,
    cells: int = 400,
) -> pd.DataFrame:
    """The maps of a kind, and beside others than of relief the relief of each; `cells`: the most that a side
    has. Of more, some a side become one, their mean, without those that do not fill one.
    """
    rows = chosen(chosen(summaries["maps"], {"kind": kind}), where)
    if kind != "relief":
        reliefs = chosen(summaries["maps"], {"kind": "relief"})
        rows = pd.concat([rows, reliefs.merge(rows[["label", "tsunami"]].drop_duplicates())])
    made = [_coarser(row, cells) for _, row in rows.iterrows()]
    return pd.DataFrame(made, columns=[*SHOWN, "values"])


def draw(
    rows: pd.DataFrame,
    *,
    kind: Literal["relief", "uplift", "level", "highest"] = "relief",
    reach: float = 3.0,
    gauges: str | None = None,
    epicentre: tuple[float, float] | None = None,
) -> Figure:
    """A map each; `reach`: metres at which the colours of levels end; `gauges`: a table of them, whose places
    are marked; `epicentre`: latitude and longitude.
    """
    maps = rows[rows["kind"] == kind]
    across = min(3, len(maps))
    down = -(-len(maps) // across)
    side = (WIDTH - 0.8) / across
    figure = Figure(figsize=(WIDTH if across > 1 else 4.4, side * down + 0.3 if across > 1 else 4.4))
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    panels = list(grid.flat)
    scale = scale_of([values_of(row) for _, row in maps.iterrows()]) if kind == "relief" else None
    for axes, (_, row) in zip(panels, maps.iterrows(), strict=False):
        if scale:
            axes.imshow(values_of(row), norm=scale, cmap=colours(), **_placed(row))
        else:
            draw_water(axes, row, _relief(rows, row), reach)
        _mark(axes, gauges, epicentre, named=len(maps) == 1)
        axes.set_title(_title(row, maps), fontsize=7)
        axes.grid(False)
    for axes in panels[len(maps) :]:
        axes.set_axis_off()
    for axes in grid[-1]:
        axes.set_xlabel("longitude (° E)")
    for axes in grid[:, 0]:
        axes.set_ylabel("latitude (° N)")
    if scale:
        draw_scale(figure, scale, panels)
    else:
        bar = figure.colorbar(panels[0].images[-1], ax=panels, shrink=0.85, aspect=30, extend="both")
        bar.set_label("m above the still sea" if kind != "uplift" else "m upwards")
    return figure


def draw_water(axes: Axes, row: pd.Series, relief: pd.Series, reach: float) -> None:
    """Levels of the water in red and blue over land in grey."""
    axes.set_facecolor("0.75")
    axes.imshow(values_of(row), vmin=-reach, vmax=reach, cmap=WATER, **_placed(row))
    axes.contour(values_of(relief), levels=[0.0], colors="0.3", linewidths=0.4, **_placed(row, lines=True))


def values_of(row: pd.Series) -> np.ndarray:
    """(height, width), from the south."""
    return np.array(row["values"].split(), float).reshape(int(row["height"]), int(row["width"]))


def _relief(rows: pd.DataFrame, row: pd.Series) -> pd.Series:
    same = (rows["label"] == row["label"]) & (rows["tsunami"] == row["tsunami"]) & (rows["kind"] == "relief")
    return rows[same].iloc[0]


def _placed(row: pd.Series, *, lines: bool = False) -> dict[str, Any]:
    """Where on the map a field lies: its cells' outer edges, or of lines their centres."""
    south, west, degrees = row["latitude"], row["longitude"], row["degrees"]
    edge = 0.0 if lines else degrees / 2
    north, east = south + degrees * (row["height"] - 1), west + degrees * (row["width"] - 1)
    extent = (west - edge, east + edge, south - edge, north + edge)
    if lines:
        return {"extent": extent}
    return {"extent": extent, "origin": "lower", "aspect": 1 / np.cos(np.radians((south + north) / 2))}


def _mark(axes: Axes, gauges: str | None, epicentre: tuple[float, float] | None, *, named: bool) -> None:
    if gauges:
        path = path_of(gauges)
        places = read_numbers(path, ("latitude", "longitude"))
        for name, place in zip(read_rows(path, ("name",)), places, strict=True):
            where = (place["longitude"], place["latitude"])
            axes.plot(*where, "o", color="gold", markeredgecolor="black", markeredgewidth=0.5)
            if named:
                west, east = axes.get_xlim()
                seaward = 0.4 < (place["longitude"] - west) / (east - west) < 0.85
                text = axes.annotate(
                    name["name"],
                    where,
                    (3 if seaward else -3, 0),
                    textcoords="offset points",
                    fontsize=5.5,
                    color="white",
                    va="center",
                    ha="left" if seaward else "right",
                )
                text.set_path_effects([withStroke(linewidth=1.2, foreground="black")])
    if epicentre:
        north, east = epicentre
        axes.plot(east, north, "*", color="red", markersize=9, markeredgecolor="white", markeredgewidth=0.4)


def _title(row: pd.Series, maps: pd.DataFrame) -> str:
    words = [row["label"]] if maps["label"].nunique() > 1 or len(maps) == 1 else []
    if maps["tsunami"].nunique() > 1:
        words.append(row["tsunami"])
    if not pd.isna(row["seconds"]):
        words.append(f"{row['seconds'] / 60:g} min")
    return ", ".join(words)


def _coarser(row: pd.Series, cells: int) -> dict[str, object]:
    """A map with larger cells, at most so many a side, its values as text."""
    factor = min(-(-max(row["height"], row["width"]) // cells), row["height"], row["width"])
    values = np.array(row["values"], float).reshape(row["height"], row["width"])
    height, width = (side // factor for side in values.shape)
    blocks = values[: height * factor, : width * factor].reshape(height, factor, width, factor)
    wet = np.isfinite(blocks).sum((1, 3))
    values = np.where(wet > 0, np.nansum(blocks, (1, 3)) / np.maximum(wet, 1), np.nan)
    shift = row["degrees"] * (factor - 1) / 2
    place = {
        "latitude": row["latitude"] + shift,
        "longitude": row["longitude"] + shift,
        "degrees": row["degrees"] * factor,
        "height": height,
        "width": width,
        "values": " ".join(f"{value:.4g}" for value in values.flat),
    }
    return row.to_dict() | place
