"""Which levels of a factor differ: differences of their marginal means, as an analysis of variance has them.

A marginal mean gives each cell of the design the same weight. The noise is the model's residual, the same
everywhere; p values are corrected for the number of pairs of a factor (Bonferroni), as are the intervals, so
that those of one factor and response hold together with 99 %.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pyarrow as pa
from scipy import stats

from lea.store import rows_table
from lea.summary.anova import models
from lea.summary.linear import Linear
from lea.summary.tables import Inputs

NEEDS = ("metrics", "times", "measures")
FACTS = False  # a row is not of a run
ALPHA = 0.01
COLUMNS = {
    "group": "string",
    "response": "string",
    "factor": "string",
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
    responses: Mapping[str, str],
    factors: Mapping[str, tuple[str, ...]] | None = None,
    by: str | None = None,
    where: Mapping[str, object] | None = None,
) -> pa.Table:
    """One row a group, response, factor and pair of its levels."""
    rows = [
        {"group": group, "response": response, "factor": factor, **row}
        for group, response, model in models(inputs, responses, factors, by, where)
        for factor in dict.fromkeys(one for term in model.terms for one in term)
        for row in _pairs(model, factor)
    ]
    return rows_table(rows, COLUMNS)


def _pairs(model: Linear, factor: str) -> Iterator[dict[str, object]]:
    weights = _weights(model, factor)
    pairs = list(combinations(weights, 2))
    for first, second in pairs:
        contrast = weights[first] - weights[second]  # of fitted values
        difference = float(contrast @ model.fitted)
        error = float(np.sqrt(model.mean_square) * np.linalg.norm(model.basis.T @ contrast))
        p = min(1.0, len(pairs) * 2 * float(stats.t.sf(abs(difference) / error, model.freedom)))
        reach = error * float(stats.t.isf(ALPHA / 2 / len(pairs), model.freedom))
        told = model.freedom > 0
        yield {
            "first": first,
            "second": second,
            "difference": difference,
            "low": difference - reach if told else None,
            "high": difference + reach if told else None,
            "p": p if told else None,
        }


def _weights(model: Linear, factor: str) -> dict[str, np.ndarray]:
    """By level: (n,) weights of the observations, with which the fitted values give the marginal mean."""
    found: dict[str, list[np.ndarray]] = {}
    place = list(model.levels.columns).index(factor)
    for cell, rows in model.levels.groupby(list(model.levels.columns), sort=False).indices.items():
        weight = np.zeros(len(model.response))
        weight[rows] = 1 / len(rows)
        level = cell[place] if isinstance(cell, tuple) else cell  # of one factor pandas gives it as it is
        found.setdefault(str(level), []).append(weight)
    return {level: np.mean(cells, axis=0) for level, cells in found.items()}
