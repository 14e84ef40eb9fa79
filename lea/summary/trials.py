"""What a search tried: all trials of each run that was searched, a row for each parameter."""

from collections.abc import Iterator

import pyarrow as pa

from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("trials",)
COLUMNS = {
    "seed": "int32",  # of the search
    "trial": "int32",
    "state": "string",  # complete, pruned, diverged
    "epoch": "int32",  # the last that it was trained to
    "value": "float64",  # what is minimised, after it; inf: diverged
    "chosen": "bool",
    "parameter": "string",  # where a run has it, such as `model.latent`
    "number": "float64",  # null: it is none, or was not drawn in this trial
    "text": "string",  # as the configuration has it; empty: not drawn
    "low": "float64",  # of its range; null: it is one of several choices
    "high": "float64",
    "scale": "string",  # linear, log, choice
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of trials -> the same rows, in the order of the labels."""
    runs = by_run(inputs, "trials", some=True)
    return inputs.table_of_runs([row for run in runs for row in _rows(run)], COLUMNS)


def _rows(run: OfRun) -> Iterator[dict[str, object]]:
    for row in run.table.to_pylist():
        yield {**row, **run.facts}
