"""Contrast Reduction: the least of 1,000 shares of the way to grey that suffices (attacks 11)."""

import torch

from lea.attacks.search import Attack, Search


class ContrastReduction(Attack):
    """foolbox 1.8.0's ContrastReductionAttack."""

    def __init__(self, *, steps: int = 1000) -> None:
        self.steps = steps

    def attack(self, search: Search) -> None:
        """Fade until a row is adversarial."""
        rows, grey = search.rows, (search.low + search.high) / 2
        for share in torch.linspace(0, 1, self.steps + 1)[1:].tolist():
            _, wrong = search.query(rows, (1 - share) * search.x[rows] + share * grey)
            rows = rows[~wrong]
            if not len(rows):
                return
