"""Convolutional: 4, 8, 16 kernels to maps of 2x2, and 64, 32, 16, 8 back, sides halved and doubled (App. B).

Kernels are 3 wide and keep a side, but for the encoder's last, which has no padding.
"""

from itertools import pairwise

from torch import nn

from lea.nn.layouts.layout import Shape, between, random_extras

PLACES = 2  # a side of the maps
DEEPENING, THINNING = (4, 8, 16), (64, 32, 16, 8)
HALVED = 4  # the side of the last pool


class ConvLayout:
    """Images of 32x32, as maps of 2x2: the features are a quarter as many channels."""

    SIDE = 32
    MULTIPLES = {"latent": 4}

    def __init__(self, shape: Shape, latent: int = 16) -> None:
        if tuple(shape[1:]) != (self.SIDE, self.SIDE):
            found = "x".join(map(str, shape[1:]))
            raise ValueError(f"images of {found}; the conv layout expects {self.SIDE}x{self.SIDE}: pad them")
        if latent % PLACES**2:
            raise ValueError(f"{latent} features in maps of 2x2; expected a multiple of {PLACES**2}")
        self.shape, self.latent, self.channels = shape, latent, latent // PLACES**2

    def encoder(self, outputs: int, *, normalise: bool = False, dropout: float = 0.0) -> nn.Sequential:
        """(n, c, 32, 32) -> (n, outputs * channels, 2, 2)."""
        layers = [*_convolutions(self.shape[0], *DEEPENING), _last(DEEPENING[-1], outputs * self.channels)]

        def extras(number: int) -> list[nn.Module]:
            return [*random_extras(DEEPENING[number], True, normalise, dropout), nn.MaxPool2d(2)]

        return between(layers, extras)

    def sinks(self) -> nn.Module:
        """(n, c, 32, 32) -> (n, channels, 2, 2): each place sees its quarter of the image."""
        return nn.Conv2d(self.shape[0], self.channels, self.SIDE // PLACES, stride=self.SIDE // PLACES)

    def many(self, features: int, outputs: int) -> tuple[nn.Module, nn.Module]:
        """(n, c, 32, 32) -> (n, features / 16, 4, 4), and from there (n, outputs * channels, 2, 2)."""
        if features % HALVED**2:
            raise ValueError(f"{features} features in maps of 4x4; expected a multiple of {HALVED**2}")
        maps = features // HALVED**2
        first = nn.Conv2d(self.shape[0], maps, self.SIDE // HALVED, stride=self.SIDE // HALVED)
        return first, _last(maps, outputs * self.channels)

    def decoder(self) -> nn.Sequential:
        """(n, latent) -> (n, c, 32, 32)."""
        layers = _convolutions(self.channels, *THINNING, self.shape[0])
        made = between(layers, lambda _: [nn.LeakyReLU(), nn.Upsample(scale_factor=2)])
        return nn.Sequential(nn.Unflatten(1, (self.channels, PLACES, PLACES)), *made)


def _convolutions(*channels: int) -> list[nn.Module]:
    return [nn.Conv2d(first, second, 3, padding=1) for first, second in pairwise(channels)]


def _last(channels: int, maps: int) -> nn.Module:
    """(n, channels, 4, 4) -> (n, maps, 2, 2)."""
    return nn.Conv2d(channels, maps, 3)
