"""The water's level at gauges over time (Fig. 4.4), a panel a gauge: a line a run, what was recorded as dots.
Of several seeds the median, the hue behind it their full range; of codes that were drawn the hue in which
nine of ten lie.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.pages import WIDTH, draw_legend
from lea.figures.selection import chosen

NEEDS = ("levels",)
RECORDED = "recorded"


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    gauges: tuple[str, ...],
    where: Mapping[str, object] | None = None,
    drawn: bool = False,
) -> pd.DataFrame:
    """`gauges`: which; a line a run, and a tsunami if there are several of it; `drawn`: of these the codes
    that were drawn, too.
    """
    levels = chosen(summaries["levels"], {"gauge": list(gauges)})
    recorded = levels["label"] == RECORDED
    rows = chosen(levels[~recorded], where)
    several = rows.groupby("label")["tsunami"].transform("nunique") > 1
    line = rows["label"].where(~several, rows["label"] + ": " + rows["tsunami"])
    rows = rows.assign(line=line)
    return pd.concat([rows if drawn else rows[~rows["drawn"]], levels[recorded].assign(line=RECORDED)])


def draw(rows: pd.DataFrame, *, gauges: tuple[str, ...]) -> Figure:
    """A panel below another."""
    figure = Figure(figsize=(WIDTH, 1.55 * len(gauges) + 0.5))
    panels = figure.subplots(len(gauges), 1, squeeze=False, sharex=True)[:, 0]
    numbers = {line: number for number, line in enumerate(rows["line"].unique())}
    for axes, gauge in zip(panels, gauges, strict=True):
        of_gauge = rows[rows["gauge"] == gauge]
        for line, levels in of_gauge.groupby("line", sort=False):
            number = numbers[line]
            if line == RECORDED:
                axes.plot(
                    levels["seconds"] / 60, levels["level"], ".", color="0.35", markersize=2, label=line
                )
                continue
            own, drawn = levels[~levels["drawn"]], levels[levels["drawn"]]
            style = {"color": "black"} if number == 0 else {"color": f"C{(number - 1) % 6}"}
            axes.plot(own["seconds"] / 60, own["level"], label=line, zorder=3 - number / 100, **style)
            for band in (own[own["count"] > 1], drawn):
                axes.fill_between(
                    band["seconds"] / 60, band["low"], band["high"], alpha=0.25, linewidth=0, **style
                )
        axes.set_ylabel(f"{gauge} (m)")
    panels[-1].set_xlabel("minutes after the earthquake")
    simulated = rows[rows["line"] != RECORDED]["level"]
    if len(simulated):
        panels[-1].set_xlim(0, rows[rows["line"] != RECORDED]["seconds"].max() / 60)
    draw_legend(figure)
    return figure
