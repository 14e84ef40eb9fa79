"""A mixture of normal distributions with full covariances, fitted to codes that are there already."""

import torch
from torch import Tensor, nn

from lea.nn.priors.prior import LOG_2_PI, Density

FLOOR = 1e-6  # of a component's variances


class FittedMixture(nn.Module):
    """`p(z) = sum_k w_k N(z; mean_k, C_k)`: `place` it among codes, then `improve` it again and again, each
    time by one iteration of expectation and maximisation. Nothing of it follows a gradient.
    """

    LIMITS = {"components": (1, 10_000)}
    weights: Tensor
    means: Tensor
    roots: Tensor

    def __init__(self, features: int, encoder: nn.Module | None = None, *, components: int = 10) -> None:
        super().__init__()
        self.register_buffer("weights", torch.full((components,), 1 / components))
        self.register_buffer("means", torch.randn(components, features))
        self.register_buffer(
            "roots", torch.eye(features).repeat(components, 1, 1)
        )  # of covariances, Cholesky's

    @torch.no_grad()
    def place(self, z: Tensor) -> None:
        """(n, features): means at codes that are drawn, covariances those of all of them."""
        rows = torch.randperm(len(z), device="cpu")[: len(self.means)].to(z.device)
        rows = rows.repeat(-(-len(self.means) // len(rows)))[: len(self.means)]
        self.means.copy_(z[rows])
        self.weights.fill_(1 / len(self.weights))
        self.roots.copy_(_root(torch.atleast_2d(torch.cov(z.double().T))).to(z.dtype).expand_as(self.roots))

    @torch.no_grad()
    def improve(self, z: Tensor) -> Tensor:
        """(n, features) -> (n,), their logarithmic densities before the step."""
        each = self._each(z.double())  # (n, components)
        total = each.logsumexp(1)
        shares = (each - total[:, None]).exp()
        counts = shares.sum(0).clamp(min=1e-12)
        means = shares.T @ z.double() / counts[:, None]
        apart = z.double()[:, None] - means  # (n, components, features)
        covariances = torch.einsum("nk,nki,nkj->kij", shares, apart, apart) / counts[:, None, None]
        self.weights.copy_(counts / len(z))
        self.means.copy_(means)
        self.roots.copy_(_root(covariances))
        return total.to(z.dtype)

    def density(self, z: Tensor) -> Density:
        """(n, features) -> twice (n,)."""
        base = self._each(z).logsumexp(1)
        return Density(base, torch.zeros_like(base))

    def sample(self, count: int) -> Tensor:
        """(count, features)."""
        chosen = torch.multinomial(self.weights, count, replacement=True)
        noise = torch.randn(count, self.means.shape[1], 1, device=self.means.device, dtype=self.means.dtype)
        return self.means[chosen] + (self.roots[chosen] @ noise)[..., 0]

    def _each(self, z: Tensor) -> Tensor:
        """(n, features) -> (n, components): the logarithm of a component's density, and of its weight."""
        roots = self.roots.to(z.dtype)
        roots = roots + (roots.diagonal(dim1=1, dim2=2) == 0).to(z.dtype).diag_embed()  # where nothing is yet
        apart = (z[:, None] - self.means.to(z.dtype)).movedim(0, -1)  # (components, features, n)
        within = torch.linalg.solve_triangular(roots, apart, upper=False).square().sum(1)
        spread = roots.diagonal(dim1=1, dim2=2).log().sum(1)
        inner = -(within.T + z.shape[1] * LOG_2_PI) / 2 - spread
        return inner + self.weights.to(z.dtype).clamp(min=1e-30).log()


def _root(covariances: Tensor) -> Tensor:
    """(..., features, features), positive whatever they are."""
    floor = FLOOR * torch.eye(covariances.shape[-1], dtype=covariances.dtype, device=covariances.device)
    return torch.linalg.cholesky(covariances + floor)
