"""Made-up tables of stages as they are read back, and summaries of them as an analysis asks for them."""

import json
from collections.abc import Mapping, Sequence
from types import ModuleType

import pyarrow as pa

from lea.store import read_record, schema
from lea.study.stages import tables
from lea.summary.tables import Inputs, with_facts

Spec = dict[str, object]
Row = dict[str, object]
COLUMNS = ("network", "autoencoder", "coder", "code_length", "window", "samples", "lea_weight")


def spec(
    network: str = "classic",
    lea: str | None = None,
    window: int | None = None,
    samples: int | None = None,
    held_out: int | None = None,
    lea_weight: float | None = None,
    dataset: str = "dsprites",
    target: str | None = "shape",
    split: str = "fixed",
) -> Spec:
    """What a file says of its run, as far as a summary reads it, and beside it what the analysis says."""
    data = {"table": {"name": dataset, "side": 8}, "target": target, "split": split}
    data |= {"samples": samples, "held_out": held_out}
    values = (network, lea, lea and "fc", 5 if lea else None, window, samples, lea_weight)
    return {
        "run": {"data": {key: value for key, value in data.items() if value is not None}},
        "facts": dict(zip(COLUMNS, values, strict=True)),
    }


def stage_table(need: str, rows: Sequence[Row], record: Mapping[str, object]) -> pa.Table:
    """Rows of a stage; what they do not have is null."""
    return recorded(pa.Table.from_pylist(list(rows), schema(tables()[need][1])), record)


def recorded(table: pa.Table, record: Mapping[str, object]) -> pa.Table:
    return table.replace_schema_metadata({"lea": json.dumps(record)})


def inputs_of(
    labels: Mapping[str, str],
    baselines: Mapping[str, str] | None = None,
    **tables: Sequence[pa.Table],
) -> Inputs:
    """Tables by need; the columns are what `spec` has of each run."""
    records = [read_record(table) for of_need in tables.values() for table in of_need]
    facts = {record["id"]: record["facts"] for record in records if "facts" in record}
    known = {label: facts.get(run, {}) for label, run in labels.items()}
    columns = {
        name: {label: its.get(name) for label, its in known.items()}
        for name in COLUMNS
        if any(known.values())
    }
    given = {need: tuple(of_need) for need, of_need in tables.items()}
    return Inputs(tables=given, labels=labels, columns=columns, baselines=baselines or {})


def rows_of(module: ModuleType, inputs: Inputs, **options: object) -> list[Row]:
    """What a summary gives, if its columns are those that it declares."""
    table = module.summarise(inputs, **options)
    columns = with_facts(inputs, module.COLUMNS) if getattr(module, "FACTS", True) else module.COLUMNS
    assert table.schema.equals(schema(columns), check_metadata=True)
    rows: list[Row] = table.to_pylist()
    return rows
