"""The size of each data set: what its table holds, counted there (Table 4.1)."""

import pyarrow as pa
import pyarrow.compute as pc

from lea.store import SIZES, read_record
from lea.summary.tables import Inputs

NEEDS = ("data",)


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of images -> one row a data set."""
    return pa.Table.from_pylist([_size(table, inputs) for table in inputs.tables], SIZES)


def _size(table: pa.Table, inputs: Inputs) -> dict[str, object]:
    record = read_record(table)
    labels = (f"{factor} ({len(pc.unique(table[factor]))})" for factor in table.column_names[2:])
    counts = {split: pc.sum(pc.equal(table["split"], split)).as_py() for split in ("train", "test")}
    return counts | {
        "dataset": inputs.datasets[record["dataset"]["name"]],
        "source": record["dataset"]["source"],
        "image": "x".join(map(str, record["shape"])),
        "labels": ", ".join(labels),
    }
