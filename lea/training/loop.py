"""The training loop (Sec. 3.1.1): Adam on the cross entropy, metrics of both splits after each epoch (Sec.
4.1).

Training metrics are averages over the epoch while the weights move; test metrics are taken at its end.
"""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.study.seeds import derive
from lea.study.spec import Training

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 5.0
TEST_BATCH = 500  # larger than a training batch: nothing is kept for a backward pass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the metrics table."""

    epoch: int
    split: str
    part: str
    metric: str
    value: float


def train(model: nn.Module, data: Data, training: Training, seed: int) -> Iterator[Measurement]:
    """Train a model in place; yields what each epoch measured."""
    samples = data.train.first(training.samples)
    optimizer = torch.optim.Adam(model.parameters(), lr=training.learning_rate, fused=True)
    order = torch.Generator().manual_seed(derive(seed, "order"))
    progress = Progress(training.epochs * len(samples))
    for epoch in range(1, training.epochs + 1):
        model.train()
        totals = Totals(samples.labels.device)
        for rows in (
            torch.randperm(len(samples), generator=order).to(samples.labels.device).split(training.batch_size)
        ):
            x, y = samples.batch(rows)
            logits, loss = classify(model, x, y, training)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            totals.add(logits.detach(), loss.detach(), y)
            progress.step(len(rows), f"epoch {epoch}/{training.epochs}", totals)
        yield from totals.measurements(epoch, "train")
        yield from evaluate(model, data.test, training).measurements(epoch, "test")


@torch.inference_mode()
def evaluate(model: nn.Module, samples: Samples, training: Training) -> "Totals":
    """Loss and accuracy on all samples."""
    model.eval()
    totals = Totals(samples.labels.device)
    for rows in torch.arange(len(samples), device=samples.labels.device).split(TEST_BATCH):
        x, y = samples.batch(rows)
        logits, loss = classify(model, x, y, training)
        totals.add(logits, loss, y)
    return totals


def classify(model: nn.Module, x: Tensor, y: Tensor, training: Training) -> tuple[Tensor, Tensor]:
    """(b, c, h, w), (b,) -> (b, classes) logits, cross entropy on their softmax."""
    with torch.autocast(x.device.type, torch.bfloat16, enabled=training.precision == "bfloat16"):
        logits = model(x)
    logits = logits.float()
    return logits, F.cross_entropy(logits, y)


class Totals:
    """Sums over an epoch, kept on the device: reading one out would make it wait."""

    def __init__(self, device: torch.device) -> None:
        self.samples = 0
        self.loss = torch.zeros((), device=device)
        self.correct = torch.zeros((), dtype=torch.int64, device=device)

    def add(self, logits: Tensor, loss: Tensor, y: Tensor) -> None:
        """Take in a batch."""
        self.samples += len(y)
        self.loss += loss * len(y)
        self.correct += (logits.argmax(1) == y).sum()

    def finite_loss(self, moment: str) -> float:
        """The mean loss so far; stops a training that has blown up."""
        loss = self.loss.item() / self.samples
        if not math.isfinite(loss):
            raise UserError(
                f"{moment}, part network: the classification loss is {loss}; expected a finite number; "
                "try a smaller learning_rate, or precision float32"
            )
        return loss

    def measurements(self, epoch: int, split: str) -> Iterator[Measurement]:
        """The means over all samples that were added."""
        yield Measurement(epoch, split, "network", "loss", self.finite_loss(f"epoch {epoch}, {split}"))
        yield Measurement(epoch, split, "network", "accuracy", self.correct.item() / self.samples)


@dataclass(slots=True)
class Progress:
    """Says every few seconds how a training goes, and looks at its loss."""

    samples: int
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)

    def step(self, count: int, moment: str, totals: Totals) -> None:
        """Count a batch."""
        self.done += count
        now = time.monotonic()
        if now - self.said >= SECONDS_BETWEEN_LINES or self.done == self.samples:
            self.said = now
            rate = self.done / (now - self.started)
            left = (self.samples - self.done) / rate
            loss = totals.finite_loss(moment)
            log.info("%s: loss %.4f, %.0f samples/s, %.0f s left", moment, loss, rate, left)
