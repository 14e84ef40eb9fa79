"""How many images of each class the runs learn from, and how many they are tested on: small samples are not
balanced by themselves.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lea.store import BALANCE, read_record
from lea.summary.tables import Inputs, by_run

NEEDS = ("metrics", "data")


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics and of images -> one row a data set, number of samples and class."""
    records = [(table, read_record(table)) for table in inputs.tables]
    images = [(record, table) for table, record in records if "id" not in record]
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    for run in by_run(inputs):
        if run.spec.get("target"):
            record, table = next(one for one in images if one[0]["dataset"] == run.spec["dataset"])
            for row in _counts(run.spec, record, table):
                rows[tuple(row.values())] = row
    return pa.Table.from_pylist(list(rows.values()), BALANCE)


def _counts(
    spec: Mapping[str, Any], record: Mapping[str, Any], table: pa.Table
) -> Iterator[dict[str, object]]:
    target, training = spec["target"], spec["training"]
    for split, most in (("train", training.get("samples")), ("test", None)):
        labels = table.filter(pc.equal(table["split"], split))[target]
        kept = len(labels) - training.get("held_out", 0) if split == "train" else len(labels)
        labels = labels.slice(0, most or kept)
        for index, name in enumerate(record["names"][target]):
            count = pc.sum(pc.equal(labels, index)).as_py() or 0
            share = {"count": count, "share": count / len(labels)}
            yield {
                "dataset": record["dataset"]["name"],
                "target": target,
                "split": split,
                "samples": len(labels),
                "class": name,
            } | share
