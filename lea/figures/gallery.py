"""Pictures of many models, one seed: a field a model, in which the pictures of each kind stand in lines."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lea.figures.albums import SHOWN, clear, planes_of, written
from lea.figures.pages import WIDTH
from lea.figures.selection import called, called_together, check_columns, chosen

NEEDS = ("album",)
LIMITS = {"count": (1, 4096), "wide": (1, 100)}
NAMES = 0.9  # inches for those of the lines


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    kinds: tuple[str, ...],
    lines: tuple[str, ...],
    across: str,
    count: int = 64,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """The first `count` pictures of these kinds of each model, after its last epoch."""
    album = chosen(summaries["album"], {"kind": list(kinds), **(where or {})})
    check_columns(album, *lines, across)
    album = album[album["epoch"] == album.groupby("label")["epoch"].transform("max")]
    album = album[album["sample"] < count]
    shown = written(album)
    return pd.concat([album[[one for one in (*lines, across) if one not in shown]], shown], axis=1)


def draw(
    album: pd.DataFrame,
    *,
    kinds: tuple[str, ...],
    lines: tuple[str, ...],
    across: str,
    wide: int = 8,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """A row of fields a combination of the columns `lines`, a column of them a value of `across`; `wide`: how
    many pictures stand side by side; `names`: what values are called.
    """
    rows = album[list(lines)].drop_duplicates()
    columns = list(album[across].unique())
    fields = [[_of(album, lines, row, across, column) for column in columns] for _, row in rows.iterrows()]
    montages = [[_montage(field, kinds, wide) for field in line] for line in fields]
    tall = max(one.shape[0] / one.shape[1] for line in montages for one in line if one.size)
    side = (WIDTH - NAMES) / len(columns)
    figure = Figure(figsize=(WIDTH, side * tall * len(rows) * 1.06 + 0.4))
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for cells, line in zip(grid, montages, strict=True):
        for axes, montage in zip(cells, line, strict=True):
            clear(axes)
            if montage.size:
                axes.imshow(montage)
    for axes, column in zip(grid[0], columns, strict=True):
        axes.set_title(called(column, names), fontsize=7)
    for axes, (_, row) in zip(grid[:, 0], rows.iterrows(), strict=True):
        words = called_together(row, names)
        axes.set_ylabel(words, rotation=0, ha="right", va="center", fontsize=7)
    return figure


def _of(
    album: pd.DataFrame, lines: Sequence[str], row: pd.Series, across: str, column: object
) -> pd.DataFrame:
    """The pictures of a field."""
    field = album[album[across] == column]
    for name in lines:
        field = field[field[name].isna() if pd.isna(row[name]) else field[name] == row[name]]
    return field[SHOWN]


def _montage(field: pd.DataFrame, kinds: Sequence[str], wide: int) -> np.ndarray:
    """(h, w, 3): the pictures side by side, `wide` in a line, the lines of the kinds one below another."""
    found = list[np.ndarray]()
    by_kind = {
        kind: [_picture(one) for _, one in rows.groupby("sample")] for kind, rows in field.groupby("kind")
    }
    most = max(map(len, by_kind.values()), default=0)
    for start in range(0, most, wide):
        for kind in kinds:
            line = by_kind.get(kind, [])[start : start + wide]
            if line:
                blank = [np.ones_like(line[0])] * (wide - len(line))
                found.append(np.concatenate([*line, *blank], axis=1))
    return np.concatenate(found, axis=0) if found else np.zeros((0, 0, 3))


def _picture(channels: pd.DataFrame) -> np.ndarray:
    """(h, w, 3), a pixel of white around it."""
    values = planes_of(channels)
    if values.shape[-1] != 3:
        values = values[..., :1].repeat(3, axis=-1)
    low, high = channels.iloc[0]["low"], channels.iloc[0]["high"]
    return np.pad(((values - low) / (high - low)).clip(0, 1), ((1, 1), (1, 1), (0, 0)), constant_values=1)
