"""Which levels of a factor differ within each combination of others: Welch's t of each pair, whose noise is
its own two levels'.

Where an interaction matters marginal means say little (posthoc.py). p values are corrected for the number of
pairs over all combinations (Bonferroni), as are the intervals, so that those of a response hold together with
99 %.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from lea.store import rows_table
from lea.summary.anova import groups_of
from lea.summary.tables import Inputs

NEEDS = ("metrics", "times", "measures")
FACTS = False  # a row is not of a run
ALPHA = 0.01
COLUMNS = {
    "group": "string",
    "response": "string",
    "within": "string",
    "first": "string",
    "second": "string",
    "difference": "float64",  # first less second
    "low": "float64",
    "high": "float64",
    "p": "float64",
}


def summarise(
    inputs: Inputs,
    *,
    responses: tuple[str, ...],
    factor: str,
    within: tuple[str, ...],
    factors: Mapping[str, tuple[str, ...]] | None = None,
    by: str | None = None,
    where: Mapping[str, object] | None = None,
) -> pa.Table:
    """One row a group, response, combination and pair of levels."""
    asked = dict.fromkeys(responses, " * ".join((factor, *within)))
    rows = [
        {"group": group, "response": response, **row}
        for group, response, observed in groups_of(inputs, asked, factors, by, where)
        for row in _pairs(observed, factor, within)
    ]
    return rows_table(rows, COLUMNS)


def _pairs(observed: pd.DataFrame, factor: str, within: tuple[str, ...]) -> Iterator[dict[str, object]]:
    cells = [
        (" ".join(map(str, cell)), dict(iter(rows.groupby(factor, sort=False)["value"])))
        for cell, rows in observed.groupby(list(within), sort=False)
    ]
    pairs = [(cell, levels, pair) for cell, levels in cells for pair in combinations(levels, 2)]
    for cell, levels, (first, second) in pairs:
        one, other = levels[first].to_numpy(), levels[second].to_numpy()
        told = min(len(one), len(other)) > 1
        row: dict[str, object] = {"within": cell, "first": str(first), "second": str(second)}
        row |= {"difference": float(one.mean() - other.mean())}
        yield row | (_welch(one, other, len(pairs)) if told else dict.fromkeys(("low", "high", "p")))


def _welch(one: np.ndarray, other: np.ndarray, pairs: int) -> dict[str, object]:
    found = stats.ttest_ind(one, other, equal_var=False)
    ends = found.confidence_interval(1 - ALPHA / pairs)
    return {"low": float(ends.low), "high": float(ends.high), "p": min(1.0, pairs * float(found.pvalue))}
