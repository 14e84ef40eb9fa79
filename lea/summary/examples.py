"""Example images: the first test images of each data set, in its fixed random order."""

import pyarrow as pa
import pyarrow.compute as pc

from lea.store import EXAMPLES, read_record
from lea.summary.tables import Inputs

NEEDS = ("data",)
EXAMPLES_EACH = 4  # Fig. 4.6


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of images -> one row an example, with its pixels and what its labels say."""
    rows = [row for table in inputs.tables for row in _examples(table, inputs)]
    return pa.Table.from_pylist(rows, EXAMPLES)


def _examples(table: pa.Table, inputs: Inputs) -> list[dict[str, object]]:
    record = read_record(table)
    height, width, channels = record["shape"]
    title = inputs.datasets[record["dataset"]["name"]]
    shape = {"dataset": title, "height": height, "width": width, "channels": channels}
    chosen = table.filter(pc.equal(table["split"], "test")).slice(0, EXAMPLES_EACH).to_pylist()
    return [
        shape
        | {
            "row": row,
            "pixels": example["pixels"],
            "labels": _words(example, record["names"], table.column_names[2:]),
        }
        for row, example in enumerate(chosen)
    ]


def _words(example: dict[str, int], names: dict[str, list[str]], factors: list[str]) -> str:
    return ", ".join(f"{factor} {names[factor][example[factor]]}" for factor in factors)
