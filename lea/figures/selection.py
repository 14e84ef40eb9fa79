"""The rows of a summary that a configuration asks for."""

from collections.abc import Iterable, Mapping

import pandas as pd

from lea.errors import UserError

Where = Mapping[str, object]  # column -> a value, or a list of them; None: there is none


def chosen(frame: pd.DataFrame, where: Where | None) -> pd.DataFrame:
    """The rows that have these values in these columns; that there is none is an error."""
    for column, wanted in (where or {}).items():
        check_columns(frame, column)
        values = frame[column]
        several = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
        is_one = values.isin([value for value in several if value is not None])
        kept = frame[is_one | values.isna()] if None in several else frame[is_one]
        if kept.empty and len(frame):
            there = ", ".join(str(value) for value in values.dropna().unique())
            raise UserError(f"nothing to draw: no row whose '{column}' is {wanted}; expected one of {there}")
        frame = kept
    return frame


def check_all(frame: pd.DataFrame, column: str, wanted: Iterable[str]) -> None:
    """Refuse values that no row has in a column."""
    there = list(frame[column].unique())
    for value in wanted:
        if value not in there:
            raise UserError(f"nothing to draw: no {column} '{value}'; expected one of {', '.join(there)}")


def check_columns(frame: pd.DataFrame, *columns: str) -> None:
    """Refuse a column that a summary does not have."""
    for column in columns:
        if column not in frame:
            there = ", ".join(frame.columns)
            raise UserError(f"no column '{column}' in the summary; expected one of {there}")


def first_part(frame: pd.DataFrame, of: pd.Series | None = None) -> pd.DataFrame:
    """The rows of each run's first part, of those for which `of` holds in some row."""
    first = (frame if of is None else frame[of]).groupby("label")["part"].first()
    return frame[frame["part"] == frame["label"].map(first)]


def worded(title: str, value: object) -> str:
    """A title with a value in the place of its braces."""
    try:
        return title.format(value)
    except (IndexError, KeyError, ValueError) as error:
        raise UserError(f"title: found '{title}'; expected one place for {value!r}, such as {{}}") from error


def first_searches(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """The rows of the first so many searches, of a run each seed is one."""
    return rows.merge(rows[["label", "seed"]].drop_duplicates().head(count), on=["label", "seed"])


def called(value: object, names: Mapping[str, str] | None) -> str:
    """A value of a column in words: what `names` call it, or its own text; 6.0 is 6."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return (names or {}).get(text, text)


def called_together(values: Iterable[object], names: Mapping[str, str] | None) -> str:
    """Values of several columns in words, one behind another, but for those that are missing."""
    return " ".join(called(value, names) for value in values if not pd.isna(value))  # type: ignore[call-overload]


def label_of(metric: str, labels: Mapping[str, str] | None) -> str:
    """What a figure calls a metric: as the configuration says, or its own name in words."""
    return (labels or {}).get(metric, metric.replace("_", " "))
