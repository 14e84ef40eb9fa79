"""The size of each data set: what its table holds, counted there (Table 4.1)."""

import pyarrow as pa
import pyarrow.compute as pc

from lea.store import read_record, rows_table
from lea.summary.tables import Inputs

NEEDS = ("data",)
FACTS = False  # a row is not of a run
COLUMNS = {
    "dataset": "string",
    "source": "string",
    "image": "string",
    "train": "int64",
    "test": "int64",
    "labels": "string",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of images -> one row a data set."""
    return rows_table([_size(table, inputs) for table in inputs.tables["data"]], COLUMNS)


def _size(table: pa.Table, inputs: Inputs) -> dict[str, object]:
    record = read_record(table)
    factors = [factor for factor in table.column_names if factor in record["factors"]]
    labels = (f"{factor} ({len(pc.unique(table[factor]))})" for factor in factors)
    counts = {split: pc.sum(pc.equal(table["split"], split)).as_py() or 0 for split in ("train", "test")}
    return {
        "dataset": inputs.datasets[record["dataset"]["name"]],
        "source": record["dataset"]["source"],
        "image": "x".join(map(str, record["shape"])),
        **counts,
        "labels": ", ".join(labels),
    }
