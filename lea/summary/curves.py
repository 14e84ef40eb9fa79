"""Learning curves: for each run, part, split, metric and epoch the median and the full range over the seeds
(Sec. 4.1).
"""

import pyarrow as pa

from lea.store import CURVES, to_frame
from lea.summary.tables import Inputs

NEEDS = ("metrics",)


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics -> one row a point of a curve, in the order of the labels."""
    metrics = to_frame(pa.concat_tables([table.replace_schema_metadata() for table in inputs.tables]))
    point = ["run", "part", "split", "metric", "epoch"]
    over_seeds = metrics.groupby(point)["value"]
    curves = over_seeds.agg(seeds="count", median="median", minimum="min", maximum="max").reset_index()
    labelled = [curves[curves["run"] == run].assign(label=label) for label, run in inputs.labels.items()]
    for label, one in zip(inputs.labels, labelled, strict=True):
        assert len(one), f"no metrics of run '{label}' ({inputs.labels[label]}) among the inputs"
    tables = [pa.Table.from_pandas(one[CURVES.names], CURVES, preserve_index=False) for one in labelled]
    return pa.concat_tables(tables).replace_schema_metadata()
