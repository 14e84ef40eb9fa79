"""Gradient Sign: the sign of the gradient at the image, in the smallest of 1,000 lengths that suffices
(attacks 1).

A hit within the first 20 lengths is refined in 20 smaller steps.
"""

import torch

from lea.attacks.search import Attack, Search, cross_entropy, margin


class GradientSign(Attack):
    """foolbox 1.8.0's GradientSignAttack."""

    FAMILY = "gradient"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 1_000_000), "refined": (1, 1000)}
    loss = staticmethod(cross_entropy)

    def __init__(self, *, steps: int = 1000, refined: int = 20) -> None:
        self.steps, self.refined = steps, refined

    def attack(self, search: Search) -> None:
        """Walk along the sign of the gradient."""
        gradient, _ = search.gradient(search.rows, search.x[search.rows], self.loss)
        walk(search, search.range * gradient.sign(), self.steps, self.refined)


class GradientSignMargin(GradientSign):
    """With a loss that a sure network does not hide from."""

    PROTOCOL = "corrected"
    loss = staticmethod(margin)


def walk(search: Search, direction: torch.Tensor, steps: int, refined: int) -> None:
    """First hits along directions (rows, ...)."""
    rows, hits = search.rows, torch.zeros(len(search.rows), dtype=torch.int64, device=search.x.device)

    def first(chosen: torch.Tensor, lengths: torch.Tensor) -> None:
        """Try the lengths (chosen, steps) of these places one after another, until each has a hit."""
        for step in range(lengths.shape[1]):
            if not len(chosen):
                return
            length = lengths[:, step].view(-1, *[1] * (search.x.ndim - 1))
            images = search.clip(search.x[rows[chosen]] + length * direction[chosen])
            _, wrong = search.query(rows[chosen], images)
            hits[chosen[wrong & (hits[chosen] == 0)]] = step + 1
            chosen, lengths = chosen[~wrong], lengths[~wrong]

    everything = torch.arange(len(rows), device=search.x.device)
    ladder = torch.linspace(0, 1, steps + 1, device=search.x.device)[1:]
    first(everything, ladder.expand(len(rows), -1))
    near = everything[(hits > 0) & (hits <= refined)]
    if len(near):
        fine = torch.linspace(0, 1, refined + 1, device=search.x.device)[1:]
        first(near, ladder[hits[near] - 1, None] * fine)
