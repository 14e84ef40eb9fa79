"""What every prior gives: the density of codes, and samples of it.

A prior is an `nn.Module` built from the number of features and the encoder whose codes it is of, which most
do not look at. One whose divergence from a normal distribution has a closed form has `divergence` too; one
that begins at training samples has `begin`.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

LOG_2_PI = math.log(2 * math.pi)


class Density(NamedTuple):
    """The logarithm of the density of codes, in two parts."""

    base: Tensor  # (n,), where a flow maps them to; without a flow all of it
    log_determinant: Tensor  # (n,), of the flow

    @property
    def total(self) -> Tensor:
        """(n,)."""
        return self.base + self.log_determinant


class Prior(Protocol):
    """A distribution over codes."""

    def density(self, z: Tensor) -> Density:
        """(n, features) -> twice (n,)."""
        ...

    def sample(self, count: int) -> Tensor:
        """(count, features), drawn from PyTorch's random stream."""
        ...


MakePrior = Callable[[int, nn.Module], Prior]  # from the number of features and the encoder


def log_normal(z: Tensor, mean: Tensor | float = 0.0, log_sigma: Tensor | float = 0.0) -> Tensor:
    """(..., features) -> (...): the logarithm of a diagonal normal density, the standard one by default."""
    log_sigma = torch.as_tensor(log_sigma, dtype=z.dtype, device=z.device)
    inner = (z - mean).square() * (-2 * log_sigma).exp() + 2 * log_sigma + LOG_2_PI
    return -inner.sum(-1) / 2
