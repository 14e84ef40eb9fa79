"""A summary as it is, or some of its rows and columns."""

from collections.abc import Mapping

import pandas as pd

from lea.errors import UserError
from lea.figures.selection import check_columns, chosen

NEEDS = ("{summary}",)  # the option's


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    summary: str,
    where: Mapping[str, object] | None = None,
    columns: tuple[str, ...] | None = None,
    names: Mapping[str, str] | None = None,
    digits: Mapping[str, int] | None = None,
    published: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """`columns`: which, in this order; `names`: what some are called instead; `digits`: behind the point,
    columns with none are whole numbers; `published`: what the source has, by the label of a run, in a column
    of that name behind the others.
    """
    rows = chosen(summaries[summary], where)
    columns = tuple(rows.columns) if columns is None else columns
    if published:
        check_columns(rows, "label")
        strange = [label for label in published if label not in set(rows["label"])]
        if strange:
            there = ", ".join(rows["label"].unique())
            raise UserError(f"published: no run '{strange[0]}'; expected one of {there}")
        rows = rows.assign(published=rows["label"].map(dict(published)))
        columns = (*columns, "published")
    check_columns(rows, *columns, *(names or {}), *(digits or {}))
    rows = rows[list(columns)].round(dict(digits or {}))
    whole = {name: "Int64" for name, count in (digits or {}).items() if count == 0 and name in columns}
    return rows.astype(whole).rename(columns=dict(names or {}))
