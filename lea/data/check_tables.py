"""What is wrong with a prepared table, in sentences, or what it holds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lea import store
from lea.data.tables import SPLITS, VALUES, columns_of, described_samples, values_of, wrong_values

RECORD = {"dataset", "shape", "dtype", "range", "factors", "names", "counts", "origin"}


def check_table(path: Path) -> list[str]:
    """What is wrong with a table of ours; more is asked of a data set's samples than of other tables."""
    table = store.read_table(path)
    record = store.read_record(table)
    if not is_dataset(table, record):
        return []
    lacking = ", ".join(sorted(RECORD - set(record)))
    if lacking:
        return [f"{path}: its record lacks {lacking}; expected {', '.join(sorted(RECORD))}; make it again"]
    problems = (
        *column_problems(table, record),
        *split_problems(table, record),
        *value_problems(table, record),
        *label_problems(table, record),
    )
    return [f"{path}: {problem}; delete it, and the workflow makes it again" for problem in problems]


def is_dataset(table: pa.Table, record: dict[str, Any]) -> bool:
    """Whether a table of ours is a data set's: by its columns, or by its record if a column is missing."""
    types = {field.name: field.type for field in table.schema}
    stored = {"split", VALUES} <= set(types) and pa.types.is_fixed_size_binary(types[VALUES])
    return stored or {"shape", "factors"} <= set(record)


def column_problems(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """Columns that are missing, too many, of another type or width, or not full."""
    schema = wanted_schema(record)
    for field in schema:
        if field.name not in table.column_names:
            yield f"the column '{field.name}' is missing; expected {', '.join(schema.names)}"
        elif table.schema.field(field.name).type != field.type:
            found = table.schema.field(field.name).type
            yield f"the column '{field.name}' holds {found}; expected {field.type}"
        elif table[field.name].null_count:
            yield f"the column '{field.name}' has {table[field.name].null_count} empty values; expected none"
    for name in sorted(set(table.column_names) - set(schema.names)):
        yield f"the column '{name}' is unknown; expected {', '.join(schema.names)}"


def wanted_schema(record: dict[str, Any]) -> pa.Schema:
    """The columns that a record tells of."""
    return store.schema(columns_of(record["shape"], record["dtype"], record["factors"]))


def value_problems(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """Values that the record does not allow."""
    stored = VALUES in table.column_names and table[VALUES].type == wanted_schema(record).field(VALUES).type
    if stored and (found := wrong_values(values_of(table), record["range"])):
        yield f"{found}, as its record says"


def split_problems(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """Splits that have another number of samples than the record says."""
    if "split" not in table.column_names:
        return
    found = {entry["values"]: entry["counts"] for entry in table["split"].value_counts().to_pylist()}
    for split in sorted(found.keys() | record["counts"].keys(), key=str):
        count, wanted = found.get(split, 0), record["counts"].get(split, 0)
        if count != wanted:
            yield f"{count} samples in the split '{split}'; expected {wanted}, as its record says"


def label_problems(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """Labels out of range, and factors whose classes are not all named."""
    for factor, classes in record["factors"].items():
        names = len(record["names"].get(factor, ()))
        if names != classes:
            yield f"{names} names for the classes of '{factor}'; expected {classes}"
        if factor not in table.column_names or not pa.types.is_integer(table[factor].type):
            continue
        labels = table[factor].drop_null().to_numpy()
        wrong = labels[(labels < 0) | (labels >= classes)]
        if len(wrong):
            found = f"{len(wrong)} labels of '{factor}' out of range, such as {wrong[0]}"
            yield f"{found}; expected 0 to {classes - 1}"


def describe_table(path: Path) -> str:
    """What a table of ours holds, and which classes have no sample: allowed, but worth knowing."""
    table = store.read_table(path)
    record = store.read_record(table)
    if not is_dataset(table, record):
        return f"a table of {table.num_rows} rows with {', '.join(table.column_names)}"
    counts = ", ".join(f"{record['counts'][split]} for {split}" for split in SPLITS)
    factors = ", ".join(f"{factor} ({record['factors'][factor]})" for factor in table.column_names[2:])
    labels = f"labels {factors}" if factors else "no labels"
    absent = "".join(f"; no sample of {text}" for text in absent_classes(table, record))
    return f"{described_samples(record)}, {counts}; {labels}; {record['origin']}{absent}"


def absent_classes(table: pa.Table, record: dict[str, Any]) -> Iterator[str]:
    """For each split and factor, the classes that do not occur."""
    for split in record["counts"]:
        part = table.filter(pc.equal(table["split"], split))
        if not part.num_rows:  # which its count says
            continue
        for factor, names in record["names"].items():
            present = set(part[factor].unique().to_pylist())
            absent = [name for label, name in enumerate(names) if label not in present]
            if absent:
                yield f"{factor} {', '.join(absent)} in {split}"
