"""A trunk of convolutions, as an autoencoder of relief has it: sides halved four times, and doubled again.

Down: a convolution 4 wide with stride 2, batch normalisation, a leaky ReLU. Up: values repeated, then a
convolution 3 wide and the same behind it; a sigmoid behind the last. Edges are reflected. Normalisation
forgets and divides as Keras' does unless told otherwise.
"""

import math
from itertools import pairwise
from typing import Literal

from torch import nn

from lea.nn.layouts.fc import FCLayout
from lea.nn.layouts.layout import Shape

DOWN, UP = 4, 3  # how wide kernels are
SLOPE = 0.3  # Keras' leaky ReLU
EPSILON = 1e-3  # Keras' batch normalisation


class TrunkLayout(FCLayout):
    """Images of any side that can be halved so often: a trunk, two fully connected layers, and back."""

    LIMITS = {"filters": (1, 100_000), "hidden": (1, 1_000_000), "momentum": (1e-6, 1)}

    def __init__(
        self,
        shape: Shape,
        latent: int = 100,
        *,
        filters: tuple[int, ...] = (64, 128, 128, 256),
        hidden: int = 100,
        padding: Literal["reflect", "zeros", "none"] = "reflect",
        momentum: float = 0.01,
        normalise_connected: bool = False,
    ) -> None:
        super().__init__(shape, latent)
        self.filters, self.hidden, self.momentum = filters, hidden, momentum
        self.padding, self.normalise_connected = padding, normalise_connected
        self.sizes = list(_sizes((shape[1], shape[2]), len(filters), 0 if padding == "none" else 1))
        self.maps = (filters[-1], *self.sizes[-1])  # where the trunk ends

    def encoder(self, outputs: int, *, normalise: bool = False, dropout: float = 0.0) -> nn.Sequential:
        """(n, c, h, w) -> (n, outputs * latent)."""
        return nn.Sequential(
            *self.down(normalise, dropout),
            nn.Flatten(),
            *self._connected(math.prod(self.maps), self.hidden),
            nn.Linear(self.hidden, outputs * self.latent),
        )

    def decoder(self) -> nn.Sequential:
        """(n, latent) -> (n, c, h, w), in [0, 1]."""
        widening = [nn.Linear(self.latent, self.hidden), nn.ReLU()]
        widening += self._connected(self.hidden, math.prod(self.maps))
        return self.up(widening)

    def down(self, normalise: bool = False, dropout: float = 0.0) -> list[nn.Module]:
        """(n, c, h, w) -> (n, filters, h', w')."""
        if normalise:
            raise ValueError("normalise: a trunk is normalised as it is; leave it out")
        layers = list[nn.Module]()
        for first, second in pairwise((self.shape[0], *self.filters)):
            layers += [self._convolution(first, second, DOWN, stride=2), *self._behind(second)]
            layers += [nn.Dropout(dropout)] if dropout else []
        return layers

    def up(self, before: list[nn.Module]) -> nn.Sequential:
        """What gives (n, filters h' w') -> that and the trunk, to (n, c, h, w); its last layer is `last`."""
        channels = (*reversed(self.filters), self.shape[0])
        sizes, lost = reversed(self.sizes[:-1]), UP - 1 if self.padding == "none" else 0
        layers = [*before, nn.Unflatten(1, self.maps)]
        for (first, second), (height, width) in zip(pairwise(channels), sizes, strict=True):
            layers += [nn.Upsample((height + lost, width + lost)), self._convolution(first, second, UP)]
            layers += self._behind(second)
        *layers, last, _, _ = layers
        found = nn.Sequential(*layers)
        found.add_module("last", last)
        found.add_module("sigmoid", nn.Sigmoid())
        return found

    def _convolution(self, first: int, second: int, width: int, stride: int = 1) -> nn.Module:
        if self.padding == "none":
            return nn.Conv2d(first, second, width, stride)
        return nn.Conv2d(first, second, width, stride, padding=1, padding_mode=self.padding)

    def _behind(self, channels: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(channels, EPSILON, self.momentum), nn.LeakyReLU(SLOPE)]

    def _connected(self, features: int, out: int) -> list[nn.Module]:
        norm = [nn.BatchNorm1d(out, EPSILON, self.momentum)] if self.normalise_connected else []
        return [nn.Linear(features, out), *norm, nn.ReLU()]


class TrunkMapsLayout(TrunkLayout):
    """The trunk alone: a code is its last maps, flattened; 256 of them have as many values as an image."""

    LIMITS = {"filters": (1, 100_000), "momentum": (1e-6, 1)}

    def __init__(
        self,
        shape: Shape,
        latent: int,
        *,
        filters: tuple[int, ...] = (64, 128, 128, 256),
        padding: Literal["reflect", "zeros", "none"] = "reflect",
        momentum: float = 0.01,
    ) -> None:
        super().__init__(shape, latent, filters=filters, padding=padding, momentum=momentum)
        if latent != math.prod(self.maps):
            maps, height, width = self.maps
            expected = f"{math.prod(self.maps)}, {maps} maps of {height}x{width}"
            raise ValueError(f"latent {latent}; expected {expected}, of which the code is made")

    def encoder(self, outputs: int, *, normalise: bool = False, dropout: float = 0.0) -> nn.Sequential:
        """(n, c, h, w) -> (n, filters, h', w')."""
        if outputs != 1:
            raise ValueError("the maps are means alone; expected an encoder with a constant variance")
        return nn.Sequential(*self.down(normalise, dropout))

    def decoder(self) -> nn.Sequential:
        """(n, latent) -> (n, c, h, w), in [0, 1]."""
        return self.up([])


def _sizes(size: tuple[int, int], times: int, padding: int) -> list[tuple[int, int]]:
    """Of an image and of each layer's maps."""
    found = [size]
    for _ in range(times):
        height, width = ((side + 2 * padding - DOWN) // 2 + 1 for side in found[-1])
        if min(height, width) < 1 + padding:  # a border of one value cannot be reflected
            sides = "x".join(map(str, size))
            raise ValueError(f"images of {sides} cannot be halved {times} times; expected larger ones")
        found.append((height, width))
    return found
