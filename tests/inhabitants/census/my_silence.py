"""The share of zeros in each layer: the median over the seeds."""

import pyarrow as pa

from lea.summary.tables import Inputs, by_run

NEEDS = ("census",)
COLUMNS = {"layer": "string", "zeros": "float64"}


def summarise(inputs: Inputs) -> pa.Table:
    rows = []
    for run in by_run(inputs, "census"):
        for layer, zeros in run.frame.groupby("layer", sort=False)["zeros"].median().items():
            rows.append(dict(run.facts) | {"layer": layer, "zeros": zeros})
    return inputs.table_of_runs(rows, COLUMNS)
