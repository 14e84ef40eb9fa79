"""What runs came to, mean and standard deviation over the seeds: a row a combination of some columns, and a
pair of columns a value of another.
"""

from collections.abc import Mapping

import pandas as pd

from lea.errors import UserError
from lea.figures.selection import called, check_columns, chosen

NEEDS = ("means",)


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    response: str | tuple[str, ...],
    lines: tuple[str, ...],
    across: str,
    where: Mapping[str, object] | None = None,
    names: Mapping[str, str] | None = None,
    digits: int = 2,
) -> pd.DataFrame:
    """`lines` name the rows, `across` the pairs of columns, which is `response` if several are asked for;
    `names`: what values are called.
    """
    rows = chosen(summaries["means"], {"response": response, **(where or {})})
    check_columns(rows, *lines, across)
    found: dict[tuple[str, ...], dict[str, object]] = {}
    for row in rows.to_dict("records"):
        key = tuple(_text(row[name], names) for name in lines)
        line = found.setdefault(key, dict(zip(lines, key, strict=True)))
        column = _text(row[across], names)
        if f"{column} mean" in line:
            raise UserError(f"two runs at {', '.join((*key, column))}; expected one; name more `lines`")
        line[f"{column} mean"] = round(row["mean"], digits)
        line[f"{column} deviation"] = None if pd.isna(row["deviation"]) else round(row["deviation"], digits)
    return pd.DataFrame(list(found.values()))


def _text(value: object, names: Mapping[str, str] | None) -> str:
    return "" if value is None or pd.isna(value) else called(value, names)  # type: ignore[call-overload]
