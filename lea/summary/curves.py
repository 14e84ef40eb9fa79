"""Learning curves: for each run, part, split, metric and epoch the median and the full range over the seeds
(Sec. 4.1).
"""

from collections.abc import Iterator

import pyarrow as pa

from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("metrics",)
POINT = ["part", "split", "metric", "epoch"]
COLUMNS = {
    "part": "string",
    "split": "string",
    "metric": "string",
    "epoch": "int32",
    "seeds": "int32",
    "median": "float64",
    "minimum": "float64",
    "maximum": "float64",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics -> one row a point of a curve, in the order of the labels."""
    rows = [row for run in by_run(inputs, "metrics") for row in _curves(run)]
    return inputs.table_of_runs(rows, COLUMNS)


def _curves(run: OfRun) -> Iterator[dict[str, object]]:
    over_seeds = run.frame.groupby(POINT, sort=False)["value"]  # parts as the network has them
    points = over_seeds.agg(seeds="count", median="median", minimum="min", maximum="max").reset_index()
    for point in points.sort_values("epoch", kind="stable").to_dict("records"):
        yield {**run.facts, **point}
