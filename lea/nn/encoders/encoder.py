"""What every encoder gives: a normal distribution over codes for each image.

What is not learnt of an encoder stays as it was drawn: its weights require no gradient. It may be drawn in a
way of its own, and have batch normalisation (without weights of its own; while training by the batch, then by
running statistics) and dropout, which stays on while training.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from lea.nn.layouts.layout import Layout, Shape
from lea.nn.losses import exact

CONSTANT_VARIANCE = 1e-6  # of encoders that learn no variance (Table 4.1)
CONSTANT_LOG_SIGMA = math.log(CONSTANT_VARIANCE) / 2
MakeInitialisation = Callable[[nn.Module], None]


class Posterior(NamedTuple):
    """Distributions over codes."""

    mean: Tensor  # (n, features)
    log_sigma: Tensor  # (n, features)

    def sample(self) -> Tensor:
        """(n, features), one of each, drawn from PyTorch's random stream."""
        return self.mean + self.log_sigma.exp() * torch.randn_like(self.mean)

    def exact(self) -> "Posterior":
        """In float32, or as it is if that is not finer."""
        return type(self)(*map(exact, self))

    def with_variance_for_deviation(self) -> "Posterior":
        """The deviation squared in its place, as one gets it who mistakes the two."""
        return self._replace(log_sigma=2 * self.log_sigma)


class ConstantPosterior(Posterior):
    """Those of an encoder that learns means alone."""

    __slots__ = ()

    def with_variance_for_deviation(self) -> Posterior:
        """Itself: where no variance is learnt there is none to mistake."""
        return self


class Encoder(Protocol):
    """An `nn.Module` built from a layout."""

    shape: Shape  # of an image

    def forward(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, features)."""
        ...


MakeEncoder = Callable[[Layout], nn.Module]


def learnt_posterior(out: Tensor) -> Posterior:
    """(n, 2 groups, ...) of means and log-variances -> twice (n, features)."""
    mean, log_variance = out.chunk(2, dim=1)
    return Posterior(mean.flatten(1), log_variance.flatten(1) / 2)


def constant_posterior(out: Tensor) -> Posterior:
    """(n, ...) means -> twice (n, features)."""
    mean = out.flatten(1)
    return ConstantPosterior(mean, torch.full_like(mean, CONSTANT_LOG_SIGMA))


def keep(module: nn.Module, initialisation: MakeInitialisation | None) -> nn.Module:
    """Draw weights for the last time: none of them is learnt."""
    if initialisation:
        initialisation(module)
    return module.requires_grad_(False)
