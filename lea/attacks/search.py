"""What all attacks share: a search that keeps the closest adversarial of each sample that any query has seen.

As in foolbox 1.8.0 every image that an attack asks about is looked at, the clean one first, and what an
attack returns is the closest adversarial in bounds, not its own last step. All samples are searched at once;
an attack goes on with the rows for which it is not finished. Distances are mean squares over the range of the
bounds, in float64.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import eagerpy as ep
import foolbox
import torch
from foolbox.attacks.base import MinimizationAttack, get_criterion, raise_if_kwargs, verify_input_bounds
from torch import Tensor
from torch.nn import functional as F

from lea.study.seeds import derive

Model = Callable[[Tensor], Tensor]  # (n, c, h, w) -> (n, classes) logits
Loss = Callable[[Tensor, Tensor], Tensor]  # (n, classes), (n,) -> (n,), which an attack wants to rise


class Search:
    """The samples of a batch, and the closest adversarial of each so far."""

    def __init__(self, model: Model, bounds: tuple[float, float], x: Tensor, labels: Tensor) -> None:
        self.model, self.x, self.labels = model, x.detach(), labels
        self.low, self.high = bounds
        self.range = self.high - self.low
        self.best = self.x.clone()
        self.distance = torch.full((len(x),), torch.inf, dtype=torch.float64, device=x.device)
        self.failed = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        self.queries = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        self.gradients = torch.zeros_like(self.queries)
        everything = torch.arange(len(x), device=x.device)
        self.clean, wrong = self.query(everything, self.x)
        self.rows = everything[~wrong]  # what is to be attacked

    @property
    def found(self) -> Tensor:
        """(n,) whether an adversarial was seen; a sample that was wrong from the start has distance 0."""
        return self.distance.isfinite()

    def query(self, rows: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Ask the model about an image of each row: its logits, and whether it is wrong."""
        with torch.no_grad():
            logits = self.model(images)
        return logits, self.judge(rows, images, logits)

    def try_all(self, images: Iterable[Callable[[Tensor], Tensor]]) -> None:
        """Ask about what each makes of the rows that no image was wrong for yet, in this order."""
        rows = self.rows
        for make in images:
            _, wrong = self.query(rows, make(rows))
            rows = rows[~wrong]
            if not len(rows):
                return

    def judge(self, rows: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """Look at images whose logits are known; keep what is adversarial, in bounds and closer."""
        self.queries[rows] += 1
        wrong = (logits.argmax(1) != self.labels[rows]) & logits.isfinite().all(1)
        if wrong.any():
            rows, images = rows[wrong], images[wrong].detach()
            distance = self.distances(rows, images)
            inside = (images.flatten(1).amin(1) >= self.low) & (images.flatten(1).amax(1) <= self.high)
            better = inside & (distance < self.distance[rows])
            self.best[rows[better]], self.distance[rows[better]] = images[better], distance[better]
        return wrong

    def distances(self, rows: Tensor, images: Tensor) -> Tensor:
        """(n,) how far images of these rows are from them."""
        return distances(self.x[rows], images.detach(), self.range)

    def clip(self, images: Tensor) -> Tensor:
        """Into the bounds."""
        return images.clamp(self.low, self.high)

    def gradient(
        self, rows: Tensor, images: Tensor, loss: Loss, labels: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The gradient of each sample's loss, and the logits that it was taken from."""
        images = images.detach().requires_grad_()
        with torch.enable_grad():
            logits = self.model(images)
            total = loss(logits, self.labels[rows] if labels is None else labels).sum()
            (found,) = torch.autograd.grad(total, images)
        self.gradients[rows] += 1
        return found, logits.detach()

    def fail(self, rows: Tensor) -> None:
        """Say that an attack broke down numerically on these rows."""
        self.failed[rows] = True


def distances(clean: Tensor, images: Tensor, span: float) -> Tensor:
    """(n, c, h, w) twice -> (n,) mean squares of the difference, in float64, relative to the span."""
    return (images.double() - clean.double()).flatten(1).square().mean(1) / span**2


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """(n, classes), (n,) -> (n,); its float32 gradient vanishes where the network is sure."""
    return F.cross_entropy(logits, labels, reduction="none")


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """(n, classes), (n,) -> (n,): log sum exp of the other logits less the label's.

    It rises along the same direction as the cross entropy, without its cancellation.
    """
    own = F.one_hot(labels, logits.shape[1]).bool()
    return logits.masked_fill(own, -torch.inf).logsumexp(1) - logits[own]


class Attack(MinimizationAttack):  # type: ignore[misc]
    """An attack on a batch, as foolbox knows them, and with its bookkeeping.

    A subclass declares its FAMILY, by what it asks of a network: `gradient`, `score` or `decision`.
    """

    PROTOCOL = "own"  # source: in foolbox 1.8.0's meaning; corrected
    distance = foolbox.distances.l2
    seed = 0  # of those that draw; each sample has a stream of its own
    first = 0  # the number of the batch's first sample, so that batches change nothing

    @abstractmethod
    def attack(self, search: Search) -> None:
        """Query the model about the rows of a search until they are done."""

    def search(self, model: Model, bounds: tuple[float, float], x: Tensor, labels: Tensor) -> Search:
        """Attack labelled images (n, c, h, w); what was found stands in the search."""
        search = Search(model, bounds, x, labels)
        if len(search.rows):
            self.attack(search)
        return search

    def run(
        self, model: Any, inputs: Any, criterion: Any, *, early_stop: float | None = None, **kwargs: Any
    ) -> Any:
        """As foolbox calls it: the closest adversarial of each image, or the image."""
        raise_if_kwargs(kwargs)
        x, restore = ep.astensor_(inputs)
        verify_input_bounds(x, model)
        labels = get_criterion(criterion).labels.raw  # type: ignore[attr-defined]
        bounds = (float(model.bounds.lower), float(model.bounds.upper))
        found = self.search(lambda images: model(images), bounds, x.raw, labels)
        return restore(ep.astensor(found.best))

    def generators(self, search: Search) -> list[torch.Generator]:
        """A stream for each sample, drawn from on the CPU, so that every device has the same."""
        made = []
        for row in range(len(search.x)):
            made.append(
                torch.Generator().manual_seed(derive(self.seed, type(self).__name__, self.first + row))
            )
        return made


def drawn(
    generators: list[torch.Generator], rows: Tensor, shape: tuple[int, ...], *, normal: bool = False
) -> Tensor:
    """(rows, *shape) from each row's stream: uniform in [0, 1), or standard normal."""
    draw = torch.randn if normal else torch.rand
    return torch.stack([draw(shape, generator=generators[row]) for row in rows.tolist()]).to(rows.device)
