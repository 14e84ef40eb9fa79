"""Which levels of a factor vary most between repeats: the standard deviation of the seeds within the cells of
a design, and the Brown-Forsythe test of whether the levels' are alike.

The interval of a deviation is that of normal noise (chi squared).
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from lea.store import rows_table
from lea.summary.anova import groups_of
from lea.summary.seeds import LEVEL
from lea.summary.tables import Inputs

NEEDS = ("metrics", "times", "measures")
FACTS = False  # a row is not of a run
COLUMNS = {
    "group": "string",
    "response": "string",
    "level": "string",
    "deviation": "float64",
    "low": "float64",
    "high": "float64",
    "freedom": "int32",
    "f": "float64",  # of all levels
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
    """One row a group, response and level."""
    asked = dict.fromkeys(responses, " * ".join((factor, *within)))
    rows = [
        {"group": group, "response": response, **row}
        for group, response, observed in groups_of(inputs, asked, factors, by, where)
        for row in _levels(observed, factor, within)
    ]
    return rows_table(rows, COLUMNS)


def _levels(observed: pd.DataFrame, factor: str, within: tuple[str, ...]) -> Iterator[dict[str, object]]:
    values = observed.groupby([factor, *within], sort=False)["value"]
    from_mean, from_median = (observed["value"] - values.transform(how) for how in ("mean", "median"))
    sizes = values.transform("size")
    found = {level: rows.index for level, rows in observed.groupby(factor, sort=False)}
    test = None
    if (sizes > 1).all() and len(found) > 1:
        test = stats.f_oneway(*(from_median[index].abs() for index in found.values()))
    for level, index in found.items():
        freedom = int(len(index) - (1 / sizes[index]).sum().round())
        squares = float(np.square(from_mean[index]).sum())
        row: dict[str, object] = {"level": str(level), "freedom": freedom}
        row |= {"f": test and float(test.statistic), "p": test and float(test.pvalue)}
        yield row | (_deviation(squares, freedom) if freedom else dict.fromkeys(("deviation", "low", "high")))


def _deviation(squares: float, freedom: int) -> dict[str, object]:
    least, most = (float(stats.chi2.isf(share, freedom)) for share in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
    found = {"deviation": freedom, "low": most, "high": least}
    return {name: float(np.sqrt(squares / divided)) for name, divided in found.items()}
