"""Analyses of variance of what runs came to: for each response its terms, with F, p and partial eta squared.

`responses` gives each a model, such as `encoder * layout + prior`; a factor is a column of the study, or, by
`factors`, several columns whose values together are its levels. One of a single level is left out. `by` is a
column for each of whose values there is an analysis of its own. Partial eta squared is SS(term) / (SS(term) +
SS(residual)). Without repeats nothing measures the noise, and F and p are null; a design in which a
combination of crossed factors is missing is refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd
import pyarrow as pa

from lea.errors import UserError
from lea.store import rows_table
from lea.summary.linear import Linear, Term, interval_of_partial, terms_of
from lea.summary.responses import observe
from lea.summary.seeds import LEVEL
from lea.summary.tables import Inputs

NEEDS = ("metrics", "times", "measures")
FACTS = False  # a row is not of a run
COLUMNS = {
    "group": "string",  # the value of the column `by`; null: there is none
    "response": "string",
    "term": "string",
    "squares": "float64",
    "freedom": "int32",
    "residual": "int32",  # degrees of freedom that are left
    "f": "float64",
    "p": "float64",
    "partial": "float64",  # eta squared
    "low": "float64",
    "high": "float64",
}


def summarise(
    inputs: Inputs,
    *,
    responses: Mapping[str, str],
    factors: Mapping[str, tuple[str, ...]] | None = None,
    by: str | None = None,
    where: Mapping[str, object] | None = None,
) -> pa.Table:
    """One row a group, response and term."""
    rows = [
        {"group": group, "response": response, **row}
        for group, response, model in models(inputs, responses, factors, by, where)
        for row in _effects(model)
    ]
    return rows_table(rows, COLUMNS)


def models(
    inputs: Inputs,
    responses: Mapping[str, str],
    factors: Mapping[str, tuple[str, ...]] | None,
    by: str | None,
    where: Mapping[str, object] | None,
) -> Iterator[tuple[str | None, str, Linear]]:
    """The linear model of each group and response."""
    for group, response, rows in groups_of(inputs, responses, factors, by, where):
        terms = terms_of(responses[response])
        names = dict.fromkeys(one for term in terms for one in term)
        single = {name for name in names if rows[name].nunique() < 2}
        told = [term for term in terms if not single & set(term)]
        levels = rows[[name for name in names if name not in single]]
        _check_cells(response, levels, told)
        if told:
            yield group, response, Linear(levels, rows["value"].to_numpy(), told)


def groups_of(
    inputs: Inputs,
    responses: Mapping[str, str],
    factors: Mapping[str, tuple[str, ...]] | None,
    by: str | None,
    where: Mapping[str, object] | None,
) -> Iterator[tuple[str | None, str, pd.DataFrame]]:
    """What was observed of each group and response: a column for each factor of its model, and `value`."""
    observed = observe(inputs, tuple(responses), where)
    for name, columns in (factors or {}).items():
        observed[name] = observed[list(_there(observed, columns))].apply(_level, axis=1)
    for group, of_group in [(None, observed)] if by is None else _grouped(observed, by):
        for response, formula in responses.items():
            rows = of_group[of_group["response"] == response].reset_index(drop=True)
            if rows.empty:
                continue  # only runs of other groups have it
            names = list(_there(rows, dict.fromkeys(one for term in terms_of(formula) for one in term)))
            yield (
                None if group is None else str(group),
                response,
                rows[names].map(_or_none).assign(value=rows["value"]),
            )


def _check_cells(response: str, levels: pd.DataFrame, terms: Sequence[Term]) -> None:
    """Refuse a design in which a combination of factors that a term crosses is missing."""
    for term in terms:
        there = set(levels[list(term)].itertuples(index=False, name=None))
        for cell in product(*(levels[factor].unique() for factor in term)):
            if cell not in there:
                found = f"'{response}': no run with {' and '.join(map(str, cell))}"
                crossed = " * ".join(term)
                raise UserError(f"{found}, and {crossed} crosses them; expected all; add it, or cross fewer")


def _grouped(observed: pd.DataFrame, by: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    yield from observed.groupby(next(_there(observed, [by])), sort=False)


def _there(observed: pd.DataFrame, columns: Iterable[str]) -> Iterator[str]:
    for column in columns:
        if column not in observed:
            there = ", ".join(one for one in observed if one not in ("run", "seed", "response", "value"))
            raise UserError(f"no column '{column}' to compare runs by; expected one of {there}")
        yield column


def _or_none(value: object) -> object:
    return "none" if pd.isna(value) else value


def _level(values: pd.Series) -> str:
    """`real-nvp` and 2 are `real-nvp 2`; what a run does not have is left out."""
    return " ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in values if not pd.isna(one))


def _effects(model: Linear) -> Iterator[dict[str, object]]:
    for effect in model.effects():
        told = model.freedom > 0
        low, high = interval_of_partial(effect, model.freedom, LEVEL) if told else (None, None)
        yield {
            "term": " x ".join(effect.term),
            "squares": effect.squares,
            "freedom": effect.freedom,
            "residual": model.freedom,
            "f": effect.f if told else None,
            "p": effect.p if told else None,
            "partial": effect.partial if told else None,
            "low": low,
            "high": high,
        }
