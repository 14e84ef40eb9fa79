"""A generator of pictures and the discriminator that it has to deceive (Goodfellow et al. 2014)."""

import math

import torch
from torch import Tensor, nn


class GAN(nn.Module):
    """(b, ...) -> (b, 1): how much more real than made a picture looks, as a logit."""

    LIMITS = {"code": (1, 1000), "hidden": (1, 10_000)}

    def __init__(self, shape: tuple[int, ...], *, code: int = 8, hidden: int = 64) -> None:
        super().__init__()
        values, self.code = math.prod(shape), code
        self.generator = nn.Sequential(
            nn.Linear(code, hidden),
            nn.ReLU(),
            nn.Linear(hidden, values),
            nn.Sigmoid(),
            nn.Unflatten(1, shape),
        )
        self.discriminator = nn.Sequential(
            nn.Flatten(), nn.Linear(values, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.discriminator(x)

    def sample(self, count: int, device: torch.device) -> Tensor:
        """Pictures from noise."""
        return self.generator(torch.randn(count, self.code, device=device))
