"""What a summary is given: the tables of the stages, and what the analysis calls its runs and data sets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

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
    spec: Mapping[str, Any]  # the run, as it was specified
    frame: pd.DataFrame

    @property
    def autoencoder(self) -> str | None:
        """Of its LEAs; None: it has none."""
        return self._lea("autoencoder")

    @property
    def coder(self) -> str | None:
        """Of its LEAs."""
        return self._lea("coder")

    def _lea(self, part: str) -> str | None:
        lea = self.spec.get("lea")
        return lea[part]["name"] if lea else None

    def facts(self) -> dict[str, Any]:
        """What sets it apart from other runs, a column each; None: it has no such thing."""
        lea, network = self.spec.get("lea") or {}, self.spec["network"]
        training = self.spec["training"]
        all_there_are = self.spec.get("dataset", {}).get("train")
        kept = all_there_are and all_there_are - training.get("held_out", 0)
        return {
            "label": self.label,
            "run": self.id,
            "network": network["name"],
            "autoencoder": self.autoencoder,
            "coder": self.coder,
            "code_length": lea.get("code_length"),
            "window": lea.get("window") or network["options"].get("window"),
            "samples": training.get("samples", kept),
            "lea_weight": training.get("lea_weight"),
        }


def by_run(inputs: Inputs) -> Iterator[OfRun]:
    """The inputs run by run, in the order of the labels; tables of data sets are left out."""
    tables: dict[str, list[pa.Table]] = {}
    for table in inputs.tables:
        record = read_record(table)
        if "id" in record:
            tables.setdefault(record["id"], []).append(table)
    for label, run in inputs.labels.items():
        assert run in tables, f"no table of run '{label}' ({run}) among the inputs"
        plain = [table.replace_schema_metadata() for table in tables[run]]
        yield OfRun(label, run, read_record(tables[run][0])["run"], to_frame(pa.concat_tables(plain)))
