"""The summary stage: the tables of many runs or data sets in; one small table out."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from lea import registry
from lea.provenance import origin
from lea.store import read_table, write_table
from lea.summary.tables import Inputs


def summarise(spec: str, *, inputs: Sequence[Path], output: Path) -> None:
    """Compute the summary that a specification names."""
    asked = json.loads(spec)
    tables = tuple(read_table(path) for path in inputs)
    summary = registry.load("summary", asked["summary"])
    table: pa.Table = summary(
        Inputs(tables=tables, labels=dict(asked["labels"]), datasets=dict(asked["datasets"]))
    )
    write_table(output, table, table.schema.remove_metadata(), origin(asked, ("pandas", "pyarrow")))
