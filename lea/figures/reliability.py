"""Whether robustness may only be a masked gradient, a row a run. Attacked: the share of images that are,
since the network gets them right. Blind: the share of those without a finite gradient other than zero;
falling: the share at which a step along it does not bring another class closer; beaten: the share on which
an attack that sees no gradient does better than all that follow it, those of foolbox 1.8.0 and the
corrected. Above the limit, in colour, success rates of gradient attacks say little. Worst: the closest
find over all attacks. Medians over the seeds.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lea.figures.circles import head_only
from lea.figures.pages import WIDTH
from lea.figures.selection import chosen

NEEDS = ("reliability",)
COLUMNS = {
    ("attacked", None): ("attacked", "{:.0%}"),
    ("margin", None): ("margin\n(nats)", "{:.1f}"),
    ("blind", None): ("blind", "{:.0%}"),
    ("falling", None): ("falling", "{:.0%}"),
    ("beaten", "source"): ("beaten,\n1.8.0", "{:.0%}"),
    ("beaten", "corrected"): ("beaten,\ncorrected", "{:.0%}"),
    ("beaten", "own"): ("beaten,\nown", "{:.0%}"),
    ("worst success", None): ("worst:\nsuccess", "{:.0%}"),
    ("worst distance", None): ("worst:\ndistance", "{:.1e}"),
}


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Of all runs, or of some."""
    return chosen(summaries["reliability"], where)


def draw(reliability: pd.DataFrame) -> Figure:
    """A table whose flagged cells are coloured."""
    runs = reliability.drop_duplicates("label")
    there = {(row.metric, _none(row.protocol)) for row in reliability.itertuples()}
    columns = [column for column in COLUMNS if column in there]
    figure = Figure(figsize=(WIDTH, 0.24 * len(runs) + 0.7))
    axes = figure.subplots()
    for row in reliability.itertuples():
        column = row.metric, _none(row.protocol)
        x, y = columns.index(column), list(runs["label"]).index(row.label)
        if row.flagged:
            axes.add_patch(Rectangle((x - 0.48, y - 0.45), 0.96, 0.9, facecolor="C5", alpha=0.6, lw=0))
        text = "-" if pd.isna(row.median) else COLUMNS[column][1].format(row.median)
        weight = "bold" if row.flagged else "normal"
        axes.text(x, y, text, ha="center", va="center_baseline", fontsize=7, weight=weight)
    names = [run.label if run.learnt else f"{run.label}\n(did not learn)" for run in runs.itertuples()]
    axes.set_yticks(range(len(runs)), names)
    axes.set_xticks(range(len(columns)), [COLUMNS[column][0] for column in columns])
    head_only(axes)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(runs) - 0.5, -0.5)
    return figure


def _none(protocol: object) -> str | None:
    return protocol if isinstance(protocol, str) else None
