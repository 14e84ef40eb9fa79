"""How much each parameter matters to what searches minimise: a mark a search, a bar from the median of all to
its 95 % interval, and in grey what means nothing: what is said of values that are dealt to the trials anew.
A panel an evaluator; parameters in the order of the first's medians.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import WIDTH, draw_legend
from lea.figures.selection import chosen, label_of

NEEDS = ("importances",)
TITLES = {
    "fanova": "share of the variance (fANOVA)",
    "ped-anova": "share of what sets the best apart (PED-ANOVA)",
}


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """The rows of one run that was searched."""
    rows = chosen(summaries["importances"], where)
    if rows["label"].nunique() != 1:
        there = ", ".join(map(repr, rows["label"].unique())) or "none"
        raise UserError(f"searches of {there}; expected those of one run; choose it by `where`")
    return rows


def draw(rows: pd.DataFrame, *, labels: Mapping[str, str] | None = None) -> Figure:
    """`labels`: what parameters are called."""
    evaluators = list(rows["evaluator"].unique())
    over = rows[rows["seed"].isna()]
    first = over[over["evaluator"] == evaluators[0]].sort_values("importance", na_position="first")
    places = {parameter: place for place, parameter in enumerate(first["parameter"])}
    figure = Figure(figsize=(WIDTH, 0.24 * len(places) + 1.1))
    panels = figure.subplots(1, len(evaluators), squeeze=False, sharey=True)[0]
    for axes, evaluator in zip(panels, evaluators, strict=True):
        its = rows[rows["evaluator"] == evaluator]
        for _, row in its[its["seed"].isna()].iterrows():
            at = places[row["parameter"]]
            if pd.isna(row["importance"]):
                axes.text(0.02, at, "cannot be told", size=6, color="0.4", va="center")
                continue
            axes.barh(at, row["chance"], height=0.7, color="0.9", label="by chance, one in twenty")
            axes.errorbar(
                row["importance"],
                at,
                xerr=[[row["importance"] - row["low"]], [row["high"] - row["importance"]]],
                fmt="o",
                ms=4,
                color="C0",
                label="median of the searches",
            )
        one = its[its["seed"].notna() & its["importance"].notna()]
        axes.plot(one["importance"], one["parameter"].map(places), "|", color="C1", ms=6, label="a search")
        axes.set_xlim(0, 1)
        axes.set_xlabel(TITLES.get(evaluator, evaluator))
    names = [label_of(parameter, labels) for parameter in places]
    panels[0].set_yticks(list(places.values()), names)
    panels[0].set_ylim(-0.6, len(places) - 0.4)
    draw_legend(figure)
    return figure
