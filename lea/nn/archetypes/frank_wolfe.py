"""Frank-Wolfe steps for archetypes (Bauckhage et al. 2015): of a simplex's corners the one towards which the
error falls steepest, and a step of `2 / (t + 2)` that way. No system is solved, and no sum can go off.
"""

import torch
from torch import Tensor

from lea.nn.archetypes.least_squares import Fitted

STEPS = 10  # of the coefficients of points, then of those of archetypes, in an iteration


def toward(weights: Tensor, slopes: Tensor, t: int) -> Tensor:
    """(n, k), (n, k) -> (n, k): step t towards each row's smallest slope; at t = 0 all the way."""
    size = 2 / (t + 2)
    corners = slopes.argmin(1, keepdim=True)
    return ((1 - size) * weights).scatter_add(1, corners, weights.new_full(corners.shape, size))


def descend(x: Tensor, points: Tensor, a: Tensor, b: Tensor, z: Tensor, done: int) -> Fitted:
    """(n, features), (c, features), (n, k), (k, c), (k, features): one iteration, from `z = b points`.

    Steps are counted on over the iterations that are done, since a warm start must not be forgotten; the
    first one has none of points, and one of archetypes.
    """
    gram, product = z @ z.T, x @ z.T
    for t in range(done * STEPS, (done + 1) * STEPS):
        a = toward(a, a @ gram - product, t)
    gram, product = a.T @ a, a.T @ x
    for t in range((done + 1) * STEPS, (done + 2) * STEPS):
        slopes = (gram @ z - product) @ points.T
        b = toward(b, slopes, t)
        z = z + 2 / (t + 2) * (points[slopes.argmin(1)] - z)
    sums = torch.stack([(a.sum(1) - 1).abs().max(), (b.sum(1) - 1).abs().max()])
    return Fitted(a, b, z, sums.max())
