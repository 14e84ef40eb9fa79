"""What a method summed over an epoch's batches, and what that is worth."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from lea.compute.sums import Rules, Sums, add, value
from lea.errors import UserError
from lea.training.epochs import Measurement

LOSS = "loss"  # the metric that must be finite


@dataclass(slots=True)
class Totals:
    """Sums over an epoch, kept on the device: reading one out would make it wait."""

    rules: Rules
    samples: int = 0
    sums: Sums = field(default_factory=dict)

    def add(self, batch: Sums, count: int) -> None:
        """Take in a batch."""
        self.samples += count
        add(self.sums, batch, self.rules)

    def losses(self, moment: str) -> dict[str, float]:
        """The losses of all parts so far, each finite; stops a training that has blown up."""
        found = {part: self._value(part, metric) for part, metric in self.sums if metric == LOSS}
        for part, loss in found.items():
            if not math.isfinite(loss):
                raise UserError(
                    f"{moment}, part {part}: the loss is {loss}; expected a finite number; "
                    "try a smaller rate of the optimizer, or precision float32"
                )
        return found

    def measurements(self, epoch: int, split: str) -> Iterator[Measurement]:
        """What all samples that were added are worth."""
        self.losses(f"epoch {epoch}, {split}")
        for part, metric in self.sums:
            yield Measurement(epoch, split, part, metric, self._value(part, metric))

    def _value(self, part: str, metric: str) -> float:
        try:
            return value(self.sums[part, metric], self.samples, self.rules.get(metric, "mean"))
        except UserError as error:
            raise UserError(f"part {part}, metric '{metric}': {error}") from error
