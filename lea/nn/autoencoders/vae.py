"""The variational autoencoder: a normal distribution over codes, held near the standard one (Sec. 2.4)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.coders.coder import MakeCoder, Shape, make_coder
from lea.nn.losses import Loss, gaussian_divergence, reconstruction_loss


class GaussianCode(NamedTuple):
    """Codes that are distributions: the sample while training, the mean while evaluating."""

    z: Tensor  # (n, L)
    mean: Tensor  # (n, L)
    log_sigma: Tensor  # (n, L)


class VAE(nn.Module):
    """Minimises `beta KL + RL`; over the first `warm_up` epochs beta rises from 0."""

    LIMITS = {"beta": (0, 1e6), "warm_up": (0, 1_000_000)}
    pressure: Tensor

    def __init__(
        self,
        shape: Shape,
        code: int = 10,
        *,
        coder: str | MakeCoder = "fc",
        beta: float = 1.0,
        warm_up: int = 0,
    ) -> None:
        super().__init__()
        if beta < 0 or warm_up < 0:
            raise ValueError(f"vae: beta {beta}, warm_up {warm_up}; expected none below 0")
        self.shape, self.code_length = shape, code
        self.coder = make_coder(coder, shape, code)
        self.mean = nn.Linear(self.coder.features, code)
        self.log_sigma = nn.Linear(self.coder.features, code)
        self.beta, self.warm_up = beta, warm_up
        # A tensor, so that a compiled network need not be compiled again when it moves.
        self.register_buffer("pressure", torch.tensor(0.0 if warm_up else beta), persistent=False)

    def advance(self, epoch: float, epochs: int) -> None:
        """Say how many epochs are done, and of how many."""
        self.pressure.fill_(self.beta * (min(1.0, epoch / self.warm_up) if self.warm_up else 1.0))

    def forward(self, v: Tensor) -> Tensor:
        """(n, c, k, k) -> (n, c, k, k), the reconstruction."""
        return self.decode(self.encode(v).z)

    def encode(self, v: Tensor) -> GaussianCode:
        """(n, c, k, k) -> three times (n, L)."""
        features = self.coder.encode(v)
        # Both layers in one product, which reads the features once.
        weight = torch.cat([self.mean.weight, self.log_sigma.weight])
        bias = torch.cat([self.mean.bias, self.log_sigma.bias])
        mean, log_sigma = F.linear(features, weight, bias).chunk(2, dim=1)
        z = mean + log_sigma.exp() * torch.randn_like(mean) if self.training else mean
        return GaussianCode(z, mean, log_sigma)

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        return self.coder.decode(z)

    def loss(self, v: Tensor, code: GaussianCode, r: Tensor) -> Loss:
        """Of windows, their codes and their reconstructions: beta KL + RL."""
        reconstruction, divergence = reconstruction_loss(r, v), gaussian_divergence(code.mean, code.log_sigma)
        pressure = self.pressure if self.training else self.beta
        return Loss(pressure * divergence + reconstruction, reconstruction, divergence)
