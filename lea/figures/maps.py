"""Pictures and maps from an album: rows of values with their height, width and range."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 6.3  # of the text, in inches


def written(album: pd.DataFrame) -> pd.DataFrame:
    """The same rows with their values as text of four digits, for a CSV file."""
    texts = [" ".join(f"{value:.4g}" for value in values) for values in album["values"]]
    return album.assign(values=texts)


def of_first_lea(album: pd.DataFrame) -> pd.DataFrame:
    """What the first LEA of each run did."""
    of_leas = album[album["part"] != "network"]
    return of_leas[of_leas["part"] == of_leas.groupby("label")["part"].transform("first")]


def values_of(row: pd.Series) -> np.ndarray:
    """(h, w), from the text of a row."""
    return np.array(row["values"].split(), float).reshape(row["height"], row["width"])


def picture(rows: pd.DataFrame) -> np.ndarray:
    """Rows of one picture, a channel each -> (h, w), or (h, w, 3) if three; 0 to 1 over its range."""
    assert len(rows), "no picture to draw"
    channels = [values_of(row) for _, row in rows.sort_values("channel").iterrows()]
    low, high = rows.iloc[0]["low"], rows.iloc[0]["high"]
    values = (np.stack(channels, -1) - low) / ((high - low) or 1)
    return values[..., 0] if len(channels) == 1 else values.clip(0, 1)


def draw_grid(
    rows: Sequence[str], columns: Sequence[str], *, extra: float = 0.0
) -> tuple[Figure, np.ndarray]:
    """A figure of square cells with names at the left and above; `extra` cells' room at the right."""
    side = (WIDTH - 0.9) / (len(columns) + extra)
    figure = Figure(figsize=(WIDTH, side * len(rows) + 0.35))
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        axes.grid(False)
    for axes, name in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7)
    for axes, name in zip(grid[0], columns, strict=True):
        axes.set_title(name, fontsize=7)
    return figure, grid


def draw_code(axes: Axes, code: pd.DataFrame) -> None:
    """One code map in grey, from its least to its largest value."""
    (row,) = (one for _, one in code.iterrows())
    values = values_of(row)
    axes.imshow(values, vmin=values.min(), vmax=values.max())
