"""Learning curves: for each run, part, split, metric and epoch the median and the full range over the seeds
(Sec. 4.1).
"""

import pandas as pd
import pyarrow as pa

from lea.store import CURVES
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("metrics",)


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics -> one row a point of a curve, in the order of the labels."""
    tables = [
        pa.Table.from_pandas(_curves(run)[CURVES.names], CURVES, preserve_index=False)
        for run in by_run(inputs)
    ]
    return pa.concat_tables(tables).replace_schema_metadata()


def _curves(run: OfRun) -> pd.DataFrame:
    point = ["run", "part", "split", "metric", "epoch"]
    over_seeds = run.frame.groupby(point, sort=False)["value"]  # parts as the network has them
    curves = over_seeds.agg(seeds="count", median="median", minimum="min", maximum="max").reset_index()
    curves = curves.sort_values("epoch", kind="stable")
    return curves.assign(**run.facts())
