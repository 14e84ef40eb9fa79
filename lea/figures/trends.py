"""What runs came to against a number that sets them apart, a panel a response. Points are means over the
seeds, bars their 95 % intervals by Student's t; of one seed there is none.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.errors import UserError
from lea.figures.pages import draw_legend
from lea.figures.points import draw_points, number_axis
from lea.figures.selection import called_together, check_columns, chosen, label_of

NEEDS = ("means",)


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    responses: tuple[str, ...],
    x: str,
    lines: tuple[str, ...],
    where: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """The runs that have a number in the column `x`; `lines`: columns that set lines apart."""
    rows = chosen(summaries["means"], {"response": list(responses), **(where or {})})
    check_columns(rows, x, *lines)
    rows = rows[rows[x].notna()]
    if rows.empty:
        raise UserError(f"nothing to draw: no run has a number in '{x}'; expected some; name another column")
    return rows


def draw(
    rows: pd.DataFrame,
    *,
    responses: tuple[str, ...],
    x: str,
    lines: tuple[str, ...],
    labels: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """`labels`: what responses and the number are called; `names`: what values of the lines are called."""
    figure = Figure(figsize=(3.4 * len(responses), 3.2))
    panels = figure.subplots(1, len(responses), squeeze=False)[0]
    for axes, response in zip(panels, responses, strict=True):
        of_response = rows[rows["response"] == response]
        for number, (key, points) in enumerate(of_response.groupby(list(lines), sort=False, dropna=False)):
            words = called_together(key, names)
            points = points.assign(**{end: points[end].fillna(points["mean"]) for end in ("low", "high")})
            draw_points(axes, points, x=x, y="mean", label=words, color=f"C{number}")
        number_axis(axes, rows[x])
        axes.set_xlabel(label_of(x, labels))
        axes.set_ylabel(label_of(response, labels))
    draw_legend(figure)
    return figure
