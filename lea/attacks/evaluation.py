"""Attacks on a network, and what is made of each image: an attack is not believed.

Only images that the network gets right are attacked. What an attack found is clipped, measured in float64 and
shown to the network again. An adversarial at the boundary itself may be right in another batch, by rounding;
one that the network gets right by more than that is no find. An attack that breaks down is asked again, image
by image, so that it loses no more than the image that broke it.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from time import perf_counter
from typing import Literal

import torch
from torch import Tensor

from lea.attacks.audit import audit
from lea.attacks.search import Attack, Model, Search, distances
from lea.errors import UserError

log = logging.getLogger(__name__)

BATCH = 100
ROUNDING = 1e-5  # of the largest logit; measured between batches: 3e-6
Status = Literal["found", "nothing found", "failed", "error", "not attacked"]


@dataclass(frozen=True, slots=True)
class Image:
    """One of the images, and what attacks have to go by."""

    sample: int  # the row among the test images
    label: int
    clean: int
    margin: float
    slope: float
    rises: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What an attack made of an image."""

    status: Status
    queries: int = 0
    gradients: int = 0
    seconds: float = 0.0
    confirmed: bool | None = None
    distance: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the table."""

    attack: str
    image: Image
    result: Result

    def row(self) -> dict[str, object]:
        """With the columns' names."""
        success = {"success": self.result.status == "found"}
        return {"attack": self.attack} | asdict(self.image) | success | asdict(self.result)


@dataclass(frozen=True, slots=True)
class Target:
    """A network that answers and images with their labels, and which of the test images they are."""

    model: Model
    bounds: tuple[float, float]
    x: Tensor  # (n, c, h, w)
    y: Tensor  # (n,)
    rows: Tensor  # (n,)

    def split(self, size: int) -> "Iterator[tuple[int, Target]]":
        """Parts of at most so many images, with the number of the first of each."""
        parts = zip(self.x.split(size), self.y.split(size), self.rows.split(size), strict=True)
        for index, (x, y, rows) in enumerate(parts):
            yield index * size, Target(self.model, self.bounds, x, y, rows)


def evaluate(attacks: Mapping[str, Attack], target: Target, finished: int = 0) -> Iterator[list[Outcome]]:
    """Make all attacks on all images, batch by batch, and yield what each makes of a batch, but for the first
    so many of these. An attack's seed is the evaluation's by now.
    """
    for number, (first, part) in enumerate(target.split(BATCH)):
        left = dict(islice(attacks.items(), max(0, finished - number * len(attacks)), None))
        if left:
            yield from _of_batch(left, part, first)


def _of_batch(attacks: Mapping[str, Attack], part: Target, first: int) -> Iterator[list[Outcome]]:
    with torch.no_grad():
        logits = part.model(part.x)
    if not logits.isfinite().all():
        row = part.rows[(~logits.isfinite().all(1)).cpu()][0].item()
        raise UserError(f"test image {row}: the network's answer is not finite; look at its training")
    audited = audit(part.model, part.bounds, part.x, part.y)
    columns = (part.rows, part.y, logits.argmax(1), *audited)
    images = [Image(*one) for one in zip(*(column.tolist() for column in columns), strict=True)]
    right = logits.argmax(1) == part.y
    for name, attack in attacks.items():
        results = _attacked(name, attack, part, right, first)
        yield [Outcome(name, image, result) for image, result in zip(images, results, strict=True)]


def _attacked(name: str, attack: Attack, part: Target, right: Tensor, first: int) -> Iterator[Result]:
    """What an attack makes of each image of a batch; alone, if it cannot do with all of them."""
    attack.first = first
    begun = perf_counter()
    try:
        search = attack.search(part.model, part.bounds, part.x.clone(), part.y.clone())
        results = list(_results(search, part, right, perf_counter() - begun))
    except Exception as error:  # whatever an attack raises is its own, and costs one image
        if len(part.x) == 1:
            text = f"{type(error).__name__}: {error}"
            log.warning("%s, test image %d: %s", name, part.rows.item(), text)
            yield Result("error", seconds=perf_counter() - begun, message=text)
            return
        log.warning("%s: %s: %s; image by image instead", name, type(error).__name__, error)
        for index, one in part.split(1):
            yield from _attacked(name, attack, one, right[index : index + 1], first + index)
    else:
        yield from results


def _results(search: Search, part: Target, right: Tensor, seconds: float) -> Iterator[Result]:
    found = (search.best.double().clamp(*part.bounds)).to(part.x.dtype)
    with torch.no_grad():
        logits = part.model(found)
    own = logits.gather(1, part.y[:, None])[:, 0]
    lead = own - logits.scatter(1, part.y[:, None], -torch.inf).amax(1)
    confirmed = logits.argmax(1) != part.y
    finite = logits.isfinite().all(1)
    distance = distances(part.x, found, part.bounds[1] - part.bounds[0])
    wrong = finite & (confirmed | (lead <= ROUNDING * logits.abs().amax(1)))
    believed = search.found & wrong & (distance > 0)  # false of NaN too
    broken = search.failed | ~finite
    share = seconds / max(int(right.sum()), 1)
    for index in range(len(part.x)):
        counts = int(search.queries[index]), int(search.gradients[index])
        if not right[index]:
            yield Result("not attacked", *counts)
        elif believed[index]:
            yield Result("found", *counts, share, bool(confirmed[index]), distance[index].item())
        else:
            yield Result("failed" if broken[index] else "nothing found", *counts, share)
