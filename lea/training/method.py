"""How a model learns: what a method is, and what it is made with.

A method is a class `Kind(setting, *, options)`. Its constants are literals, which are read without an import.
What must last from one step to the next stands in the model, in its buffers too, or in an optimizer: these
are kept when a job is interrupted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor, nn

from lea.compute.building import build_part
from lea.compute.network import Network
from lea.compute.optimizers import Idle, Optimizer
from lea.compute.sums import Sums
from lea.data.tensors import Data, Further, Samples
from lea.errors import UserError
from lea.study.spec import Fit


@dataclass(frozen=True, slots=True)
class Batch:
    """Some samples."""

    x: Tensor  # (b, ...) floats
    y: Tensor | None  # (b,) labels; None: none is learnt
    rows: Tensor  # (b,) their numbers among the samples of their split

    @property
    def count(self) -> int:
        """How many samples these are."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a method is made with."""

    network: Network
    fit: Fit
    others: Mapping[str, Further] = field(default_factory=dict)  # further tables of the run, by role

    def optimizer(self, name: str, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """What the run says shall move these under this name; idle if all of them are frozen."""
        weights = [one for one in parameters if one.requires_grad]
        part = self.fit.optimizers.get(name, self.fit.optimizer)
        if weights and part is None and self.fit.epochs:
            expected = "expected it among the method's OPTIMIZERS, and one in the configuration"
            raise UserError(f"optimizer '{name}': the run names none; {expected}")
        if part is None or not weights:
            return Idle()
        made: Optimizer = build_part("optimizer", part, weights)
        return made


class Method(Protocol):
    """How a model learns, and what is measured of it on the way; what derives has the plain answers."""

    LABELS: bool = False  # whether it learns the labels
    NEEDS: tuple[str, ...] = ()  # what the model must have: methods, attributes, options
    OPTIMIZERS: tuple[str, ...] = ("main",)  # what the configuration can call them
    RULES: Mapping[
        str, str
    ] = {}  # metric -> how its sum becomes a value (lea/compute/sums.py), if not as a mean

    optimizers: Mapping[str, Optimizer] = {}  # all of them, by names of its own; a solver has none

    def begin(self, data: Samples) -> None:
        """See the training samples once, before the first epoch; not where nothing is trained."""

    def check(self, data: Data) -> None:
        """Refuse weights that are about to be kept and must not be."""

    def advance(self, done: float, epochs: int) -> None:
        """Know how many epochs are done, before every step: capacities rise within an epoch."""

    def step(self, batch: Batch) -> Sums:
        """Move the weights once, however many updates that takes; what is summed over the samples."""
        ...

    def examine(self, batch: Batch) -> Sums:
        """The same sums in evaluation, without moving anything."""
        ...


def follow(optimizer: Optimizer, loss: Tensor, *, keep_graph: bool = False) -> None:
    """Move the weights of an optimizer, and no others, down the gradient of a loss."""
    optimizer.zero_grad()
    descend(optimizer, loss, keep_graph=keep_graph)
    optimizer.step()


def descend(optimizer: Optimizer, loss: Tensor, *, keep_graph: bool = False) -> None:
    """Add the gradient of a loss to what an optimizer will follow; frozen weights may leave none."""
    if optimizer.weights and loss.requires_grad:
        loss.backward(inputs=optimizer.weights, retain_graph=keep_graph)
