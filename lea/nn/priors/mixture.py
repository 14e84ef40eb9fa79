"""A mixture of normal distributions that is learnt with the network."""

import torch
from torch import Tensor, nn

from lea.nn.priors.prior import Density, log_normal


class Mixture(nn.Module):
    """`p(z) = sum_k w_k N(z; mean_k, sigma_k^2)`, all of it learnt, each with variances of its own."""

    LIMITS = {"components": (1, 100_000)}

    def __init__(self, features: int, encoder: nn.Module | None = None, *, components: int = 10) -> None:
        super().__init__()
        self.means = nn.Parameter(torch.randn(components, features))
        self.log_sigmas = nn.Parameter(torch.zeros(components, features))
        self.weights = nn.Parameter(torch.zeros(components))  # logits

    def density(self, z: Tensor) -> Density:
        """(n, features) -> twice (n,)."""
        each = log_normal(z[:, None], self.means, self.log_sigmas)  # (n, components)
        base = (each + self.weights.log_softmax(0)).logsumexp(1)
        return Density(base, torch.zeros_like(base))

    def sample(self, count: int) -> Tensor:
        """(count, features)."""
        chosen = torch.multinomial(self.weights.softmax(0), count, replacement=True)
        means, log_sigmas = self.means[chosen], self.log_sigmas[chosen]
        return means + log_sigmas.exp() * torch.randn_like(means)
