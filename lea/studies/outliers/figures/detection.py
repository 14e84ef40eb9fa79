"""How well detectors set outliers apart against a number that sets runs apart, a panel a table of outliers.
Points are medians over the seeds, bars 95 % intervals that allow for other seeds and other samples. A
detector of a run without that number is a level line, with its interval behind it.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import WIDTH, draw_legend
from lea.figures.points import draw_points, number_axis, root_axis
from lea.figures.selection import called, called_together, check_columns, chosen, label_of

NEEDS = ("detection",)
HIGH, ROOM = 2.0, 0.9  # inches: of a row of panels, of the legend


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    x: str,
    lines: tuple[str, ...],
    metric: str = "AUROC",
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """The rows of a metric; `x`: the column that holds the number, `lines`: columns that set lines apart."""
    rows = chosen(summaries["detection"], {"metric": metric, **(where or {})})
    check_columns(rows, x, *lines)
    if not pd.to_numeric(rows[x], errors="coerce").notna().any():
        raise UserError(f"nothing to draw: no run has a number in '{x}'; expected some; name another column")
    refuse_twice(rows, lines, x)
    return rows


def refuse_twice(rows: pd.DataFrame, lines: Sequence[str], x: str) -> None:
    """Refuse what would be two points in one place."""
    twice = rows[rows.duplicated(["outliers", *lines, x]) & rows[x].notna()]
    if len(twice):
        first = twice.iloc[0]
        found = f"two runs have the detector '{first['detector']}' at {x} {first[x]:g}"
        raise UserError(f"{found}, such as '{first['label']}'; expected one; choose runs by `where`")


def draw(
    rows: pd.DataFrame,
    *,
    x: str,
    lines: tuple[str, ...],
    metric: str = "AUROC",
    labels: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """`labels`: what metric and number are called; `names`: what values of lines and tables are."""
    tables = list(rows["outliers"].unique())
    figure, panels = panels_of(tables, names, along=label_of(x, labels), up=label_of(metric, labels))
    grouped = list(rows.groupby(list(lines), sort=False, dropna=False))
    for which, axes in panels.items():
        for number, (key, its) in enumerate(grouped):
            words = called_together(key, names)
            its, colour = its[its["outliers"] == which], f"C{number}"
            points = its[its[x].notna()]
            for _, level in its[its[x].isna()].iterrows():
                axes.axhline(level["median"], color=colour, lw=1, label=words)
                axes.axhspan(level["low"], level["high"], color=colour, alpha=0.15, lw=0)
            if len(points):
                draw_points(axes, points, x=x, label=words, color=colour, ms=3, lw=1)
        if rows[x].min() > 0:
            number_axis(axes, rows[x].dropna())
        else:  # a share
            root_axis(axes, rows[x].dropna(), "{:.0%}")
    draw_legend(figure)
    return figure


def panels_of(
    tables: Sequence[str], names: Mapping[str, str] | None, *, along: str, up: str
) -> tuple[Figure, dict[str, Axes]]:
    """A panel for each table of outliers, with its name above, three in a row, of four two; labels `along`
    below them all and `up` beside the first of a row.
    """
    across = 2 if len(tables) == 4 else min(3, len(tables))
    lines = -(-len(tables) // across)
    wide = max(WIDTH / 2, min(WIDTH, 2.7 * across))
    figure = Figure(figsize=(wide, HIGH * lines + ROOM))
    panels = list(figure.subplots(lines, across, sharey=True, squeeze=False).flat)
    for axes in panels[len(tables) :]:
        axes.set_axis_off()
    for axes in panels[::across]:
        axes.set_ylabel(up)
    for axes, table in zip(panels, tables, strict=False):
        axes.set_title(called(table, names))
    lowest = panels[across // 2 : len(tables) : across][-1]
    lowest.set_xlabel(along, x=0.5 if across % 2 else 0.0)  # between two: at the beginning of the second
    return figure, dict(zip(tables, panels, strict=False))
