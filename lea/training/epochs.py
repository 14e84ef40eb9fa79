"""What the epochs of a training leave behind, and how its state keeps that."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from typing import Any

from torch import Tensor, nn

from lea.compute.keeping import Kept
from lea.study.spec import Fit

log = logging.getLogger(__name__)
SNAPSHOT = "snapshot."


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the metrics table."""

    epoch: int
    split: str
    part: str
    metric: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What was measured after an epoch, and how long its steps took; epoch 0 is the model before any."""

    number: int
    measurements: list[Measurement] = field(default_factory=list)
    samples: int = 0
    seconds: float = 0.0

    def log(self) -> None:
        """Say what was measured."""
        for one in self.measurements:
            log.info("epoch %d, %s: %s %s %.4f", one.epoch, one.split, one.part, one.metric, one.value)


@dataclass(slots=True)
class Past:
    """All that a training has left behind so far."""

    epochs: list[Epoch] = field(default_factory=list)
    snapshots: dict[str, Tensor] = field(default_factory=dict)  # `<epoch>/<name>` -> weights and buffers

    def snap(self, epoch: int, model: nn.Module, fit: Fit) -> None:
        """Keep the weights of this moment if the run asks for them; those of the last are its weights."""
        if epoch in fit.snapshots and epoch != fit.epochs:
            for name, tensor in model.state_dict().items():
                self.snapshots[f"{epoch}/{name}"] = tensor.detach().cpu().clone()

    def rows(self) -> list[dict[str, Any]]:
        """The metrics table's."""
        return [asdict(one) for epoch in self.epochs for one in epoch.measurements]

    def times(self, where: Mapping[str, object]) -> list[dict[str, Any]]:
        """The times table's; epoch 0 takes none."""
        return [
            {"epoch": one.number, "samples": one.samples, "seconds": one.seconds, **where}
            for one in self.epochs
            if one.samples
        ]

    def joined(self, kept: Kept) -> Kept:
        """A state, and the past that it has behind it."""
        rows = [
            {
                "number": epoch.number,
                "measurements": [astuple(one) for one in epoch.measurements],
                "samples": epoch.samples,
                "seconds": epoch.seconds,
            }
            for epoch in self.epochs
        ]
        snapshots = {f"{SNAPSHOT}{name}": tensor for name, tensor in self.snapshots.items()}
        return Kept(kept.tensors | snapshots, kept.facts | {"epochs": rows})


def past_of(kept: Kept) -> Past:
    """The past that a state has behind it."""
    epochs = [
        Epoch(
            number=row["number"],
            measurements=[Measurement(*one) for one in row["measurements"]],
            samples=row["samples"],
            seconds=row["seconds"],
        )
        for row in kept.facts["epochs"]
    ]
    snapshots = {
        name.removeprefix(SNAPSHOT): tensor
        for name, tensor in kept.tensors.items()
        if name.startswith(SNAPSHOT)
    }
    return Past(epochs, snapshots)
