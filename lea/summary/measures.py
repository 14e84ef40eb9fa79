"""What was measured of the trained models, once for each seed: the median over the seeds, their range and an
interval.
"""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from lea.summary.seeds import describe
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("measures",)
POINT = ["measure", "split", "part", "metric"]
COLUMNS = {
    "measure": "string",  # which measurement; it may give several metrics
    "split": "string",
    "part": "string",
    "metric": "string",
    "seeds": "int32",
    "median": "float64",
    "minimum": "float64",
    "maximum": "float64",
    "low": "float64",  # of the interval for the median
    "high": "float64",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of measurements -> one row a run, measurement, split, part and metric."""
    rows = [row for run in by_run(inputs, "measures", some=True) for row in _measures(run)]
    return inputs.table_of_runs(rows, COLUMNS)


def _measures(run: OfRun) -> Iterator[dict[str, object]]:
    for key, values in run.frame.groupby(POINT, sort=False, dropna=False)["value"]:
        point = {name: None if pd.isna(value) else value for name, value in zip(POINT, key, strict=True)}
        yield {**run.facts, **point, **describe(values.tolist())}
