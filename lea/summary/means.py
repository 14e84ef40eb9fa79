"""What each run came to over its seeds: mean and standard deviation, as tables of studies print them, and an
interval for the mean.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from scipy import stats

from lea.summary.responses import observe
from lea.summary.seeds import LEVEL
from lea.summary.tables import Inputs

NEEDS = ("metrics", "times", "measures")
COLUMNS = {
    "response": "string",
    "seeds": "int32",
    "mean": "float64",
    "deviation": "float64",  # of the seeds, by one less than their number; null: there is one
    "low": "float64",  # of the 95 % interval for the mean, by Student's t; null: there is one seed
    "high": "float64",
}


def summarise(
    inputs: Inputs, *, responses: tuple[str, ...] | None = None, where: Mapping[str, object] | None = None
) -> pa.Table:
    """One row a run and response; without `responses`, of all but those of training or held-out samples."""
    observed = observe(inputs, responses, where)
    rows = []
    for (label, response), values in observed.groupby(["label", "response"], sort=False)["value"]:
        numbers = values.to_numpy()
        low, high = interval_of_mean(numbers)
        deviation = float(numbers.std(ddof=1)) if len(numbers) > 1 else None
        rows.append(
            {
                **inputs.facts_of(label),
                "response": response,
                "seeds": len(numbers),
                "mean": float(numbers.mean()),
                "deviation": deviation,
                "low": low,
                "high": high,
            }
        )
    return inputs.table_of_runs(rows, COLUMNS)


def interval_of_mean(numbers: np.ndarray) -> tuple[float | None, float | None]:
    """By Student's t: that of normal noise, however few seeds; of one seed there is none."""
    if len(numbers) < 2:
        return None, None
    reach = stats.t.isf((1 - LEVEL) / 2, len(numbers) - 1) * numbers.std(ddof=1) / np.sqrt(len(numbers))
    return float(numbers.mean() - reach), float(numbers.mean() + reach)
