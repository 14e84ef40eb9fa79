"""All probes of a run and seed trained together: one forward pass of each frozen network a batch, one step.

No probe's loss reaches another's weights, and Adam treats every weight apart: training them together gives
each what it would learn alone.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.keeping import Keeper, Kept, pauses
from lea.compute.moment import Moment
from lea.compute.optimizers import Adam
from lea.compute.sums import add
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.probes.layers import INPUT, Layers
from lea.probes.readers import SHUFFLED, make_probes, network_of
from lea.probes.stage import Probes
from lea.study.seeds import derive

log = logging.getLogger(__name__)

Sums = dict[tuple[str, str, str, str], Tensor]  # (kind, layer, metric, factor) -> sum; by group, a sum each
BY_GROUP = "by group"


@dataclass(frozen=True, slots=True)
class Factor:
    """What a probe reads: its number of classes, and how far two of them are apart if they are ordered."""

    name: str
    classes: int
    ordered: bool = False
    period: int | None = None  # so many steps are a full turn

    def distance(self, answers: Tensor, labels: Tensor) -> Tensor:
        """(b,), (b,) -> (b,) steps between them."""
        steps = (answers - labels).abs()
        return steps if self.period is None else torch.minimum(steps % self.period, -steps % self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Samples with a label a factor, and the group that each belongs to."""

    samples: Samples  # labels (n, factors)
    groups: Tensor | None = None  # (n,)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def labels(self) -> Tensor:
        """(n, factors)."""
        assert self.samples.labels is not None, "probes learn labels"
        return self.samples.labels

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """(b,) -> (b, ...) floats, and (b, factors) labels."""
        x, _ = self.samples.batch(rows)
        return x, self.labels[rows]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the probes table; no group: of all images."""

    epoch: int
    split: str
    probe: str
    layer: str
    place: int  # of the layer, from the input
    factor: str
    group: int | None
    metric: str
    value: float


class Probing:
    """The frozen networks, their probes and one optimizer for all."""

    def __init__(
        self,
        networks: Mapping[str, Layers],
        factors: list[Factor],
        spec: Probes,
        seed: int,
        example: Tensor,
        begin: Callable[[nn.Module], None] = lambda probe: None,
    ) -> None:
        self.networks, self.factors, self.spec = networks, factors, spec
        maps = {name: layers.read(example) for name, layers in networks.items()}
        self.places = {
            name: {layer: place for place, layer in enumerate(found, start=INPUT not in found)}
            for name, found in maps.items()
        }
        classes = [factor.classes for factor in factors]
        self.probes = make_probes(maps, classes, spec.hidden, seed, begin)
        weights = [weight for probe in self.probes.values() for weight in probe.parameters()]
        self.optimizer = Adam(weights, rate=spec.learning_rate)

    def answers(self, x: Tensor) -> Iterator[tuple[tuple[str, str], tuple[Tensor, ...]]]:
        """The logits of every probe; each network runs once."""
        maps = {name: layers.read(x) for name, layers in self.networks.items()}
        arithmetic = next(iter(self.networks.values())).network.arithmetic(x.device)
        for (kind, layer), probe in self.probes.items():
            with arithmetic:
                logits = probe(maps[network_of(kind)][layer])
            yield (kind, layer), logits

    def step(self, x: Tensor, y: Tensor, shuffled: Tensor) -> Sums:
        """Train on a batch, whose labels are (b, factors)."""
        self.optimizer.zero_grad()
        found: Sums = {}
        for (kind, layer), logits in self.answers(x):
            labels = shuffled if kind == SHUFFLED else y
            losses = _losses(logits, labels)
            torch.stack(losses).sum().backward()
            found |= self._sums(kind, layer, logits, labels, losses)
        self.optimizer.step()
        return found

    @torch.no_grad()
    def examine(self, x: Tensor, y: Tensor, groups: Tensor | None) -> Sums:
        """What the probes make of images that they are not trained on; (b, groups) says which is whose."""
        found: Sums = {}
        for (kind, layer), logits in self.answers(x):
            found |= self._sums(kind, layer, logits, y, _losses(logits, y), groups)
        return found

    def _sums(
        self,
        kind: str,
        layer: str,
        logits: tuple[Tensor, ...],
        labels: Tensor,
        losses: list[Tensor],
        groups: Tensor | None = None,
    ) -> Sums:
        found: Sums = {}
        for factor, own, wanted, loss in zip(self.factors, logits, labels.T, losses, strict=True):
            answers = own.detach().argmax(1)
            right = answers == wanted
            found[kind, layer, "loss", factor.name] = loss.detach() * len(labels)
            found[kind, layer, "accuracy", factor.name] = right.sum()
            if factor.ordered:
                near = factor.distance(answers, wanted) <= 1
                found[kind, layer, "accuracy within one step", factor.name] = near.sum()
            if groups is not None:
                found[kind, layer, BY_GROUP, factor.name] = right.float() @ groups
        return found


def _losses(logits: tuple[Tensor, ...], labels: Tensor) -> list[Tensor]:
    return [F.cross_entropy(own, wanted) for own, wanted in zip(logits, labels.T, strict=True)]


def train_probes(
    probing: Probing, train: Reading, test: Reading, seed: int, keeper: Keeper | None = None
) -> list[Measurement]:
    """Train all probes, from where an earlier job stopped; what each measured in each epoch."""
    spec, device = probing.spec, train.labels.device
    order = torch.Generator().manual_seed(derive(seed, "probes", "order"))
    others = torch.randperm(
        len(train), generator=torch.Generator().manual_seed(derive(seed, "probes", "shuffled"))
    )
    shuffled = train.labels[others.to(device)]
    groups = None if test.groups is None else F.one_hot(test.groups).float()  # (n, groups)
    sizes = [] if groups is None else groups.sum(0).tolist()
    probes = nn.ModuleList(probing.probes.values())
    now = Moment(probes, {"probes": probing.optimizer}, order, device)
    rows = list[Measurement]()
    kept = keeper.read() if keeper else None
    if kept:
        now.take_up(kept)
        rows = [Measurement(*row) for row in kept.facts["rows"]]
    pause = pauses(keeper, lambda: _with_rows(now.kept(), rows))
    while now.epoch <= spec.epochs:
        shown = now.shuffle(len(train)).to(device)
        for batch in shown.split(spec.batch_size)[now.batches :]:
            add(now.totals, probing.step(*train.batch(batch), shuffled[batch]))
            now.batches += 1
            pause()
        measured = list(_measurements(probing, now.totals, now.epoch, "train", len(train), []))
        totals: Sums = {}
        for batch in torch.arange(len(test), device=device).split(spec.batch_size):
            of_test = None if groups is None else groups[batch]
            add(totals, probing.examine(*test.batch(batch), of_test))
            pause()
        measured += _measurements(probing, totals, now.epoch, "test", len(test), sizes)
        _log(measured)
        rows += measured
        now.next_epoch()
        pause(ended=True)
    return rows


def _with_rows(kept: Kept, rows: list[Measurement]) -> Kept:
    return Kept(kept.tensors, kept.facts | {"rows": [astuple(row) for row in rows]})


def _log(rows: list[Measurement]) -> None:
    for row in rows:
        if row.metric == "accuracy" and row.split == "test" and row.group is None:
            log.info("epoch %d: %s %s %s %.4f", row.epoch, row.probe, row.layer, row.factor, row.value)


def _measurements(
    probing: Probing, totals: Mapping[Any, Tensor], epoch: int, split: str, count: int, sizes: list[float]
) -> Iterator[Measurement]:
    for (kind, layer, metric, factor), total in totals.items():
        place = probing.places[network_of(kind)][layer]
        if metric == BY_GROUP:
            for group, (right, size) in enumerate(zip(total.tolist(), sizes, strict=True)):
                if size:
                    yield Measurement(
                        epoch, split, kind, layer, place, factor, group, "accuracy", right / size
                    )
            continue
        value = total.item() / count
        if metric == "loss" and not value < float("inf"):
            raise UserError(
                f"epoch {epoch}, {split}: the loss of the probe of {factor} at layer {layer} is {value}; "
                "expected a finite number; try a smaller probes.learning_rate"
            )
        yield Measurement(epoch, split, kind, layer, place, factor, None, metric, value)
