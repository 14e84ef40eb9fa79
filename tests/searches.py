"""Made-up searches, as the two tables that say what was tried: halved at rungs, with diverging trials and a
parameter that is drawn only where another says so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from lea.search.choose.stage import OUTPUTS
from lea.store import schema

Row = dict[str, object]
TABLES: Mapping[str, Any] = {name: OUTPUTS[name] for name in ("trials", "histories")}


@dataclass(frozen=True)
class Parameter:
    """One of a space: a range, or choices; `only`: drawn where another parameter is this."""

    name: str
    scale: str = "linear"
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    choices: tuple[str, ...] = ()
    only: tuple[str, str] | None = None

    def draw(self, rng: np.random.Generator) -> float | str:
        if self.choices:
            return str(rng.choice(self.choices))
        if self.scale == "log":
            return float(10 ** rng.uniform(np.log10(self.low), np.log10(self.high)))
        return float(
            rng.integers(self.low, self.high + 1) if self.whole else rng.uniform(self.low, self.high)
        )


SPACE = (
    Parameter("model.encoder.layout.latent", low=4, high=64, whole=True),
    Parameter("fit.optimizer.name", "choice", choices=("adam", "sgd")),
    Parameter("fit.optimizer.rate", "log", 1e-4, 1e-1),
    Parameter("fit.optimizer.momentum", low=0.5, high=0.99, only=("fit.optimizer.name", "sgd")),
    Parameter("model.encoder.layout.channels", "choice", choices=("4", "8", "16")),
)
NAMES = {one.name: one.name.rpartition(".")[2] for one in SPACE}


@dataclass
class Search:
    """All trials of one run and seed."""

    run: str = "a"
    seed: int = 0
    trials: int = 20
    space: Sequence[Parameter] = SPACE
    rungs: Sequence[int] = (1, 3, 9)
    epochs: int = 30
    drawn: list[Mapping[str, float | str]] = field(init=False)
    curves: list[np.ndarray] = field(init=False)
    states: list[str] = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.seed, self.trials])
        self.drawn = [self._draw(rng) for _ in range(self.trials)]
        self.curves = [self._curve(values, rng) for values in self.drawn]
        self.states = ["complete" if np.isfinite(curve).all() else "diverged" for curve in self.curves]
        for rung in self.rungs:  # the better half goes on
            going = [
                number
                for number, curve in enumerate(self.curves)
                if len(curve) == self.epochs and self.states[number] == "complete"
            ]
            middle = np.median([self.curves[number][rung - 1] for number in going]) if going else 0
            for number in going:
                if self.curves[number][rung - 1] > middle:
                    self.states[number] = "pruned"
                    self.curves[number] = self.curves[number][:rung]

    def _draw(self, rng: np.random.Generator) -> Mapping[str, float | str]:
        found: dict[str, float | str] = {}
        for one in self.space:
            value = one.draw(rng)
            if one.only is None or found[one.only[0]] == one.only[1]:
                found[one.name] = value
        return found

    def _curve(self, values: Mapping[str, float | str], rng: np.random.Generator) -> np.ndarray:
        """Slow at small rates, diverging at large ones with SGD."""
        rate = float(values.get("fit.optimizer.rate", 1e-3))
        sgd = values.get("fit.optimizer.name") == "sgd"
        latent = float(values.get("model.encoder.layout.latent", 16))
        best = 0.012 + 0.02 * 8 / latent + 0.004 * abs(np.log10(rate) + 2.7) + rng.normal(0, 0.001)
        speed = np.clip((rate / 0.002) ** 0.5 * (0.4 if sgd else 1), 0.03, 3)
        epochs = np.arange(1, self.epochs + 1)
        curve = best + 0.15 * np.exp(-speed * epochs**0.7) * np.exp(rng.normal(0, 0.03, self.epochs))
        if sgd and rate > 0.05:
            end = int(rng.integers(1, 6))
            curve = np.append(curve[:end] * 3.0 ** np.arange(end), np.inf)
        return curve

    @property
    def chosen(self) -> int:
        complete = [number for number, state in enumerate(self.states) if state == "complete"]
        return min(complete, key=lambda number: self.curves[number][-1])

    def rows(self) -> Iterator[Row]:
        for number, (values, curve) in enumerate(zip(self.drawn, self.curves, strict=True)):
            trial = {"run": self.run, "seed": self.seed, "trial": number, "state": self.states[number]}
            trial |= {"epoch": len(curve), "value": curve[-1], "chosen": number == self.chosen}
            for one in self.space:
                value = values.get(one.name)
                is_number = value is not None and not one.choices
                text = "" if value is None else value if one.choices else f"{value:.6g}"
                ends = (None, None) if one.choices else (one.low, one.high)
                yield trial | {
                    "parameter": one.name,
                    "number": value if is_number else None,
                    "text": text,
                    **dict(zip(("low", "high"), ends, strict=True)),
                    "scale": one.scale,
                }

    def tables(self, **facts: object) -> dict[str, pa.Table]:
        """Both tables, as they are read back."""
        histories = [
            {"run": self.run, "seed": self.seed, "trial": number, "epoch": epoch, "value": value}
            for number, curve in enumerate(self.curves)
            for epoch, value in enumerate(curve.tolist(), 1)
        ]
        rows = {"trials": list(self.rows()), "histories": histories}
        return {name: table(name, of, self.run, **facts) for name, of in rows.items()}


def table(name: str, rows: Sequence[Row], run: str = "a", **facts: object) -> pa.Table:
    """One of both, with what it says of its run."""
    record = {"id": run, "facts": facts}
    return pa.Table.from_pylist(list(rows), schema(TABLES[name])).replace_schema_metadata(
        {"lea": json.dumps(record)}
    )
