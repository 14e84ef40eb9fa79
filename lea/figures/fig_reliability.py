"""Whether robustness may only be a masked gradient, a row a run. Blind: share of attacked images without a
finite gradient other than zero; falling: share at which a step along it does not bring another class closer;
beaten: share on which an attack that sees no gradient does better than all that follow it, those of foolbox
1.8.0 and the corrected. Above the limit, in colour, success rates of gradient attacks say little. Worst case:
the closest find over all attacks. Medians over the seeds.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

NEEDS = ("reliability",)
COLUMNS = {
    ("accuracy", None): ("accuracy", "{:.2f}"),
    ("margin", None): ("margin\n(nats)", "{:.1f}"),
    ("blind", None): ("blind", "{:.0%}"),
    ("falling", None): ("falling", "{:.0%}"),
    ("beaten", "source"): ("beaten,\n1.8.0", "{:.0%}"),
    ("beaten", "corrected"): ("beaten,\ncorrected", "{:.0%}"),
    ("beaten", "own"): ("beaten,\nown", "{:.0%}"),
    ("worst success", None): ("worst case:\nsuccess", "{:.0%}"),
    ("worst distance", None): ("worst case:\ndistance", "{:.1e}"),
}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """As it is."""
    return summaries["reliability"]


def draw(reliability: pd.DataFrame) -> Figure:
    """A table whose flagged cells are coloured."""
    runs = list(reliability["label"].unique())
    found = {(row.metric, _none(row.protocol)): None for row in reliability.itertuples()}
    columns = [column for column in COLUMNS if column in found]
    figure = Figure(figsize=(6.3, 0.24 * len(runs) + 0.7))
    axes = figure.subplots()
    for row in reliability.itertuples():
        x, y = columns.index((row.metric, _none(row.protocol))), runs.index(row.label)
        if row.flagged:
            axes.add_patch(Rectangle((x - 0.48, y - 0.45), 0.96, 0.9, facecolor="C5", alpha=0.6, lw=0))
        _, pattern = COLUMNS[columns[x]]
        text = "-" if pd.isna(row.median) else pattern.format(row.median)
        weight = "bold" if row.flagged else "normal"
        axes.text(x, y, text, ha="center", va="center", fontsize=7, weight=weight)
    learnt = reliability.drop_duplicates("label")["learnt"]
    names = [name if its else f"{name}\n(did not learn)" for name, its in zip(runs, learnt, strict=True)]
    axes.set_yticks(range(len(runs)), names)
    axes.set_xticks(range(len(columns)), [COLUMNS[column][0] for column in columns])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(runs) - 0.5, -0.5)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return figure


def _none(protocol: object) -> str | None:
    return protocol if isinstance(protocol, str) else None
