"""How many samples of each class the runs learn from, and how many they are tested on: small samples are not
balanced by themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lea.errors import UserError
from lea.store import read_record, rows_table
from lea.summary.tables import Inputs, by_run

NEEDS = ("metrics", "data")
FACTS = False  # a row is not of a run
COLUMNS = {
    "dataset": "string",
    "target": "string",
    "split": "string",
    "samples": "int64",
    "class": "string",
    "count": "int64",
    "share": "float64",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics and of samples -> one row a data set, number of samples and class."""
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    for run in by_run(inputs, "metrics"):
        data = run.record["run"]["data"]
        if data.get("target"):
            if data["split"] != "fixed":
                found = f"'{run.label}' is given other samples by each seed"
                raise UserError(f"{found}; expected runs with `split: fixed`; leave it out")
            rows |= {tuple(row.values()): row for row in _counts(data, _table(data, inputs.tables["data"]))}
    return rows_table(rows.values(), COLUMNS)


def _table(data: Mapping[str, Any], tables: Sequence[pa.Table]) -> pa.Table:
    return next(table for table in tables if read_record(table)["dataset"] == data["table"])


def _counts(data: Mapping[str, Any], table: pa.Table) -> Iterator[dict[str, object]]:
    target, record = data["target"], read_record(table)
    for split, most in (("train", data.get("samples")), ("test", None)):
        labels = table.filter(pc.equal(table["split"], split))[target]
        kept = len(labels) - (data.get("held_out") or 0) if split == "train" else len(labels)
        labels = labels.slice(0, most or kept)
        for index, name in enumerate(record["names"][target]):
            count = pc.sum(pc.equal(labels, index)).as_py() or 0
            yield {
                "dataset": record["dataset"]["name"],
                "target": target,
                "split": split,
                "samples": len(labels),
                "class": name,
                "count": count,
                "share": count / len(labels),
            }
