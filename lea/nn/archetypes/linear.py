"""Archetypes of points as they are: `x_i ~ sum_j a_ij z_j` of extremes `z_j = sum_i b_ji x_i` (Cutler and
Breiman 1994), where each row of a and of b is at least 0 and sums to 1.
"""

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from lea.nn.archetypes.frank_wolfe import descend
from lea.nn.archetypes.least_squares import Mixed, alternate, mixtures
from lea.nn.archetypes.starts import extreme_points, furthest_sums, random_points
from lea.nn.compressors import Compressor
from lea.nn.layouts.layout import Shape

Initial = Literal["furthest", "random"]
Solver = Literal["least-squares", "frank-wolfe"]
AT_ONCE = 4096  # points whose distances are taken together


class Improved(NamedTuple):
    """What an iteration came to."""

    losses: Tensor  # (n,), squared distances of points from their mixtures
    deviation: Tensor  # (), the most by which a sum was off before it was divided by it


class Archetypes(Compressor):
    """The nearest mixture of archetypes is kept of each image: a point in a simplex.

    `place` the archetypes among all points, then `improve` them again and again. Nothing of them follows a
    gradient. While they are fitted, b and a stand in buffers that weights leave out.
    """

    LIMITS = {"archetypes": (1, 10_000)}
    z: Tensor
    a: Tensor
    b: Tensor
    rows: Tensor
    done: Tensor

    def __init__(self, shape: Shape, *, archetypes: int = 8) -> None:
        super().__init__(shape)
        if archetypes < 1:
            raise ValueError(f"{archetypes} archetypes; expected at least 1")
        self.register_buffer("z", torch.zeros(archetypes, math.prod(shape)))
        self.register_buffer("a", torch.zeros(0, archetypes), persistent=False)  # (n, k)
        self.register_buffer("b", torch.zeros(archetypes, 0), persistent=False)  # (k, c)
        self.register_buffer("rows", torch.zeros(0, dtype=torch.int64), persistent=False)  # (c,) of points
        self.register_buffer("done", torch.zeros((), dtype=torch.int64), persistent=False)  # iterations

    def values(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, archetypes)."""
        return self.mixtures(x).weights

    def mixtures(self, x: Tensor) -> Mixed:
        """The same, and by how much their sums were off before they were divided by them."""
        return mixtures(x.flatten(1), self.z.to(x.dtype))

    def decode(self, z: Tensor) -> Tensor:
        """(n, archetypes) -> (n, c, h, w)."""
        return (z @ self.z.to(z.dtype)).unflatten(1, self.shape)

    @torch.no_grad()
    def place(self, x: Tensor, *, initial: Initial = "furthest", candidates: int | None = None) -> None:
        """Begin at some of all points, far from one another or drawn. An archetype will be a mixture of about
        `candidates` points that are extreme in random directions, or of all.
        """
        x, count = x.flatten(1), len(self.z)
        if len(x) < count:
            raise ValueError(f"{len(x)} points for {count} archetypes; expected at least as many points")
        if not x.isfinite().all():
            raise ValueError("the points hold values that are not finite; expected numbers")
        first = (furthest_sums if initial == "furthest" else random_points)(x, count)
        rows = torch.arange(len(x), device=x.device)
        if candidates is not None and candidates < len(x):
            rows = torch.cat([first, extreme_points(x, candidates)]).unique()
        self.z = x[first]
        self.a = x.new_full((len(x), count), 1 / count)
        self.b = (first[:, None] == rows).to(x.dtype)
        self.rows, self.done = rows, torch.zeros_like(self.done)

    @torch.no_grad()
    def improve(
        self, x: Tensor, order: Tensor | None = None, *, solver: Solver = "least-squares"
    ) -> Improved:
        """One iteration with all points that it was placed among; `order`: their numbers then."""
        x, count = x.flatten(1), len(self.a)
        if len(x) != count:
            found = f"{len(x)} points, and the archetypes were placed among {count}"
            raise ValueError(f"{found}; expected all of these in one batch (batch_size: all)")
        order = torch.arange(count, device=x.device) if order is None else order
        if len(self.rows) == count:
            points, b = x, self.b[:, order]
        else:
            where = torch.empty_like(order).index_copy(0, order, torch.arange(count, device=x.device))
            points, b = x[where[self.rows]], self.b
        if solver == "least-squares":
            fitted = alternate(x, points, self.a[order], b, self.z)
        else:
            fitted = descend(x, points, self.a[order], b, self.z, int(self.done))
        self.a = self.a.index_copy(0, order, fitted.a)
        self.b = self.b.index_copy(1, order, fitted.b) if points is x else fitted.b
        self.z, self.done = fitted.z, self.done + 1
        each = [
            (some - a @ self.z).square().sum(1)
            for some, a in zip(x.split(AT_ONCE), fitted.a.split(AT_ONCE), strict=True)
        ]
        return Improved(torch.cat(each), fitted.deviation)
