"""Where do tiles come back badly? The error of each tenth of the test tiles against how steep these are, a
line a run: medians over the seeds, bars their full range.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import WIDTH, draw_legend
from lea.figures.points import log_axes
from lea.figures.selection import chosen
from lea.studies.topography.waves import style_of

NEEDS = ("measures",)
PART, STEEPNESS, ERROR = "tenth-", "steepness", "root mean square"


def table(
    summaries: Mapping[str, pd.DataFrame], *, where: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """A line a run and tenth: its steepness, and the error's median and range, in metres."""
    rows = chosen(summaries["measures"], where)
    rows = rows[rows["part"].str.startswith(PART)]
    if rows.empty:
        raise UserError("nothing to draw: no run has errors by tenths; expected the metric `restoration`")
    steep = rows[rows["metric"] == STEEPNESS][["label", "part", "median"]]
    errors = rows[rows["metric"] == ERROR][["label", "part", "seeds", "median", "minimum", "maximum"]]
    found = errors.merge(steep.rename(columns={"median": STEEPNESS}), on=["label", "part"])
    order = pd.Categorical(found["label"], list(dict.fromkeys(rows["label"])))
    return found.assign(order=order).sort_values(["order", STEEPNESS]).drop(columns="order")


def draw(rows: pd.DataFrame) -> Figure:
    """Both axes are logarithmic."""
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.subplots()
    for number, (label, points) in enumerate(rows.groupby("label", sort=False)):
        bars = [points["median"] - points["minimum"], points["maximum"] - points["median"]]
        style = style_of(number)
        axes.errorbar(
            points[STEEPNESS], points["median"], bars, label=label, capsize=2, elinewidth=0.8, **style
        )
    log_axes(axes)
    axes.set_xlabel("steepness of the tiles: from a cell to its neighbours, root mean square (m)")
    axes.set_ylabel("error, root mean square (m)")
    draw_legend(figure)
    return figure
