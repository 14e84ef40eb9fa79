"""Runs against those that the analysis compares them with: differences of medians after the last epoch, with
their intervals. A run without a baseline has no row.
"""

from collections.abc import Iterator

import pyarrow as pa

from lea.summary.endings import POINT, ends
from lea.summary.seeds import difference
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("metrics",)
COLUMNS = {
    "baseline": "string",  # the label of the run that it is compared with
    "part": "string",
    "split": "string",
    "metric": "string",
    "difference": "float64",  # of the medians
    "low": "float64",
    "high": "float64",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics -> one row a run with a baseline, part, split and metric of both."""
    runs = {run.label: run for run in by_run(inputs, "metrics")}
    pairs = [(runs[label], runs[inputs.baselines[label]]) for label in runs if label in inputs.baselines]
    return inputs.table_of_runs([row for pair in pairs for row in _contrasts(*pair)], COLUMNS)


def _contrasts(run: OfRun, baseline: OfRun) -> Iterator[dict[str, object]]:
    theirs = dict(iter(ends(baseline.frame).groupby(POINT)["value"]))
    for key, values in ends(run.frame).groupby(POINT, sort=False)["value"]:
        if key in theirs:
            point = {"baseline": baseline.label, **dict(zip(POINT, key, strict=True))}
            yield {**run.facts, **point, **difference(values.tolist(), theirs[key].tolist())}
