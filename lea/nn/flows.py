"""Flows: maps of codes that can be undone, with how much they stretch (Dinh et al. 2017)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Mapped(NamedTuple):
    """What a flow makes of codes."""

    y: Tensor  # (n, features)
    log_determinant: Tensor  # (n,), of the map's Jacobian


class Coupling(nn.Module):
    """`y_a = x_a; y_b = exp(s(x_a)) * x_b + t(x_a)`, whereupon the halves change places.

    s and t are three linear layers each, with a leaky ReLU behind the first two and tanh at the end, so that
    no value is stretched by more than e.
    """

    def __init__(self, features: int, *, hidden: int = 64) -> None:
        super().__init__()
        if features < 2 or features % 2:
            raise ValueError(f"a flow of {features} features; expected an even number, for two halves")
        self.s, self.t = (_half(features // 2, hidden) for _ in range(2))

    def forward(self, x: Tensor) -> Mapped:
        """(n, features) -> the same shape, and (n,)."""
        a, b = x.chunk(2, dim=1)
        s = self.s(a)
        return Mapped(torch.cat([s.exp() * b + self.t(a), a], dim=1), s.sum(1))

    def inverse(self, y: Tensor) -> Tensor:
        """(n, features) -> what was mapped to it."""
        b, a = y.chunk(2, dim=1)
        return torch.cat([a, (b - self.t(a)) * (-self.s(a)).exp()], dim=1)


def _half(values: int, hidden: int) -> nn.Sequential:
    """(n, values) -> (n, values) in [-1, 1]."""
    return nn.Sequential(
        nn.Linear(values, hidden),
        nn.LeakyReLU(),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(),
        nn.Linear(hidden, values),
        nn.Tanh(),
    )
