"""Terrain that is made here, of any size and number: no place on the Earth.

A tile is a part of a random surface whose spectrum falls as a power of the frequency, as the Earth's does, at
a height that is drawn with it: its sea level is 0. Sediment lies on what is deep, an abyssal plain: below it
heights are a tenth as far apart. Through some tiles runs a trench, an arc of a circle.
"""

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.data.relief.grids import LEAST, MOST
from lea.data.relief.terrain import Terrain, labels
from lea.study.seeds import derive

LEVELS = (-6500, 1500)  # metres: between these lies the mean height of a tile, before sediment and trench
HEIGHTS = (200, 1200)  # metres: the standard deviation within a tile
PLAIN, SEDIMENT = -5000, 0.1  # metres; how much of what is below is left
TRENCH = (1500, 4000)  # metres, between which its depth below the sea floor lies
WIDTH = 0.06  # of a trench, as a share of the side: the standard deviation of its profile
LATITUDES = (-80, 80)  # degrees, between which a tile says that it lies


class SyntheticRelief(Terrain):
    """Random terrain: `exponent` of its power spectrum in two dimensions, `trenches` the share of tiles with
    a trench; `steep` as in `relief`.
    """

    TITLE = "synthetic relief"
    SOURCES = ("embedded",)
    EMBEDDED = "made here"
    FILES = ()
    LIMITS = {"exponent": (0, 6), "trenches": (0, 1), "steep": (1, 10_000)}

    def __init__(self, *, exponent: float = 3.4, trenches: float = 0.1, steep: float = 400.0) -> None:
        self.exponent, self.trenches, self.steep = exponent, trenches, steep

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` tiles; each has a random stream of its own."""
        tiles, latitudes = np.empty((count, side, side), np.int16), np.empty(count)
        for number in range(count):
            generator = np.random.default_rng(derive(0, "synthetic-relief", split, str(number)))
            latitudes[number] = generator.uniform(*LATITUDES)
            tiles[number] = self._tile(generator, side)
        return Arrays(tiles[..., None], labels(tiles, latitudes, self.steep))

    def _tile(self, generator: np.random.Generator, side: int) -> np.ndarray:
        level, height = generator.uniform(*LEVELS), generator.uniform(*HEIGHTS)
        metres = level + height * fractal(generator, side, self.exponent)
        metres = np.where(metres < PLAIN, PLAIN + SEDIMENT * (metres - PLAIN), metres)
        if generator.random() < self.trenches:
            metres -= trench(generator, side)
        return np.rint(metres.clip(LEAST, MOST)).astype(np.int16)


def fractal(generator: np.random.Generator, side: int, exponent: float) -> np.ndarray:
    """(side, side): a random surface of mean 0 and variance 1, whose power falls as frequency ** -exponent;
    cut from one of twice the side, so that its borders do not meet.
    """
    across = np.fft.rfftfreq(2 * side)
    frequency = np.hypot(np.fft.fftfreq(2 * side)[:, None], across)
    frequency[0, 0] = np.inf  # no mean
    noise = np.fft.rfft2(generator.standard_normal((2 * side, 2 * side)))
    surface = np.fft.irfft2(noise * frequency ** (-exponent / 2))[:side, :side]
    return (surface - surface.mean()) / surface.std()


def trench(generator: np.random.Generator, side: int) -> np.ndarray:
    """(side, side): metres that an arc of a circle through the tile lies deeper than its surroundings."""
    depth, place = generator.uniform(*TRENCH), generator.uniform(0.2, 0.8, 2)
    radius, angle = generator.uniform(1, 3), generator.uniform(0, 2 * np.pi)
    centre = place + radius * np.array([np.sin(angle), np.cos(angle)])
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    away = np.hypot(y - centre[0], x - centre[1]) - radius
    return depth * np.exp(-((away / WIDTH) ** 2) / 2)
