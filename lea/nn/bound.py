"""What an autoencoder with a prior pays for images: the lower bound on their likelihood, and its parts.

Two protocols: `elbo` sums the divergence over the features and takes the logarithm of a flow's determinant
from it, in nats. `source` is how a published study's numbers come about: it averages the divergence over the
features and takes the whole logarithm from that, which pays more for stretching codes than it costs; it draws
codes with the variance that an encoder learns in the place of the standard deviation, and takes every
divergence by that code.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from lea.nn.losses import window_losses
from lea.nn.priors.prior import log_normal

Protocol = Literal["elbo", "source"]


class Cost(NamedTuple):
    """What images and their codes cost by a protocol, each (n,)."""

    reconstruction: Tensor  # sum of squares
    divergence: Tensor  # log q(z|x) - log p of where the prior's flow maps z to
    log_determinant: Tensor  # of the flow
    divided_by: int  # the divergence

    @property
    def regularisation(self) -> Tensor:
        """(n,): the more, the better."""
        return self.log_determinant - self.divergence / self.divided_by

    @property
    def total(self) -> Tensor:
        """(n,): the negative lower bound."""
        return self.reconstruction - self.regularisation


def cost_of(
    model: Any, x: Tensor, protocol: Protocol = "elbo", arithmetic: AbstractContextManager[Any] | None = None
) -> Cost:
    """(n, c, h, w) -> what each image costs, by the one code of it that is decoded."""
    source = protocol == "source"
    with arithmetic or nullcontext():
        posterior = model.encode(x).exact()
        z = (posterior.with_variance_for_deviation() if source else posterior).sample()
        restored = model.decode(z)
    prior, log_determinant = model.prior, torch.zeros(len(x), device=x.device)
    if hasattr(prior, "divergence") and not source:
        divergence = prior.divergence(*posterior)
    else:
        density = prior.density(z)
        divergence = log_normal(z, *posterior) - density.base
        log_determinant = density.log_determinant
    return Cost(window_losses(restored, x), divergence, log_determinant, z.shape[1] if source else 1)
