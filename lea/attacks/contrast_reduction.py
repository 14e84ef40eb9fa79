"""Contrast Reduction: the least of 1,000 shares of the way to grey that suffices (attacks 11)."""

from functools import partial

import torch
from torch import Tensor

from lea.attacks.search import Attack, Search


class ContrastReduction(Attack):
    """foolbox 1.8.0's ContrastReductionAttack."""

    FAMILY = "decision"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 1_000_000)}

    def __init__(self, *, steps: int = 1000) -> None:
        self.steps = steps

    def attack(self, search: Search) -> None:
        """Fade until a row is adversarial."""
        grey = (search.low + search.high) / 2

        def fade(rows: Tensor, share: float) -> Tensor:
            return (1 - share) * search.x[rows] + share * grey

        search.try_all(
            partial(fade, share=share) for share in torch.linspace(0, 1, self.steps + 1)[1:].tolist()
        )
