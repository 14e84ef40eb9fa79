"""What a training takes: minutes of all epochs, without the tests between them, and milliseconds a sample
(Table 3.2).
"""

import pandas as pd
import pyarrow as pa

from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("times",)
COLUMNS = {
    "epochs": "int32",
    "samples_an_epoch": "int64",
    "seeds": "int32",
    "minutes": "float64",  # median over the seeds, of all epochs
    "minimum": "float64",
    "maximum": "float64",
    "milliseconds_a_sample": "float64",
    "machine": "string",
    "threads": "int32",
    "arithmetic": "string",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of times -> one row a run that was trained."""
    return inputs.table_of_runs([_cost(run) for run in by_run(inputs, "times") if len(run.frame)], COLUMNS)


def _cost(run: OfRun) -> dict[str, object]:
    seconds = run.frame.groupby("seed")["seconds"].sum()
    each = seconds / run.frame.groupby("seed")["samples"].sum()
    minutes = seconds / 60
    return {
        **run.facts,
        "epochs": run.frame["epoch"].max(),
        "samples_an_epoch": run.frame["samples"].max(),
        "seeds": len(seconds),
        "minutes": minutes.median(),
        "minimum": minutes.min(),
        "maximum": minutes.max(),
        "milliseconds_a_sample": each.median() * 1000,
        "machine": _all(run.frame["machine"]),
        "threads": run.frame["threads"].max(),
        "arithmetic": _all(run.frame["arithmetic"]),
    }


def _all(names: "pd.Series[str]") -> str:
    return ", ".join(sorted(set(names)))
