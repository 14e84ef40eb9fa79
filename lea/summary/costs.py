"""What a training takes: minutes of all epochs, without the tests between them, and milliseconds a sample
(Table 3.2).
"""

import pyarrow as pa

from lea.store import COSTS
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("times",)


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of times -> one row a run."""
    return pa.Table.from_pylist([_cost(run) for run in by_run(inputs)], COSTS)


def _cost(run: OfRun) -> dict[str, object]:
    seconds = run.frame.groupby("seed")["seconds"].sum()
    each = seconds / run.frame.groupby("seed")["samples"].sum()
    minutes = seconds / 60
    return {
        "label": run.label,
        "autoencoder": run.autoencoder,
        "coder": run.coder,
        "epochs": run.frame["epoch"].max(),
        "samples": run.frame["samples"].max(),
        "seeds": len(seconds),
        "minutes": minutes.median(),
        "minimum": minutes.min(),
        "maximum": minutes.max(),
        "milliseconds_a_sample": each.median() * 1000,
        "machine": ", ".join(sorted(set(run.frame["machine"]))),
        "threads": run.frame["threads"].max(),
    }
