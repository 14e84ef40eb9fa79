"""What an epoch leaves behind, and how the state of a training keeps it."""

import logging
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field

import torch

from lea.compute.keeping import Kept
from lea.training.pictures import Picture

log = logging.getLogger(__name__)


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
    """What an epoch measured and kept, and how long its steps took; epoch 0 is the untrained network."""

    number: int
    measurements: list[Measurement] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    samples: int = 0
    seconds: float = 0.0

    def log(self) -> None:
        """Say what was measured."""
        for one in self.measurements:
            log.info("epoch %d, %s: %s %s %.4f", one.epoch, one.split, one.part, one.metric, one.value)


def with_epochs(kept: Kept, epochs: Sequence[Epoch]) -> Kept:
    """A state, and what the epochs before it left."""
    pictures = [one for epoch in epochs for one in epoch.pictures]
    values = {f"picture.{number}": torch.from_numpy(one.values) for number, one in enumerate(pictures)}
    rows = [
        {
            "number": epoch.number,
            "measurements": [astuple(one) for one in epoch.measurements],
            "pictures": [
                (one.epoch, one.part, one.kind, one.sample, one.channel, one.low, one.high)
                for one in epoch.pictures
            ],
            "samples": epoch.samples,
            "seconds": epoch.seconds,
        }
        for epoch in epochs
    ]
    return Kept(kept.tensors | values, kept.facts | {"epochs": rows})


def epochs_of(kept: Kept) -> list[Epoch]:
    """The epochs that a state has behind it."""
    numbers = iter(range(len(kept.tensors)))
    return [
        Epoch(
            number=row["number"],
            measurements=[Measurement(*one) for one in row["measurements"]],
            pictures=[
                Picture(*[*one, kept.tensors[f"picture.{next(numbers)}"].numpy()]) for one in row["pictures"]
            ],
            samples=row["samples"],
            seconds=row["seconds"],
        )
        for row in kept.facts["epochs"]
    ]
