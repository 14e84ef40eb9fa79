"""The training loop (Sec. 3.1.1): the regime's steps, metrics of both splits after each epoch (Sec. 4.1).

Training metrics are averages over the epoch while the weights move; test metrics are taken at its end, in
batches of the same size, since the normalised loss depends on the range of a batch's values.
"""

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch

from lea.compute.computation import Computation, Sums, mean, sums
from lea.compute.keeping import Keeper, pauses
from lea.compute.moment import Moment, add
from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.nn.layer import advance, watching
from lea.study.seeds import derive
from lea.study.spec import Pictures, Training
from lea.training.epochs import Epoch, Measurement, epochs_of, with_epochs
from lea.training.pictures import Picture, take_pictures
from lea.training.regimes import make_step

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 5.0


def train(
    network: Computation,
    data: Data,
    training: Training,
    seed: int,
    pictures: Pictures | None = None,
    keeper: Keeper | None = None,
) -> list[Epoch]:
    """Train a network in place, from where an earlier job stopped if its keeper knows of one."""
    samples, held_out = data.train.split(training.samples, training.held_out)
    step = make_step(network, training)
    order = torch.Generator().manual_seed(derive(seed, "order"))
    now, epochs = Moment(network.model, step.optimizers, order), list[Epoch]()
    album = Album(network, data.test, training.batch_size, pictures)
    kept = keeper.read() if keeper else None
    if kept:
        now.take_up(kept)
        epochs = epochs_of(kept)
    elif album.wants(0):
        epochs.append(Epoch(number=0, pictures=album.take(0)))
    done = min(now.batches * training.batch_size, len(samples))  # of the epoch that is gone on with
    progress = Progress(training.epochs * len(samples), (now.epoch - 1) * len(samples) + done)
    pause = pauses(keeper, lambda: with_epochs(now.kept(), epochs))
    while now.epoch <= training.epochs:
        network.model.train()
        totals, done = Totals(done, now.totals), 0
        rows = now.shuffle(len(samples)).to(samples.labels.device)
        for batch in rows.split(training.batch_size)[now.batches :]:
            started = time.perf_counter()
            advance(network.model, progress.done / len(samples), training.epochs)
            totals.add(step(*samples.batch(batch)), len(batch))
            progress.step(len(batch), f"epoch {now.epoch}/{training.epochs}", totals)
            now.batches += 1
            now.seconds += time.perf_counter() - started
            pause()
        started = time.perf_counter()
        measured = list(totals.measurements(now.epoch, "train"))  # waits for the device
        seconds = now.seconds + time.perf_counter() - started
        for split, of_split in {"test": data.test, "held-out": held_out}.items():
            if len(of_split):
                found = evaluate(network, of_split, training.batch_size, pause)
                measured += found.measurements(now.epoch, split)
        taken = album.take(now.epoch) if album.wants(now.epoch) else []
        ended = Epoch(
            number=now.epoch, measurements=measured, pictures=taken, samples=len(rows), seconds=seconds
        )
        ended.log()
        epochs.append(ended)
        now.next_epoch()
        pause(ended=True)
    return epochs


@torch.inference_mode()
def evaluate(
    network: Computation, samples: Samples, batch_size: int, pause: Callable[[], None] = lambda: None
) -> "Totals":
    """All metrics on all samples."""
    network.model.eval()
    totals = Totals()
    for rows in torch.arange(len(samples), device=samples.labels.device).split(batch_size):
        x, y = samples.batch(rows)
        totals.add(_examination(network, x, y), len(rows))
        pause()
    return totals


def _examination(network: Computation, x: torch.Tensor, y: torch.Tensor) -> Sums:
    with watching(network.model) if network.reconstructs else nullcontext():
        classified = network.classify(x, y) if network.classifies else None
        if classified is None:
            network.forward(x)
        return sums(len(y), classified, network.examine() if network.reconstructs else {})


@dataclass(frozen=True, slots=True)
class Album:
    """The pictures that a run keeps."""

    network: Computation
    samples: Samples
    batch_size: int
    pictures: Pictures | None

    def wants(self, epoch: int) -> bool:
        """Whether pictures are taken after this epoch."""
        return self.pictures is not None and epoch in self.pictures.epochs

    def take(self, epoch: int) -> list[Picture]:
        """The pictures of this moment."""
        assert self.pictures, "asked for after `wants`"
        shown = self.samples.first(max(self.pictures.images, self.batch_size))
        return list(take_pictures(self.network, shown, self.pictures.images, epoch))


@dataclass(slots=True)
class Totals:
    """Sums over an epoch, kept on the device: reading one out would make it wait."""

    samples: int = 0
    sums: Sums = field(default_factory=dict)

    def add(self, batch: Sums, count: int) -> None:
        """Take in a batch."""
        self.samples += count
        add(self.sums, batch)

    def finite_loss(self, part: str, moment: str) -> float:
        """The mean loss of a part so far; stops a training that has blown up."""
        loss = self.sums[part, "loss"].item() / self.samples
        if not math.isfinite(loss):
            raise UserError(
                f"{moment}, part {part}: the loss is {loss}; expected a finite number; "
                "try a smaller learning_rate, or precision float32"
            )
        return loss

    def losses(self, moment: str) -> dict[str, float]:
        """The mean losses of all parts, each finite."""
        return {part: self.finite_loss(part, moment) for part, metric in self.sums if metric == "loss"}

    def measurements(self, epoch: int, split: str) -> Iterator[Measurement]:
        """The means over all samples that were added."""
        self.losses(f"epoch {epoch}, {split}")
        for (part, metric), value in self.sums.items():
            yield Measurement(epoch, split, part, metric, mean(value, self.samples))


@dataclass(slots=True)
class Progress:
    """Says every few seconds how a training goes, and looks at its loss."""

    samples: int
    done: int
    here: int = 0  # by this process
    started: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)

    def step(self, count: int, moment: str, totals: Totals) -> None:
        """Count a batch."""
        self.done, self.here = self.done + count, self.here + count
        now = time.monotonic()
        if now - self.said >= SECONDS_BETWEEN_LINES or self.done == self.samples:
            self.said = now
            rate = self.here / (now - self.started)
            left = (self.samples - self.done) / rate
            losses = ", ".join(f"{part} {loss:.4f}" for part, loss in totals.losses(moment).items())
            log.info("%s: loss of %s; %.0f samples/s, %.0f s left", moment, losses, rate, left)
