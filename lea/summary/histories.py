"""What a search minimised, epoch by epoch: a row an epoch of each trial, with what became of that."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("trials", "histories")
TRIAL = ["seed", "trial"]
COLUMNS = {
    "seed": "int32",  # of the search
    "trial": "int32",
    "state": "string",  # complete, pruned, diverged
    "chosen": "bool",
    "epoch": "int32",
    "value": "float64",  # inf: diverged
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of histories -> the same rows, in the order of the labels."""
    histories = {run.label: run for run in by_run(inputs, "histories", some=True)}
    runs = by_run(inputs, "trials", some=True)
    return inputs.table_of_runs([row for run in runs for row in _rows(run, histories[run.label])], COLUMNS)


def _rows(run: OfRun, history: OfRun) -> Iterator[dict[str, object]]:
    trials = run.frame.drop_duplicates(TRIAL)[[*TRIAL, "state", "chosen", "epoch"]]
    ended = trials.rename(columns={"epoch": "ended"})
    rows = ended.merge(history.frame[[*TRIAL, "epoch", "value"]], how="left", on=TRIAL)
    # One that diverged before its first epoch ended has no history.
    rows = rows.assign(
        epoch=rows["epoch"].fillna(rows["ended"]).astype(int), value=rows["value"].fillna(np.inf)
    )
    for row in rows[list(COLUMNS)].to_dict("records"):
        yield {**run.facts, **row}
