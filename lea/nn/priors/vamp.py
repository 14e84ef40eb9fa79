"""VampPrior: the mixture of what the encoder makes of inputs that are learnt (Tomczak and Welling 2018)."""

import math

import torch
from torch import Tensor, nn

from lea.nn.priors.prior import Density, log_normal


class Vamp(nn.Module):
    """`p(z) = sum_k q(z | u_k) / K`, the u_k free images that begin as training images. Of an encoder with a
    constant variance of 1e-6 it is K points, which expects no code that is not one of them.
    """

    LIMITS = {"components": (1, 100_000)}
    inputs: nn.Parameter

    def __init__(self, features: int, encoder: nn.Module, *, components: int = 50) -> None:
        super().__init__()
        self.components = components
        self._encoder = (encoder,)  # in a tuple: its weights are not this prior's
        self.inputs = nn.Parameter(torch.rand(components, *encoder.shape))  # type: ignore[misc]

    @torch.no_grad()
    def begin(self, x: Tensor) -> None:
        """Take the first of some training images (n, c, h, w) as the inputs, again if there are too few."""
        rows = torch.arange(len(self.inputs), device=x.device) % len(x)
        self.inputs.copy_(x[rows])

    def density(self, z: Tensor) -> Density:
        """(n, features) -> twice (n,)."""
        mean, log_sigma = self._codes()
        base = log_normal(z[:, None], mean, log_sigma).logsumexp(1)
        return Density(base - math.log(len(mean)), torch.zeros_like(base))

    def sample(self, count: int) -> Tensor:
        """(count, features)."""
        mean, log_sigma = self._codes()
        chosen = torch.randint(len(mean), (count,), device=mean.device)
        return mean[chosen] + log_sigma[chosen].exp() * torch.randn_like(mean[chosen])

    def _codes(self) -> tuple[Tensor, Tensor]:
        mean, log_sigma = self._encoder[0](self.inputs)
        return mean, log_sigma
