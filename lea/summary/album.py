"""The pictures to show of each run: those of its first seed, since pictures have no median."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("pictures",)
COLUMNS = {
    "seed": "int32",
    "epoch": "int32",
    "part": "string",
    "kind": "string",
    "sample": "int32",  # the row among the test images; null: a whole batch's histogram
    "channel": "int32",
    "low": "float32",  # the range of the input's values, or of a histogram
    "high": "float32",
    "height": "int32",
    "width": "int32",
    "values": "list<float32>",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of pictures -> those of the first seed of each run, in the order of the labels."""
    runs = by_run(inputs, "pictures", some=True)
    return inputs.table_of_runs([row for run in runs for row in _pictures(run)], COLUMNS)


def _pictures(run: OfRun) -> Iterator[dict[str, object]]:
    seeds = run.table["seed"]
    for picture in run.table.filter(pc.equal(seeds, pc.min(seeds))).to_pylist():
        yield {**picture, **run.facts}
