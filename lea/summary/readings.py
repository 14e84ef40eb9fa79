"""What could be read from each layer after the last epoch of the probes, on test images.

`change` is by how much a layer's accuracy differs from the input's, `gain` from the same layer's before its
training; both are taken seed by seed.
"""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from lea.summary.seeds import describe
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("probes",)
POINT = ["probe", "layer", "place", "factor", "group", "metric"]
COLUMNS = {
    "probe": "string",
    "layer": "string",
    "place": "int32",
    "factor": "string",
    "group": "string",
    "metric": "string",
    "seeds": "int32",
    "median": "float64",
    "minimum": "float64",
    "maximum": "float64",
    "low": "float64",  # of the interval for the median
    "high": "float64",
    "chance": "float64",  # 1 over the factor's classes
    "best": "float64",  # the accuracy that no reading can exceed; null: not known
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of probes -> one row a run, kind of probe, layer, factor, group and metric."""
    rows = [row for run in by_run(inputs, "probes") for row in _readings(run)]
    return inputs.table_of_runs(rows, COLUMNS)


def _readings(run: OfRun) -> Iterator[dict[str, object]]:
    frame = run.frame[run.frame["split"] == "test"]
    last = frame[frame["epoch"] == frame["epoch"].max()]
    whole = last[(last["metric"] == "accuracy") & last["group"].isna()]
    values_of = pd.concat([last, _changes(whole), _gains(whole)]).groupby(POINT, sort=False, dropna=False)
    for key, values in values_of["value"]:
        point = dict(zip(POINT, key, strict=True))
        group = None if pd.isna(point["group"]) else point["group"]
        limits = {
            "group": group,
            "chance": 1 / run.record["classes"][point["factor"]],
            "best": run.record["best"].get(point["factor"], {}).get(group or "all"),
        }
        yield {**run.facts, **point, **describe(values.tolist()), **limits}


def _changes(whole: pd.DataFrame) -> pd.DataFrame:
    key = ["seed", "probe", "factor"]
    first = whole[whole["place"] == 0].set_index(key)["value"].rename("first")
    changed = whole.join(first, on=key).dropna(subset="first")
    return changed.assign(metric="change", value=changed["value"] - changed["first"]).drop(columns="first")


def _gains(whole: pd.DataFrame) -> pd.DataFrame:
    key = ["seed", "layer", "factor"]
    before = whole[whole["probe"] == "untrained"].set_index(key)["value"].rename("before")
    gained = whole[whole["probe"] == "trained"].join(before, on=key).dropna(subset="before")
    return gained.assign(metric="gain", value=gained["value"] - gained["before"]).drop(columns="before")
