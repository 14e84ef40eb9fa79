"""What the models of analyses of variance leave unexplained, run by run and seed by seed: whether it is alike
everywhere, and spread as noise is.
"""

from collections.abc import Mapping

import pyarrow as pa
from scipy import stats

from lea.store import rows_table
from lea.summary.anova import models
from lea.summary.tables import Inputs

NEEDS = ("metrics", "times", "measures")
FACTS = False  # a row is not of a run
COLUMNS = {
    "group": "string",
    "response": "string",
    "fitted": "float64",
    "residual": "float64",
    "quantile": "float64",  # that a standard normal sample of this size would have at the residual's place
}


def summarise(
    inputs: Inputs,
    *,
    responses: Mapping[str, str],
    factors: Mapping[str, tuple[str, ...]] | None = None,
    by: str | None = None,
    where: Mapping[str, object] | None = None,
) -> pa.Table:
    """One row a group, response and observation."""
    rows = []
    for group, response, model in models(inputs, responses, factors, by, where):
        places = (stats.rankdata(model.residuals) - 0.5) / len(model.residuals)
        for fitted, residual, quantile in zip(
            model.fitted, model.residuals, stats.norm.ppf(places), strict=True
        ):
            rows.append(
                {
                    "group": group,
                    "response": response,
                    "fitted": float(fitted),
                    "residual": float(residual),
                    "quantile": float(quantile),
                }
            )
    return rows_table(rows, COLUMNS)
