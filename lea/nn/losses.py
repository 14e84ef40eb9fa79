"""What is measured of a reconstruction: its loss, the normalised loss, the confidence, a code's divergence.

Sums are taken in float32 at least, whatever the windows' type.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

SMOOTH = 1e-10


class Loss(NamedTuple):
    """A batch's losses: scalars, the mean over its windows."""

    total: Tensor  # what is minimised
    reconstruction: Tensor
    divergence: Tensor | None = None  # of codes that are distributions


def exact(x: Tensor) -> Tensor:
    """The same values in float32, or as they are if that is not finer."""
    return x if x.dtype == torch.float64 else x.float()


def reconstruction_loss(r: Tensor, v: Tensor) -> Tensor:
    """(n, ...), (n, ...) -> (): mean over windows of the sum of squares in each (Eq. 3.2)."""
    return F.mse_loss(exact(r), exact(v), reduction="sum") / v.shape[0]


def window_losses(r: Tensor, v: Tensor) -> Tensor:
    """(n, ...), (n, ...) -> (n,): the sum of squares in each window."""
    return (exact(r) - exact(v)).square().flatten(1).sum(1)


def normalised_loss(reconstruction: Tensor, v: Tensor) -> Tensor:
    """() of Eq. 3.2, (n, ...) -> (): mean square over the square of the values' range (Eq. 4.1).

    NaN if all values of the batch are the same: nothing is to be told apart there.
    """
    least, most = torch.aminmax(v)
    spread = exact(most) - exact(least)
    return reconstruction / (v[0].numel() * spread.square()).where(spread > 0, torch.nan)


def confidence(losses: Tensor) -> Tensor:
    """(b, h', w') losses of windows -> (b, h', w'): 1 - RL_i / max_u RL_u over each image (Eq. 4.4)."""
    worst = losses.flatten(1).amax(1)[:, None, None]
    return 1 - losses / worst.where(worst > 0, 1)


def gaussian_divergence(mean: Tensor, log_sigma: Tensor) -> Tensor:
    """(n, L), (n, L) -> (): mean over n of KL(N(mu, sigma^2) || N(0, 1)) in nats (Sec. 2.4)."""
    return gaussian_divergences(mean, log_sigma).mean() / 2


def gaussian_divergences(mean: Tensor, log_sigma: Tensor) -> Tensor:
    """(n, L), (n, L) -> (n,): twice KL(N(mu, sigma^2) || N(0, 1)) of each."""
    mean, log_sigma = exact(mean), exact(log_sigma)
    return (mean.square() + (2 * log_sigma).exp() - 2 * log_sigma - 1).sum(1)


def charbonnier(r: Tensor, v: Tensor) -> Tensor:
    """(n, ...), (n, ...) -> (n,): the sum over values of `sqrt(d^2 + 1e-10)` of their differences d, which is
    |d| but smooth at 0 (Charbonnier et al. 1994).
    """
    return ((exact(r) - exact(v)).square() + SMOOTH).sqrt().flatten(1).sum(1)
