"""Pictures and maps from an album: rows of values with their height, width and range."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from lea.figures.pages import WIDTH

SHOWN = ["seed", "epoch", "part", "kind", "sample", "channel", "low", "high", "height", "width", "values"]


def written(album: pd.DataFrame) -> pd.DataFrame:
    """The same pictures with their values as text of four digits, for a CSV file; of a run its label."""
    texts = [" ".join(f"{value:.4g}" for value in values) for values in album["values"]]
    return album.assign(values=texts)[["label", *SHOWN]]


def values_of(row: pd.Series) -> np.ndarray:
    """(h, w), from the text of a row."""
    return np.array(row["values"].split(), float).reshape(row["height"], row["width"])


def planes_of(rows: pd.DataFrame) -> np.ndarray:
    """(h, w, c), from the rows of one picture, a channel each."""
    return np.stack([values_of(row) for _, row in rows.sort_values("channel").iterrows()], -1)


def clear(axes: Axes) -> None:
    """Leave nothing around a picture."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.grid(False)


def draw_picture(
    axes: Axes, rows: pd.DataFrame, *, stretched: bool = False, colours: str | None = None
) -> AxesImage:
    """Rows of one picture, a channel each, in grey, in colour if three, or in the `colours` of a map; over
    its range, or stretched from its least to its largest value.
    """
    assert len(rows), "no picture to draw"
    values = planes_of(rows)
    low, high = rows.iloc[0]["low"], rows.iloc[0]["high"]
    if stretched:
        low, high = values.min(), values.max()
    if values.shape[-1] > 1:
        return axes.imshow(((values - low) / ((high - low) or 1)).clip(0, 1))
    return axes.imshow(values[..., 0], vmin=low, vmax=high, cmap=colours)


def draw_grid(
    rows: Sequence[str], columns: Sequence[str], *, extra: float = 0.0
) -> tuple[Figure, np.ndarray]:
    """A figure of square cells with names at the left and above; `extra` cells' room at the right."""
    side = (WIDTH - 0.9) / (len(columns) + extra)
    figure = Figure(figsize=(WIDTH, side * len(rows) + 0.35))
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for axes in grid.flat:
        clear(axes)
    for axes, name in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7)
    for axes, name in zip(grid[0], columns, strict=True):
        axes.set_title(name, fontsize=7)
    return figure, grid
