"""What a summary is given: the tables of the stages that it needs, and what the analysis says of its runs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from lea.errors import UserError
from lea.store import Columns, read_record, rows_table, to_frame

TYPES = {bool: "bool", str: "string", int: "int64", float: "float64"}
Fact = bool | str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All tables that a summary declares in NEEDS, and what the analysis calls things."""

    tables: Mapping[str, tuple[pa.Table, ...]]  # need -> its tables
    labels: Mapping[str, str] = field(default_factory=dict)  # what the figures call a run -> its id
    datasets: Mapping[str, str] = field(default_factory=dict)  # a data set's name -> its title
    columns: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)  # what sets runs apart, by label
    baselines: Mapping[str, str] = field(default_factory=dict)  # label -> that of the run to compare it with

    @property
    def facts(self) -> dict[str, str]:
        """The columns that stand first in a summary of runs, with Arrow's names of their types."""
        types = {"label": "string", "run": "string"}
        for name, values in self.columns.items():
            if name in types:
                expected = "expected another name; rename it"
                raise UserError(f"columns: '{name}' stands in every summary of runs anyway; {expected}")
            types[name] = _type(name, values.values())
        return types

    def facts_of(self, label: str) -> dict[str, Any]:
        """What stands there in the rows of a run; None: it has no such thing."""
        values = {name: of_labels.get(label) for name, of_labels in self.columns.items()}
        return {"label": label, "run": self.labels[label]} | values

    def table_of_runs(self, rows: Iterable[Mapping[str, object]], columns: Columns) -> pa.Table:
        """Rows that have the facts of a run and these columns."""
        return rows_table(rows, with_facts(self, columns))


def with_facts(inputs: Inputs, columns: Columns) -> dict[str, str]:
    """All columns of a summary of runs: the facts, then its own."""
    facts = inputs.facts
    both = [name for name in facts if name in columns]
    if both:
        raise UserError(
            f"columns: the summary has a column '{both[0]}' of its own; expected another name; rename it"
        )
    return facts | dict(columns)


def _type(column: str, values: Iterable[Fact]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float}:  # also of none: it is a number that no run has
        return TYPES[int] if kinds == {int} else TYPES[float]
    if len(kinds) > 1 or not kinds <= set(TYPES):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise UserError(f"columns: '{column}' has values of type {names}; expected bool, str, int or float")
    return TYPES[kinds.pop()]


@dataclass(frozen=True)
class OfRun:
    """The rows of all seeds of one run, and what is known of it."""

    label: str
    id: str
    facts: Mapping[str, Any]
    record: Mapping[str, Any]  # what its first table says of itself
    table: pa.Table

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same rows for pandas."""
        return to_frame(self.table)


def by_run(inputs: Inputs, need: str, *, some: bool = False) -> Iterator[OfRun]:
    """The tables of a need run by run, in the order of the labels; `some`: not every run has one."""
    tables: dict[str, list[pa.Table]] = {}
    for table in inputs.tables[need]:
        tables.setdefault(read_record(table)["id"], []).append(table)
    for label, run in inputs.labels.items():
        if some and run not in tables:
            continue
        assert run in tables, f"no table of run '{label}' ({run}) among the inputs"
        rows = pa.concat_tables(table.replace_schema_metadata() for table in tables[run])
        yield OfRun(label, run, inputs.facts_of(label), read_record(tables[run][0]), rows)
