"""A prior that a flow maps to the standard normal one (RealNVP, Dinh et al. 2017)."""

import torch
from torch import Tensor, nn

from lea.nn.flows import Coupling, Mapped
from lea.nn.priors.prior import Density, log_normal


class RealNVP(nn.Module):
    """`log p(z) = log N(f(z); 0, 1) + log |det df/dz|`, f several couplings one behind another."""

    LIMITS = {"flows": (1, 1000), "hidden": (1, 100_000)}
    MULTIPLES = {"latent": 2}

    def __init__(
        self, features: int, encoder: nn.Module | None = None, *, flows: int = 2, hidden: int = 64
    ) -> None:
        super().__init__()
        self.features = features
        self.scales = flows * features // 2  # values of s; their sum is the logarithm of the determinant
        self.couplings = nn.ModuleList(Coupling(features, hidden=hidden) for _ in range(flows))

    def forward(self, z: Tensor) -> Mapped:
        """(n, features) -> the same shape, and (n,)."""
        log_determinant = z.new_zeros(len(z))
        for coupling in self.couplings:
            z, its = coupling(z)
            log_determinant = log_determinant + its
        return Mapped(z, log_determinant)

    def inverse(self, u: Tensor) -> Tensor:
        """(n, features) -> the codes that are mapped to it."""
        for coupling in reversed(self.couplings):
            u = coupling.inverse(u)  # type: ignore[operator]
        return u

    def density(self, z: Tensor) -> Density:
        """(n, features) -> twice (n,)."""
        u, log_determinant = self(z)
        return Density(log_normal(u), log_determinant)

    def sample(self, count: int) -> Tensor:
        """(count, features)."""
        weight = next(self.parameters())
        return self.inverse(torch.randn(count, self.features, device=weight.device, dtype=weight.dtype))
