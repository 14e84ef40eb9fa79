"""Additive Gaussian Noise: fresh noise of each of 1,000 sizes, until one suffices (attacks 12).

In 1.8.0 the size enters twice: the noise has a standard deviation of eps^2 R / sqrt 3. That is kept.
"""

import math
from functools import partial

import torch
from torch import Tensor

from lea.attacks.search import Attack, Search, drawn


class GaussianNoise(Attack):
    """foolbox 1.8.0's AdditiveGaussianNoiseAttack."""

    FAMILY = "decision"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 1_000_000)}

    def __init__(self, *, steps: int = 1000, seed: int = 0) -> None:
        self.steps, self.seed = steps, seed

    def attack(self, search: Search) -> None:
        """Noise that grows until a row is adversarial."""
        generators = self.generators(search)

        def disturb(rows: Tensor, size: float) -> Tensor:
            noise = drawn(generators, rows, search.x.shape[1:], normal=True).to(search.x.dtype)
            return search.clip(search.x[rows] + size**2 * search.range / math.sqrt(3) * noise)

        search.try_all(
            partial(disturb, size=size) for size in torch.linspace(0, 1, self.steps + 1)[1:].tolist()
        )
