"""Projected Gradient Descent as foolbox 3.3.4 has it: a random start, 40 steps in a ball of one size, and
the last of them, whatever came before.
"""

from typing import Any

import eagerpy as ep
import torch
from foolbox.attacks import LinfProjectedGradientDescentAttack
from foolbox.models.base import Model
from foolbox.types import Bounds
from torch import Tensor

from lea.attacks.search import Attack, Search, cross_entropy, drawn


class FoolboxProjectedGradient(Attack):
    """foolbox's LinfPGD with its defaults; the ball, for which it has none, is the first of 1.8.0's."""

    FAMILY = "gradient"
    PROTOCOL = "corrected"
    LIMITS = {"epsilon": (1e-6, 1)}

    def __init__(self, *, epsilon: float = 0.3, seed: int = 0) -> None:
        self.epsilon, self.seed = epsilon, seed

    def attack(self, search: Search) -> None:
        """Look at what foolbox returns."""
        rows = search.rows
        start = drawn(self.generators(search), rows, search.x.shape[1:]).to(search.x.dtype)
        walk = _Walk(search, 2 * start - 1)
        found = walk.run(
            _Model(search), search.x[rows], search.labels[rows], epsilon=self.epsilon * search.range
        )
        search.query(rows, found)


class _Walk(LinfProjectedGradientDescentAttack):  # type: ignore[misc]
    """foolbox's own, which takes its start from the samples' streams, and no gradients of parameters."""

    def __init__(self, search: Search, start: Tensor) -> None:
        super().__init__()
        self.search, self.start = search, start

    def get_random_start(self, x0: Any, epsilon: float) -> Any:
        """Anywhere in the ball."""
        return x0 + epsilon * ep.astensor(self.start)

    def value_and_grad(self, loss_fn: Any, x: Any) -> Any:
        """The cross entropy's."""
        gradient, logits = self.search.gradient(self.search.rows, x.raw, cross_entropy)
        return ep.astensor(logits), ep.astensor(gradient)


class _Model(Model):  # type: ignore[misc]
    """A search's network, as foolbox wants it."""

    def __init__(self, search: Search) -> None:
        self.search = search

    @property
    def bounds(self) -> Bounds:
        """Of the images."""
        return Bounds(self.search.low, self.search.high)

    def __call__(self, inputs: Any) -> Any:
        """Logits."""
        x, restore = ep.astensor_(inputs)
        with torch.no_grad():
            return restore(ep.astensor(self.search.model(x.raw)))
