"""What a model makes of mixtures of its k archetypes: each of them, and the test sample that has most of it;
the first test samples, and what is restored of their coefficients; walks between pairs of archetypes, and
among the first three; and, from all in equal parts, to an archetype and on beyond it, where weights are
outside of the simplex: `1 / k + amount (1 - 1 / k)` of that one, and as much of each other as makes 1.

Kinds are `archetype`, `sample`, `input`, `restored`, `walk`, `triangle` and `beyond`; each but the input has
its weights, (1, k), under the kind's name and `weights`. The coefficients of test samples stand under
`coefficients of` and the name of a label in `factors`, a picture a class, a row a sample.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.show.picture import Picture

NEEDS = ("z", "encode", "decode")
LIMITS = {
    "images": (1, 1024),
    "steps": (1, 100),
    "walks": (1, 100),
    "amounts": (0, 100),
    "points": (1, 100_000),
}
BATCH = 500


def show(
    network: Network,
    samples: Samples,
    *,
    factors: tuple[str, ...] = (),
    images: int = 8,
    steps: int = 6,
    walks: int = 3,
    amounts: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    points: int = 500,
) -> Iterator[Picture]:
    """Of the first `points` test samples; walks have so many `steps`."""
    model: Any = network.model
    k = len(model.z)
    if k < 2:
        raise UserError(f"{k} archetype; expected at least 2, to mix them")
    some = samples.first(points)
    x = torch.cat(list(some.batches(BATCH)))
    if x.ndim != 4:
        raise UserError(
            f"samples of shape {tuple(x.shape[1:])}; expected pictures, (channels, height, width)"
        )
    a = torch.cat([model.encode(part).mean for part in x.split(BATCH)])
    corners = torch.eye(k, dtype=a.dtype, device=a.device)
    most = a.argmax(0)
    mixtures = {
        "archetype": corners,
        "restored": a[:images],
        "walk": torch.cat(
            [between(corners[2 * n % k], corners[(2 * n + 1) % k], steps) for n in range(walks)]
        ),
        "triangle": triangle(corners[: min(3, k)], steps),
        "beyond": torch.cat([beyond(corners[n % k], amounts) for n in range(walks)]),
    }
    yield from _pictures("input", x[:images])
    yield from _pictures("sample", x[most], a[most])
    for kind, weights in mixtures.items():
        yield from _pictures(kind, model.decode(weights).clamp(0, 1), weights)
    yield from _coefficients(a, some.labels, factors)


def between(first: Tensor, last: Tensor, steps: int) -> Tensor:
    """(k), (k) -> (steps + 1, k): along a straight line."""
    share = torch.linspace(0, 1, steps + 1, dtype=first.dtype, device=first.device)[:, None]
    return (1 - share) * first + share * last


def triangle(corners: Tensor, steps: int) -> Tensor:
    """(c, k) -> (n, k): all mixtures of the corners in whole numbers of `1 / steps`."""
    counts = torch.cartesian_prod(*[torch.arange(steps + 1)] * len(corners))
    counts = counts[counts.sum(1) == steps].to(corners)
    return counts / steps @ corners


def beyond(corner: Tensor, amounts: tuple[float, ...]) -> Tensor:
    """(k) -> (amounts, k): from equal parts, at 0, to a corner, at 1, and on."""
    equal = torch.full_like(corner, 1 / len(corner))
    return equal + corner.new_tensor(amounts)[:, None] * (corner - equal)


def _pictures(kind: str, pictures: Tensor, weights: Tensor | None = None) -> Iterator[Picture]:
    for number, channels in enumerate(pictures):
        for channel, values in enumerate(channels):
            yield Picture("network", kind, number, channel, 0, 1, values.cpu().numpy())
        if weights is not None:
            its = weights[number : number + 1].cpu().numpy()
            yield Picture("network", f"{kind} weights", number, 0, 0, 1, its)


def _coefficients(a: Tensor, labels: Tensor | None, factors: tuple[str, ...]) -> Iterator[Picture]:
    for column, factor in enumerate(factors):
        assert labels is not None, "a picture with an option `factors` is given labels"
        its = labels[:, column]
        for label in its.unique():  # in their order
            values = a[its == label].cpu().numpy()
            yield Picture("network", f"coefficients of {factor}", 0, int(label), 0, 1, values)
