"""The standard normal prior."""

import torch
from torch import Tensor, nn

from lea.nn.losses import exact
from lea.nn.priors.prior import Density, log_normal


class Normal(nn.Module):
    """The standard normal prior, N(0, 1) in every feature."""

    device_of: Tensor

    def __init__(self, features: int, encoder: nn.Module | None = None) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("device_of", torch.empty(0), persistent=False)

    def density(self, z: Tensor) -> Density:
        """(n, features) -> twice (n,)."""
        base = log_normal(z)
        return Density(base, torch.zeros_like(base))

    def divergence(self, mean: Tensor, log_sigma: Tensor) -> Tensor:
        """(n, features), (n, features) -> (n,): KL(N(mean, sigma^2) || N(0, 1)) in nats."""
        mean, log_sigma = exact(mean), exact(log_sigma)
        return (mean.square() + (2 * log_sigma).exp() - 2 * log_sigma - 1).sum(1) / 2

    def sample(self, count: int) -> Tensor:
        """(count, features)."""
        return torch.randn(count, self.features, device=self.device_of.device)
