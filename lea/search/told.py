"""What is known of a search's trials at some rung: which state each is in, and what it came to by epoch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from lea.study.spec import Search

State = Literal["going", "complete", "pruned", "diverged"]
TOLD = "told"  # the table's name, and with a trial's number behind a point its role


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A trial so far."""

    state: State
    values: Mapping[int, float]  # by epoch: what is minimised; inf where it was no number

    @property
    def last(self) -> float:
        """What it came to."""
        return self.values[max(self.values)]

    def at_rungs(self, search: Search, until: int) -> list[float]:
        """What it came to at each of the first so many rungs: as far as it was trained, or diverged."""
        behind = math.inf if self.state == "diverged" else None
        found = (self.values.get(epoch, behind) for epoch in search.rungs[:until])
        return [value for value in found if value is not None]

    def rows(self, trial: int) -> list[dict[str, Any]]:
        """The table's."""
        return [
            {"trial": trial, "state": self.state, "epoch": epoch, "value": value}
            for epoch, value in self.values.items()
        ]


def told_of(tables: Mapping[str, pa.Table]) -> dict[int, Told]:
    """The trials that a job's inputs tell of."""
    found = {}
    for role, table in tables.items():
        if role.startswith(f"{TOLD}."):
            rows = table.to_pylist()
            values = {row["epoch"]: row["value"] for row in rows}
            found[rows[0]["trial"]] = Told(state=rows[0]["state"], values=values)
    return dict(sorted(found.items()))


def best_of(told: Mapping[int, Told]) -> int | None:
    """The trial that came to least of those that were trained to the end, the first of equals."""
    ended = [trial for trial, one in told.items() if one.state == "complete" and math.isfinite(one.last)]
    return min(ended, key=lambda trial: told[trial].last, default=None)
