"""What a summary is given: the tables of the stages, and what the analysis calls its runs and data sets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from lea.store import read_record, to_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All tables that a summary declares in NEEDS, and the names for them."""

    tables: tuple[pa.Table, ...]
    labels: Mapping[str, str]  # what the figures call a run -> its id
    datasets: Mapping[str, str]  # a data set's name -> its title


class OfRun(NamedTuple):
    """The tables of all seeds of one run, as one frame, and what the run was."""

    label: str
    id: str
    autoencoder: str | None  # None: no LEAs
    coder: str | None
    frame: pd.DataFrame


def by_run(inputs: Inputs) -> Iterator[OfRun]:
    """The inputs run by run, in the order of the labels."""
    tables: dict[str, list[pa.Table]] = {}
    for table in inputs.tables:
        tables.setdefault(read_record(table)["id"], []).append(table)
    for label, run in inputs.labels.items():
        assert run in tables, f"no table of run '{label}' ({run}) among the inputs"
        lea = read_record(tables[run][0])["run"].get("lea")
        autoencoder, coder = (lea[part]["name"] if lea else None for part in ("autoencoder", "coder"))
        plain = [table.replace_schema_metadata() for table in tables[run]]
        yield OfRun(label, run, autoencoder, coder, to_frame(pa.concat_tables(plain)))
