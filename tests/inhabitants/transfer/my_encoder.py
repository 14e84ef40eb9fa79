"""An encoder with a head for one label."""

import math

from torch import Tensor, nn


class Encoded(nn.Module):
    """(b, ...) -> (b, classes) logits."""

    LIMITS = {"features": (1, 10_000)}

    def __init__(self, shape: tuple[int, ...], classes: int, *, features: int = 16) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(math.prod(shape), features), nn.BatchNorm1d(features), nn.ReLU()
        )
        self.head = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encoder(x))
