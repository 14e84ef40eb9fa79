"""The standard normal prior."""

import torch
from torch import Tensor, nn

from lea.nn.losses import gaussian_divergences
from lea.nn.priors.prior import Density, log_normal


class Normal(nn.Module):
    """The standard normal prior, N(0, 1) in every feature."""

    place: Tensor

    def __init__(self, features: int, encoder: nn.Module | None = None) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("place", torch.empty(0), persistent=False)  # says device and type

    def density(self, z: Tensor) -> Density:
        """(n, features) -> twice (n,)."""
        base = log_normal(z)
        return Density(base, torch.zeros_like(base))

    def divergence(self, mean: Tensor, log_sigma: Tensor) -> Tensor:
        """(n, features), (n, features) -> (n,): KL(N(mean, sigma^2) || N(0, 1)) in nats."""
        return gaussian_divergences(mean, log_sigma) / 2

    def sample(self, count: int) -> Tensor:
        """(count, features)."""
        return torch.randn(count, self.features, device=self.place.device, dtype=self.place.dtype)
