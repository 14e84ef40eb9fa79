"""What a method summed over an epoch's batches, and what that is worth."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from lea import blame
from lea.compute.sums import Sums, add, value
from lea.errors import UserError
from lea.training.epochs import Measurement, Past
from lea.training.method import Method

LOSS = "loss"  # the metric that must be finite
EXPECTED = "expected a finite number"
TRY = "try a smaller rate of the optimizer, or precision float32"


class NoNumber(UserError):
    """A training has blown up; where that comes from is another question."""

    def __init__(self, found: str, split: str) -> None:
        super().__init__(f"{found}; {EXPECTED}; {TRY}")
        self.found, self.split = found, split
        self.past = Past()  # what there was before


@dataclass(slots=True)
class Totals:
    """Sums over an epoch, kept on the device: reading one out would make it wait."""

    method: Method
    split: str = "train"
    samples: int = 0
    sums: Sums = field(default_factory=dict)

    def add(self, batch: Sums, count: int) -> None:
        """Take in a batch; what it sums for the first time is looked at."""
        if not isinstance(batch, Mapping) or batch.keys() != self.sums.keys():
            self._check(batch)
        self.samples += count
        add(self.sums, batch, self.method.RULES)

    def losses(self, moment: str) -> dict[str, float]:
        """The losses of all parts so far, each finite; stops a training that has blown up."""
        found = {part: self._value(part, metric) for part, metric in self.sums if metric == LOSS}
        for part, loss in found.items():
            if not math.isfinite(loss):
                raise NoNumber(f"{moment}, part {part}: the loss is {loss}", self.split)
        return found

    def measurements(self, epoch: int) -> Iterator[Measurement]:
        """What all samples that were added are worth."""
        self.losses(f"epoch {epoch}, {self.split}")
        for part, metric in self.sums:
            yield Measurement(epoch, self.split, part, metric, self._value(part, metric))

    def _check(self, batch: object) -> None:
        """Refuse what are no sums."""
        function = "step" if self.split == "train" else "examine"
        whose = blame.called("method", self.method, function)
        expected = (
            "a mapping of (part, metric), two texts, to tensors with one number, or with a rule in RULES"
        )
        if not isinstance(batch, Mapping):
            raise blame.wrong(whose, f"`{function}` {blame.gave(batch)}", expected)
        for key, one in batch.items():
            if not (isinstance(key, tuple) and len(key) == 2 and all(isinstance(text, str) for text in key)):
                raise blame.wrong(whose, f"`{function}` gave the key {key!r}", expected)
            plain = self.method.RULES.get(key[1]) != "calibration"
            if not isinstance(one, Tensor) or (plain and one.numel() != 1):
                raise blame.wrong(whose, f"`{function}` {blame.gave(one)} for {key}", expected)

    def _value(self, part: str, metric: str) -> float:
        try:
            return value(self.sums[part, metric], self.samples, self.method.RULES.get(metric, "mean"))
        except UserError as error:
            raise UserError(f"part {part}, metric '{metric}': {error}") from error
