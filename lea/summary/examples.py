"""Example images: the first test images of each data set, in its fixed random order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lea.data.tables import described_samples, values_of
from lea.errors import UserError
from lea.store import read_record, rows_table
from lea.summary.tables import Inputs

NEEDS = ("data",)
FACTS = False  # a row is not of a run
LIMITS = {"each": (1, 100)}
COLUMNS = {
    "dataset": "string",
    "row": "int32",
    "labels": "string",
    "height": "int32",
    "width": "int32",
    "channels": "int32",
    "pixels": "binary",
}


def summarise(inputs: Inputs, *, each: int = 4) -> pa.Table:
    """Tables of images -> one row an example, with its pixels and what its labels say."""
    rows = [row for table in inputs.tables["data"] for row in _examples(table, inputs, each)]
    return rows_table(rows, COLUMNS)


def _examples(table: pa.Table, inputs: Inputs, each: int) -> Iterator[dict[str, object]]:
    record = read_record(table)
    name, shape = record["dataset"]["name"], record["shape"]
    if len(shape) != 3:
        found = f"data set '{name}' has {described_samples(record)}"
        raise UserError(f"{found}; expected pictures; leave it out")
    size = dict(zip(("height", "width", "channels"), shape, strict=True))
    chosen = table.filter(pc.equal(table["split"], "test")).slice(0, each)
    for row, (image, labels) in enumerate(zip(values_of(chosen), chosen.to_pylist(), strict=True)):
        pixels = {"pixels": _bytes(image, record["range"]), "labels": _words(labels, record["names"])}
        yield {"dataset": inputs.datasets[name], "row": row, **size, **pixels}


def _bytes(image: np.ndarray, limits: Sequence[float] | None) -> bytes:
    """A grey value from 0 to 255 a number."""
    low, high = limits or (0.0, 1.0)
    shares = (image.astype(float) - low) / (high - low)
    return (shares.clip(0, 1) * 255).round().astype(np.uint8).tobytes()


def _words(labels: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> str:
    """In the order of the table's columns."""
    return ", ".join(f"{factor} {names[factor][labels[factor]]}" for factor in labels if factor in names)
