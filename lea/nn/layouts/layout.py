"""What every layout gives: the layers of an encoder and of a decoder of images, for a number of features.

Layers have a leaky ReLU between them and none at the end.
"""

from collections.abc import Callable
from typing import Protocol

from torch import nn

Shape = tuple[int, ...]  # (c, h, w)


class Layout(Protocol):
    """Makes the modules of an encoder and a decoder."""

    shape: Shape
    latent: int

    def encoder(self, outputs: int, *, normalise: bool = False, dropout: float = 0.0) -> nn.Sequential:
        """(n, c, h, w) -> (n, outputs * latent), or so many values in maps: `outputs` groups along axis 1.

        Behind each layer but the last a batch normalisation without weights and a dropout, if asked for.
        """
        ...

    def sinks(self) -> nn.Module:
        """(n, c, h, w) -> as `encoder(1)` gives: one layer."""
        ...

    def many(self, features: int, outputs: int) -> tuple[nn.Module, nn.Module]:
        """One layer to so many values, in maps or not, and one from these to what `encoder` gives."""
        ...

    def decoder(self) -> nn.Sequential:
        """(n, latent) -> (n, c, h, w)."""
        ...


MakeLayout = Callable[[Shape, int], Layout]  # from the shape of an image and the number of features


def between(layers: list[nn.Module], extras: Callable[[int], list[nn.Module]]) -> nn.Sequential:
    """Layers with what comes behind each but the last."""
    found = list[nn.Module]()
    for number, layer in enumerate(layers[:-1]):
        found += [layer, *extras(number)]
    return nn.Sequential(*found, layers[-1])


def random_extras(count: int, maps: bool, normalise: bool, dropout: float) -> list[nn.Module]:
    """Behind a layer of so many features or maps: normalisation without weights, leaky ReLU, dropout."""
    norm: list[nn.Module] = []
    if normalise:
        norm = [nn.BatchNorm2d(count, affine=False) if maps else nn.BatchNorm1d(count, affine=False)]
    return [*norm, nn.LeakyReLU(), *([nn.Dropout(dropout)] if dropout else [])]
