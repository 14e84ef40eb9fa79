"""What an autoencoder with a prior pays for images: the lower bound on their likelihood, and its parts.

Two ways of keeping books: `elbo` sums the divergence over the features and takes the logarithm of a flow's
determinant from it, in nats. `source`, a published study's way, averages the divergence over the features and
takes the whole logarithm from that, which pays more for stretching codes than it costs.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from lea.nn.encoders.encoder import Posterior
from lea.nn.losses import exact, window_losses
from lea.nn.priors.prior import log_normal

Protocol = Literal["elbo", "source"]


class Cost(NamedTuple):
    """What images and their codes cost, each (n,)."""

    reconstruction: Tensor  # sum of squares
    divergence: Tensor  # log q(z|x) - log p of where the prior's flow maps z to
    log_determinant: Tensor  # of the flow
    features: int

    def regularisation(self, protocol: Protocol) -> Tensor:
        """(n,): the more, the better."""
        divided = self.features if protocol == "source" else 1
        return self.log_determinant - self.divergence / divided

    def total(self, protocol: Protocol) -> Tensor:
        """(n,): the negative lower bound."""
        return self.reconstruction - self.regularisation(protocol)


def cost_of(model: Any, x: Tensor, arithmetic: AbstractContextManager[Any] | None = None) -> Cost:
    """(n, c, h, w) -> what each image costs, by the one code of it that is decoded."""
    with arithmetic or nullcontext():
        posterior = Posterior(*map(exact, model.encode(x)))
        z = posterior.sample()
        restored = model.decode(z)
    prior, log_determinant = model.prior, torch.zeros(len(x), device=x.device)
    if hasattr(prior, "divergence"):
        divergence = prior.divergence(*posterior)
    else:
        density = prior.density(z)
        divergence = log_normal(z, *posterior) - density.base
        log_determinant = density.log_determinant
    return Cost(window_losses(restored, x), divergence, log_determinant, z.shape[1])
