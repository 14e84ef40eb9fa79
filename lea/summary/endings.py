"""What each run came to: its values after the last epoch, and after the epoch that a split's loss chooses.

The source chooses the epoch of the lowest test loss (Fig. 5.8), so that the test set says when to stop and
then how good it is; where a part of the training images is held out, the epoch of their lowest loss stands
beside it. `rise` is a loss after the last epoch less its lowest, 0 if it never rose.
"""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from lea.summary.seeds import describe
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("metrics",)
POINT = ["part", "split", "metric"]
CHOICES = ("test", "held-out")
COLUMNS = {
    "moment": "string",  # end, or the lowest loss of a split
    "part": "string",
    "split": "string",
    "metric": "string",
    "seeds": "int32",
    "median": "float64",
    "minimum": "float64",
    "maximum": "float64",
    "low": "float64",  # of the interval for the median
    "high": "float64",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics -> one row a run, moment, part, split and metric."""
    rows = [row for run in by_run(inputs, "metrics") for row in _endings(run)]
    return inputs.table_of_runs(rows, COLUMNS)


def _endings(run: OfRun) -> Iterator[dict[str, object]]:
    for moment, metrics in moments(run.frame).items():
        for key, values in metrics.groupby(POINT, sort=False)["value"]:
            point = {"moment": moment, **dict(zip(POINT, key, strict=True))}
            yield {**run.facts, **point, **describe(values.tolist())}


def moments(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A run's metrics at each moment, a row a seed, part, split and metric."""
    at_moments = {"end": ends(frame)}
    losses = frame[(frame["part"] == "network") & (frame["metric"] == "loss")]
    for split in CHOICES:
        of_split = losses[losses["split"] == split].reset_index(drop=True)
        if len(of_split):
            lowest = of_split.loc[of_split.groupby("seed")["value"].idxmin(), ["seed", "epoch"]]
            chosen = frame.merge(lowest, on=["seed", "epoch"])
            when = lowest.assign(
                part="network", split=split, metric="epoch", value=lowest["epoch"].astype(float)
            )
            at_moments[f"lowest {split} loss"] = pd.concat([chosen, when])
    return at_moments


def ends(frame: pd.DataFrame) -> pd.DataFrame:
    """A run's metrics after the last epoch, and the rises of its losses."""
    last = frame[frame["epoch"] == frame.groupby("seed")["epoch"].transform("max")]
    return pd.concat([last, rises(frame, last)])


def rises(frame: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """By how much each loss of the network ends above its lowest."""
    key = ["seed", *POINT]
    chosen = (frame["part"] == "network") & (frame["metric"] == "loss")
    lowest = frame[chosen].groupby(key, sort=False)["value"].min().rename("lowest")
    risen = last.merge(lowest, on=key)
    return risen.assign(metric="rise", value=risen["value"] - risen["lowest"]).drop(columns="lowest")
