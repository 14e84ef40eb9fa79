"""Projected Gradient Descent: 40 steps along the gradient's sign within a ball, whose size is searched for
(attacks 2).

The ball grows by half until there is a hit, at most 20 times, and is then bisected 20 times.
"""

import torch
from torch import Tensor

from lea.attacks.search import Attack, Search, cross_entropy, margin


class ProjectedGradient(Attack):
    """foolbox 1.8.0's ProjectedGradientDescentAttack."""

    FAMILY = "gradient"
    PROTOCOL = "source"
    LIMITS = {"epsilon": (1e-6, 1), "stepsize": (1e-9, 1), "iterations": (1, 100_000), "searches": (1, 60)}
    loss = staticmethod(cross_entropy)

    def __init__(
        self,
        *,
        epsilon: float = 0.3,
        stepsize: float = 0.01,
        iterations: int = 40,
        searches: int = 20,
    ) -> None:
        self.epsilon, self.share, self.iterations, self.searches = (
            epsilon,
            stepsize / epsilon,
            iterations,
            searches,
        )

    def attack(self, search: Search) -> None:
        """Find a ball that is large enough, then the smallest."""
        rows = search.rows
        good = torch.zeros(len(rows), dtype=torch.float64, device=rows.device)
        size, waiting = self.epsilon, torch.arange(len(rows), device=rows.device)
        for _ in range(self.searches):
            if not len(waiting):
                break
            hit = self.descend(search, rows[waiting], torch.full_like(good[waiting], size))
            good[waiting[hit]] = size
            waiting, size = waiting[~hit], size * 1.5
        found = (good > 0).nonzero()[:, 0]
        bad, good = torch.zeros_like(good[found]), good[found]
        for _ in range(self.searches):
            if not len(found):
                break
            middle = (bad + good) / 2
            hit = self.descend(search, rows[found], middle)
            good, bad = torch.where(hit, middle, good), torch.where(hit, bad, middle)

    def descend(self, search: Search, rows: Tensor, sizes: Tensor, start: Tensor | None = None) -> Tensor:
        """Each row within its own ball, from its middle or a start; returns which had a hit."""
        hit = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
        active, x = torch.arange(len(rows), device=rows.device), search.x[rows] if start is None else start
        reach = (sizes * search.range).to(x.dtype).view(-1, *[1] * (x.ndim - 1))
        for _ in range(self.iterations):
            gradient, _ = search.gradient(rows[active], x, self.loss)
            clean, limit = search.x[rows[active]], reach[active]
            x = x + self.share * limit * gradient.sign()
            x = search.clip(clean + (x - clean).clamp(-limit, limit))
            _, wrong = search.query(rows[active], x)
            hit[active[wrong]] = True
            active, x = active[~wrong], x[~wrong]
            if not len(active):
                break
        return hit


class ProjectedGradientMargin(ProjectedGradient):
    """With a loss that a sure network does not hide from."""

    PROTOCOL = "corrected"
    loss = staticmethod(margin)
