"""What one metric gave of several parts, such as of a model and of what it is compared with, one part beside
another: medians over the seeds, and of the first part the interval.
"""

from collections.abc import Mapping

import pandas as pd

from lea.errors import UserError
from lea.figures.selection import called, check_columns, chosen

NEEDS = ("measures",)


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    measure: str,
    parts: tuple[str, ...],
    lines: tuple[str, ...] = ("label", "split", "metric"),
    where: Mapping[str, object] | None = None,
    names: Mapping[str, str] | None = None,
    digits: int = 3,
) -> pd.DataFrame:
    """`lines` name the rows; `names`: what values and parts are called. What a part lacks is left empty."""
    rows = chosen(summaries["measures"], {"measure": measure, "part": list(parts), **(where or {})})
    check_columns(rows, *lines)
    first, found = parts[0], dict[tuple[str, ...], dict[str, object]]()
    for row in rows.to_dict("records"):
        key = tuple("" if pd.isna(row[name]) else called(row[name], names) for name in lines)
        line, part = found.setdefault(key, dict(zip(lines, key, strict=True))), called(row["part"], names)
        if part in line:
            raise UserError(f"two values of {', '.join((*key, part))}; expected one; name more `lines`")
        line[part] = round(row["median"], digits)
        if row["part"] == first:
            line |= {f"{part} {end}": round(row[end], digits) for end in ("low", "high")}
    table = pd.DataFrame(list(found.values()))
    return table[[*lines, *(name for name in table if name not in lines)]]
