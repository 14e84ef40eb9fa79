"""The summary stage: the tables of many runs or data sets in; one small table out."""

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from lea import registry
from lea.blame import blaming, gave, place_of, wrong
from lea.errors import UserError, about
from lea.provenance import origin
from lea.store import Columns, read_table, schema, write_table
from lea.study.stages import tables
from lea.summary.tables import Inputs, with_facts

DATA = "data"  # the need whose tables no stage makes, and whose columns are each data set's


def summarise(spec: str, *, inputs: Sequence[tuple[str, Path]], output: Path) -> None:
    """Compute the summary that a specification names; `inputs` are its needs with a table each."""
    said = json.loads(spec)
    name = said["summary"]["name"]
    with blaming(lambda: [("summary", name)]):
        module = importlib.import_module(registry.module_of("summary", name))
    given = Inputs(
        tables=_read(module, inputs),
        labels=dict(said["labels"]),
        datasets=dict(said["datasets"]),
        columns=dict(said["columns"]),
        baselines=said["baselines"],
    )
    own = _own_columns(module)
    columns = with_facts(given, own) if getattr(module, "FACTS", True) else own
    options = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in said["summary"]["options"].items()
    }
    summarise = registry.load("summary", name)
    with blaming(lambda: [("summary", name)]), about(f"summary '{name}'"):
        table = summarise(given, **options)
    whose = f"summary '{name}'{place_of(summarise)}"
    write_table(output, _checked(whose, table, columns), columns, origin(said, ("pandas", "pyarrow")))


def _read(module: ModuleType, inputs: Sequence[tuple[str, Path]]) -> dict[str, tuple[pa.Table, ...]]:
    """The tables of each need, with the columns that their stages declare."""
    needs: tuple[str, ...] = module.NEEDS
    declared = {need: columns for need, (_, columns) in tables().items()}
    read: dict[str, list[pa.Table]] = {need: [] for need in needs}
    for need, path in inputs:
        if need not in read:
            found = f"{path} is given as '{need}'"
            raise UserError(f"{module.__name__}: {found}; expected one of its needs: {', '.join(needs)}")
        read[need].append(read_table(path, None if need == DATA else declared[need]))
    return {need: tuple(of_need) for need, of_need in read.items()}


def _own_columns(module: ModuleType) -> Columns:
    columns: Any = getattr(module, "COLUMNS", None)
    if not isinstance(columns, Mapping) or not columns:
        found = "found none" if columns is None else f"found {columns!r}"
        expected = "expected a mapping of the summary's own columns to Arrow's names of their types"
        raise UserError(f"{module.__name__}: COLUMNS: {found}; {expected}, such as {{'median': 'float64'}}")
    return columns


def _checked(whose: str, table: Any, columns: Columns) -> pa.Table:
    """What a summary gave, in the order of the columns that it declares, neither more nor less."""
    if not isinstance(table, pa.Table):
        raise wrong(whose, gave(table), "a pyarrow.Table")
    missing = [name for name in columns if name not in table.column_names]
    unknown = [name for name in table.column_names if name not in columns]
    if missing or unknown:
        strange = "; ".join(
            f"{what} {', '.join(names)}"
            for what, names in (("without", missing), ("besides", unknown))
            if names
        )
        found = f"gave {', '.join(table.column_names) or 'no columns'}: {strange}"
        raise UserError(f"{whose}: {found}; expected {', '.join(columns)}; mend it or its COLUMNS")
    try:
        return table.select(list(columns)).cast(schema(columns))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        expected = ", ".join(f"{name} ({kind})" for name, kind in columns.items())
        raise UserError(f"{whose}: {error}; expected {expected}; mend it or its COLUMNS") from error
