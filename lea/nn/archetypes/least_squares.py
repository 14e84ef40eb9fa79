"""Alternating least squares (Cutler and Breiman 1994): all points as mixtures of the archetypes, then each
archetype in turn as the mixture of points that leaves least of all of them.

A sum of 1 is asked for by a further row of a system, whose values are PENALTY times as large as the longest
column of it. What is small is computed in float64, products with all points in their own type.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from lea.nn.archetypes.non_negative import nnls

PENALTY = 1e3  # a sum is off by about the millionth of what is left of a point
AT_ONCE = 2**22  # numbers in the systems of the points that are solved together
ENTERING = 8  # points that a mixture may take in before it is solved again
ROUNDS = 30  # of that; the next iteration goes on


class Mixed(NamedTuple):
    """Points as mixtures of others."""

    weights: Tensor  # (n, k), at least 0, rows that sum to 1
    deviation: Tensor  # (), the most by which a row's sum was off before it was divided by it


class Fitted(NamedTuple):
    """Archetypes after an iteration."""

    a: Tensor  # (n, k), of the points
    b: Tensor  # (k, c), of the archetypes
    z: Tensor  # (k, features), the archetypes
    deviation: Tensor  # (), the most by which a sum was off before it was divided by it


def mixtures(x: Tensor, z: Tensor, start: Tensor | None = None) -> Mixed:
    """(n, features), (k, features) -> (n, k): the mixture of archetypes that is nearest to each point."""
    origin = z.double().mean(0)
    apart = z.double() - origin
    square = _longest(apart)
    gram = apart @ apart.T + square
    size = max(1, AT_ONCE // len(z) ** 2)
    starts = [None] * len(x) if start is None else start.double().split(size)
    found = []
    for some, before in zip(x.split(size), starts, strict=False):
        targets = (some @ apart.to(x.dtype).T).double() - apart @ origin + square
        found.append(nnls(gram, targets, before, penalty=PENALTY**2 * float(square)))
    return _whole(torch.cat(found), x.dtype)


def combine(points: Tensor, target: Tensor, start: Tensor, noise: Tensor) -> Mixed:
    """(c, features), (features), (c) -> (c): the mixture of points that is nearest to a target.

    Points are taken from the target, which is then 0, so that a sum scales all that is left and a division by
    it changes nothing of what is best. A system has few of them: those with a weight, and those that lie
    furthest the way that is left, until none lies further than the mixture by more than noise.
    """
    rows = start.nonzero()[:, 0]
    share, deviation = start[rows].double(), noise.new_zeros(())
    for _ in range(ROUNDS):
        apart = points[rows].double() - target
        square = _longest(apart)
        targets = square.expand(1, len(rows))
        solved = nnls(apart @ apart.T + square, targets, share[None], penalty=PENALTY**2 * float(square))
        found = _whole(solved, torch.float64)
        share, deviation = found.weights[0], found.deviation
        left = -share @ apart  # from the mixture to the target
        further = (points @ left.to(points.dtype)).double() - (target - left) @ left
        further[rows] = 0
        far, new = further.topk(min(ENTERING, len(points)))
        new = new[far > noise * left.norm()]
        if not len(new):
            break
        kept = share > 0
        rows, share = torch.cat([rows[kept], new]), torch.cat([share[kept], far.new_zeros(len(new))])
    return Mixed(torch.zeros_like(start).index_add(0, rows, share.to(start.dtype)), deviation)


def alternate(x: Tensor, points: Tensor, a: Tensor, b: Tensor, z: Tensor) -> Fitted:
    """(n, features), (c, features), (n, k), (k, c), (k, features): one iteration, from `z = b points`.

    What an archetype alone can change is `|z_j - t_j|^2 sum_i a_ij^2`, where `t_j` is best without a limit.
    """
    mixed = mixtures(x, z, a)
    gram = mixed.weights.double().T @ mixed.weights.double()
    product = (mixed.weights.T @ x).double()
    noise = 4 * torch.finfo(x.dtype).eps * points.norm(dim=1).max().double()
    b, moving, deviation = b.clone(), z.to(torch.float64, copy=True), mixed.deviation.double()
    for j in range(len(z)):
        if gram[j, j] > 0:
            target = moving[j] + (product[j] - gram[j] @ moving) / gram[j, j]
            b[j], off = combine(points, target, b[j], noise)
            deviation = torch.maximum(deviation, off)
            rows = b[j].nonzero()[:, 0]
            moving[j] = b[j, rows].double() @ points[rows].double()
    return Fitted(mixed.weights, b, moving.to(z.dtype), deviation)


def _longest(apart: Tensor) -> Tensor:
    """(n, features) -> (): the square of the longest; 1 if all are 0."""
    longest = apart.square().sum(1).max()
    return torch.where(longest > 0, longest, 1.0)


def _whole(weights: Tensor, dtype: torch.dtype) -> Mixed:
    """(n, k) -> the same with sums of 1, and how far they were off."""
    sums = weights.sum(1, keepdim=True)
    return Mixed((weights / sums).to(dtype), (sums - 1).abs().max())
