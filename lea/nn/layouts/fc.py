"""Fully connected: 256, 128, 64 to the features, and 128, 256, 512, 1024 back (App. B)."""

import math
from itertools import pairwise

from torch import nn

from lea.nn.layouts.layout import Shape, between, random_extras

NARROWING, WIDENING = (256, 128, 64), (128, 256, 512, 1024)


class FCLayout:
    """Images of any shape, as vectors."""

    def __init__(self, shape: Shape, latent: int = 16) -> None:
        self.shape, self.latent = shape, latent

    def encoder(self, outputs: int, *, normalise: bool = False, dropout: float = 0.0) -> nn.Sequential:
        """(n, c, h, w) -> (n, outputs * latent)."""
        layers = _linear(math.prod(self.shape), *NARROWING, outputs * self.latent)
        made = between(layers, lambda number: random_extras(NARROWING[number], False, normalise, dropout))
        return nn.Sequential(nn.Flatten(), *made)

    def sinks(self) -> nn.Module:
        """(n, c, h, w) -> (n, latent)."""
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(self.shape), self.latent))

    def many(self, features: int, outputs: int) -> tuple[nn.Module, nn.Module]:
        """(n, c, h, w) -> (n, features), and (n, features) -> (n, outputs * latent)."""
        first = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(self.shape), features))
        return first, nn.Linear(features, outputs * self.latent)

    def decoder(self) -> nn.Sequential:
        """(n, latent) -> (n, c, h, w)."""
        layers = _linear(self.latent, *WIDENING, math.prod(self.shape))
        return nn.Sequential(*between(layers, lambda _: [nn.LeakyReLU()]), nn.Unflatten(1, self.shape))


def _linear(*sizes: int) -> list[nn.Module]:
    return [nn.Linear(first, second) for first, second in pairwise(sizes)]
