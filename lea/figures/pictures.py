"""Test images beside pictures of what a model makes of them, one seed: a column a run, an epoch or a channel.
All but those across epochs are of the last epoch of which pictures were kept.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.albums import draw_grid, draw_picture, written
from lea.figures.selection import chosen, first_part, worded

NEEDS = ("album",)
TITLES = {"label": "{}", "epoch": "epoch {}", "channel": "channel {}"}


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    kind: str,
    across: Literal["label", "epoch", "channel"],
    limits: tuple[float, float] | None = None,
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Images, and pictures of a kind of the first part of each run that has any; `limits`: the values that
    are drawn as the darkest and the brightest, of all.
    """
    album = chosen(summaries["album"], where)
    if across != "epoch":
        album = album[album["epoch"] == album.groupby("label")["epoch"].transform("max")]
    made = first_part(chosen(album[~_given(album)], {"kind": kind}))
    images = album[_given(album) & (album["epoch"] == album.groupby("label")["epoch"].transform("min"))]
    shown = pd.concat([images, made])
    return written(shown if limits is None else shown.assign(low=float(limits[0]), high=float(limits[1])))


def draw(
    album: pd.DataFrame,
    *,
    across: Literal["label", "epoch", "channel"],
    limits: tuple[float, float] | None = None,
    title: str | None = None,
    colours: str | None = None,
    bar: str | None = None,
) -> Figure:
    """A row an image. Without limits a map is drawn from its least to its largest value.

    `title`: of a column, what it is of in the place of the braces, channels counted from 1; `colours`: the
    name of a map of colours; `bar`: what a bar of them at the right is called.
    """
    images, made = album[_given(album)], album[~_given(album)]
    keys = ["sample"] if across == "label" else ["label", "sample"]
    lines = made[keys].drop_duplicates()
    columns = _columns(made, across)
    titles = [_titled(title or TITLES[across], value, across) for value in columns]
    figure, grid = draw_grid(_names(lines), ["image", *titles], extra=0.5 if bar else 0.0)
    for cells, (_, line) in zip(grid, lines.iterrows(), strict=True):
        image = _where(images, line)
        draw_picture(cells[0], image[image["label"] == image["label"].iloc[0]])
        of_line = _where(made, line)
        for axes, value in zip(cells[1:], columns, strict=True):
            rows = of_line[of_line[across] == value]
            drawn = draw_picture(axes, rows, stretched=limits is None, colours=colours)
    if bar:
        figure.colorbar(drawn, ax=grid[:, -1], label=bar, fraction=0.15)
    return figure


def _given(album: pd.DataFrame) -> pd.Series:
    return (album["part"] == "network") & (album["kind"] == "input")


def _columns(made: pd.DataFrame, across: str) -> list[object]:
    values = list(made[across].unique())
    return values if across == "label" else sorted(values)


def _titled(title: str, value: object, across: str) -> str:
    if across == "channel":
        return worded(title, int(value) + 1)  # type: ignore[call-overload]
    return worded(title, str(value).replace(" ", "\n") if across == "label" else value)


def _names(lines: pd.DataFrame) -> Sequence[str]:
    """The label of each run at its first image, where there are several."""
    if "label" not in lines or lines["label"].nunique() == 1:
        return [""] * len(lines)
    labels = lines["label"].str.replace(", ", "\n")
    return list(labels.where(~labels.duplicated(), ""))


def _where(album: pd.DataFrame, line: pd.Series) -> pd.DataFrame:
    for column, value in line.items():
        album = album[album[column] == value]
    return album
