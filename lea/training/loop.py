"""The training loop (Sec. 3.1.1): the method's steps, metrics of every split after each epoch (Sec. 4.1).

Training metrics are averages over the epoch while the weights move; test metrics are taken at its end, in
batches of the same size, since a metric may depend on what else is in a batch.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import torch

from lea.compute.keeping import Keeper, Kept, pauses
from lea.compute.looking import checking
from lea.compute.moment import Moment
from lea.compute.network import Network
from lea.compute.sums import check_rules
from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.study.seeds import derive
from lea.study.spec import Fit
from lea.training.epochs import Epoch, Measurement, Past, past_of
from lea.training.freezing import Learner
from lea.training.method import Batch, Method
from lea.training.totals import NoNumber, Totals

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 5.0
Pause = Callable[..., None]


def train(
    network: Network,
    method: Method,
    data: Data,
    fit: Fit,
    seed: int,
    keeper: Keeper | None = None,
    *,
    begun: Kept | None = None,
    until: int | None = None,
) -> tuple[Past, Kept]:
    """Train a model in place, from where an earlier job stopped if its keeper knows of one, or from a state,
    to the last epoch or that after which another will go on. The state is one of what comes next.
    """
    check_rules(method.RULES, f"method '{type(method).__name__}'")
    if not fit.epochs:
        untrained = Epoch(number=0, measurements=_tests(network, method, data, fit, 0))
        untrained.log()
        method.check(data)
        return Past([untrained]), Kept({}, {})
    _refuse_nothing(method, data)
    learner = Learner(network, fit.frozen)
    method.begin(data.train)
    order = torch.Generator().manual_seed(derive(seed, "order"))
    now, past = Moment(network.model, method.optimizers, order, network.device), Past()
    kept = (keeper.read() if keeper else None) or begun
    if kept:
        now.take_up(kept)
        past = past_of(kept)
    else:
        learner.fit_statistics(data.train, batch_size(fit, data.train))
        _snap(past, 0, network, method, data, fit)
    pause = pauses(keeper, lambda: past.joined(now.kept()))
    progress = Progress.of(now, data.train, fit)
    try:
        while now.epoch <= (until or fit.epochs):
            learner.mode()
            totals = _steps(network, method, data.train, fit, now, progress, pause)
            started = time.perf_counter()
            measured = list(totals.measurements(now.epoch))  # waits for the device
            seconds = now.seconds + time.perf_counter() - started
            # Who goes on from a test makes all of them again, with what they draw.
            pause_again = pauses(keeper, partial(past.joined, now.kept()))
            measured += _tests(network, method, data, fit, now.epoch, pause_again)
            ended = Epoch(number=now.epoch, measurements=measured, samples=totals.samples, seconds=seconds)
            ended.log()
            past.epochs.append(ended)
            _snap(past, now.epoch, network, method, data, fit)
            now.next_epoch()
            pause(ended=True)
    except NoNumber as error:
        error.past = past
        raise
    return past, past.joined(now.kept())


def batch_size(fit: Fit, samples: Samples) -> int:
    """How many samples a batch has."""
    return len(samples) if fit.batch_size == "all" else fit.batch_size


def shown_in_an_epoch(fit: Fit, samples: Samples) -> int:
    """How many samples an epoch shows."""
    return (fit.passes or 1) * len(samples)


def _steps(
    network: Network,
    method: Method,
    samples: Samples,
    fit: Fit,
    now: Moment,
    progress: "Progress",
    pause: Pause,
) -> Totals:
    """The steps of an epoch that are left; with the first, what is made of it is looked at."""
    size, shown = batch_size(fit, samples), shown_in_an_epoch(fit, samples)
    totals = Totals(method, samples=min(now.batches * size, shown), sums=now.totals)
    rows = now.shuffle(len(samples), fit.passes or 1).to(samples.values.device)
    with ExitStack() as first:
        first.enter_context(checking(network.model))
        for batch in rows.split(size)[now.batches :]:
            started = time.perf_counter()
            method.advance(progress.done / shown, fit.epochs)
            totals.add(method.step(Batch(*samples.batch(batch), batch)), len(batch))
            first.close()
            progress.step(len(batch), f"epoch {now.epoch}/{fit.epochs}", totals)
            now.batches += 1
            now.seconds += time.perf_counter() - started
            pause()
    return totals


def _snap(past: Past, epoch: int, network: Network, method: Method, data: Data, fit: Fit) -> None:
    """Keep the weights of this moment if the run asks for them; the method looks at them first."""
    if epoch in fit.snapshots or epoch == fit.epochs:
        method.check(data)
    past.snap(epoch, network.model, fit)


def _tests(
    network: Network, method: Method, data: Data, fit: Fit, epoch: int, pause: Pause = lambda: None
) -> list[Measurement]:
    """What is measured of the samples that are not learnt from."""
    measured: list[Measurement] = []
    for split, samples in {"test": data.test, "held-out": data.held_out}.items():
        if len(samples):
            totals = evaluate(network, method, samples, batch_size(fit, samples), pause, split)
            measured += totals.measurements(epoch)
    return measured


@torch.no_grad()
def evaluate(
    network: Network,
    method: Method,
    samples: Samples,
    size: int,
    pause: Pause = lambda: None,
    split: str = "test",
) -> Totals:
    """All metrics on all samples."""
    network.model.eval()
    totals = Totals(method, split)
    with ExitStack() as first:
        first.enter_context(checking(network.model))
        for rows in torch.arange(len(samples), device=samples.values.device).split(size):
            totals.add(method.examine(Batch(*samples.batch(rows), rows)), len(rows))
            first.close()
            pause()
    return totals


def _refuse_nothing(method: Method, data: Data) -> None:
    if not len(data.train):
        raise UserError(
            "nothing to train on: the data set has no training samples; choose another, or epochs 0"
        )
    if method.optimizers and not any(one.weights for one in method.optimizers.values()):
        found = (
            f"nothing to train: all that moves {', '.join(method.optimizers)} is frozen, or there is nothing"
        )
        raise UserError(f"{found}; freeze less, or choose epochs 0")


@dataclass(slots=True)
class Progress:
    """Says every few seconds how a training goes, and looks at its loss."""

    samples: int
    done: int
    here: int = 0  # by this process
    started: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, now: Moment, samples: Samples, fit: Fit) -> "Progress":
        """Where a training stands."""
        shown = shown_in_an_epoch(fit, samples)
        of_epoch = min(now.batches * batch_size(fit, samples), shown)
        return cls(fit.epochs * shown, (now.epoch - 1) * shown + of_epoch)

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
