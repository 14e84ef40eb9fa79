"""How well detectors set outliers apart: at the left the share of outliers found for so many false alarms, at
the right the area under these lines. A row a table of outliers, a colour a detector. Lines and points are
medians over the seeds, hues the full range of the seeds, bars 95 % intervals that allow for other seeds and
other samples. What says nothing lies on the dotted lines.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lea.figures.pages import WIDTH
from lea.figures.selection import called, called_together, check_columns, chosen

NEEDS = ("detection",)
FOUND, AREA = "found at ", "AUROC"  # of the metric's rows
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#999999", "#7A5195"]
STYLES = ["-", "--"]  # a second round of colours is dashed


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    lines: tuple[str, ...],
    where: Mapping[str, object] | None = None,
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The shares that are found, and the areas; `lines`: columns that set detectors apart, `names`: what
    their values are called.
    """
    rows = chosen(summaries["detection"], where)
    check_columns(rows, *lines)
    rows = rows[rows["metric"].str.startswith(FOUND) | (rows["metric"] == AREA)]
    words = [called_together(row, names).strip() for row in rows[list(lines)].itertuples(index=False)]
    columns = ["outliers", "metric", "seeds", "median", "minimum", "maximum", "low", "high"]
    return rows[["label", *columns]].assign(line=words)


def draw(rows: pd.DataFrame, *, names: Mapping[str, str] | None = None) -> Figure:
    """`names`: what tables of outliers are called as well."""
    tables, lines = list(rows["outliers"].unique()), list(rows["line"].unique())
    tall = max(1.9, 0.4 + 0.15 * len(lines))
    figure = Figure(figsize=(WIDTH, tall * len(tables) + 0.3))
    grid = figure.subplots(len(tables), 2, squeeze=False, width_ratios=(1, 1.1))
    for number, (cells, which) in enumerate(zip(grid, tables, strict=True)):
        its = rows[rows["outliers"] == which]
        _draw_lines(cells[0], its, lines)
        _draw_areas(cells[1], its, lines)
        cells[0].set_ylabel(f"{called(which, names)}\nfound")
        if number < len(tables) - 1:
            for axes in cells:
                axes.tick_params(labelbottom=False)
    grid[-1, 0].set_xlabel("share of inliers called outliers")
    grid[-1, 1].set_xlabel("area under the line (AUROC)")
    return figure


def _draw_lines(axes: Axes, rows: pd.DataFrame, lines: list[str]) -> None:
    axes.plot([0, 1], [0, 1], ":", color="0.5", lw=0.8)
    found = rows[rows["metric"].str.startswith(FOUND)]
    found = found.assign(at=found["metric"].str.removeprefix(FOUND).astype(float)).sort_values("at")
    for line, points in found.groupby("line", sort=False):
        colour, dash = _style(lines.index(str(line)))
        axes.plot([0, *points["at"], 1], [0, *points["median"], 1], lw=1, color=colour, ls=dash)
        axes.fill_between(points["at"], points["minimum"], points["maximum"], color=colour, alpha=0.15, lw=0)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)


def _draw_areas(axes: Axes, rows: pd.DataFrame, lines: list[str]) -> None:
    axes.axvline(0.5, color="0.5", lw=0.8, ls=":")
    for _, row in rows[rows["metric"] == AREA].iterrows():
        place = lines.index(row["line"])
        bars = [[max(0.0, row["median"] - row["low"])], [max(0.0, row["high"] - row["median"])]]
        colour, _ = _style(place)
        filled = place < len(COLOURS)
        axes.errorbar(
            row["median"], place, xerr=bars, fmt="o", ms=4, capsize=2, elinewidth=0.8,
            color=colour, markerfacecolor=colour if filled else "white",
        )  # fmt: skip
    axes.set_yticks(range(len(lines)), lines, fontsize=7)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xlim(-0.03, 1.03)


def _style(place: int) -> tuple[str, str]:
    return COLOURS[place % len(COLOURS)], STYLES[place // len(COLOURS) % len(STYLES)]
