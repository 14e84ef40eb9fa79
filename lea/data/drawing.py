"""Pictures made here: enters a data set's name and an atlas, leaves pictures in random poses and shades.

A split is an endless series in chunks of 1000, each from a seed of its own, with equally many of each class;
a larger count continues a smaller one. Arithmetic is confined to what IEEE 754 fixes to the last bit (no
sine, no matrix product) and to the generator's plain uniform numbers, lest machines differ.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.study.seeds import derive

CHUNK = 1000
CLASSES = 10

Paint = Callable[[np.random.Generator, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How far pictures of a kind differ, lengths in pictures' sides."""

    turn: float  # the greatest rotation, as the tangent of half its angle
    shear: float
    bend: float
    shift: float
    scale: tuple[float, float]


GLYPH = Pose(turn=0.1, shear=0.2, bend=0.3, shift=0.08, scale=(0.95, 1.25))
PLATE = Pose(turn=0.1, shear=0.25, bend=0.25, shift=0.08, scale=(1.0, 1.4))
SHAPE = Pose(turn=0.18, shear=0.2, bend=0.2, shift=0.1, scale=(0.75, 1.2))
GROUND = Pose(turn=1.0, shear=0.0, bend=0.3, shift=0.1, scale=(1.5, 2.5))

# How pictures are shaded: values from 0, black, to 1, white; pairs are the least and the most.
NOISE = 0.08
BRIGHTNESS = (0.6, 1.0)  # of a glyph
THICKENING = (1.0, 2.0)  # a factor to the soft edge of a glyph
THINNING = (0.0, 0.3)  # then taken off it
PRESENT = 0.7  # chance of each neighbouring digit
SPACING = (0.5, 0.6)  # from a digit's middle to the next one's, before scaling


def draw_series(name: str, split: Split, count: int, paint: Paint, *, classes: int = CLASSES) -> Arrays:
    """The first `count` samples of a split; `paint` gives their values (n, ...) for a generator and labels
    (n,).
    """

    def draw(rng: np.random.Generator) -> Arrays:
        labels = rng.permutation(np.arange(CHUNK, dtype=np.int32) % classes)
        return Arrays(paint(rng, labels), {"label": labels})

    return draw_chunks(name, split, count, draw, size=CHUNK)


def draw_chunks(
    name: str, split: Split, count: int, draw: Callable[[np.random.Generator], Arrays], *, size: int
) -> Arrays:
    """The first `count` samples of a split, of which `draw` gives `size` for a generator."""
    chunks = [
        draw(np.random.default_rng(derive(0, name, split, chunk))) for chunk in range(-(-count // size))
    ]
    labels = {
        one: np.concatenate([chunk.labels[one] for chunk in chunks])[:count] for one in chunks[0].labels
    }
    return Arrays(np.concatenate([chunk.values for chunk in chunks])[:count], labels)


def paint_glyphs(glyphs: np.ndarray, side: int, rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """(n,) -> (n, side, side, 1): bright glyphs on black, stroke and brightness varied."""
    count = len(labels)
    ink = sample(glyphs, pick(rng, glyphs, labels), *look(rng, count, side, GLYPH))
    ink = np.clip(ink * uniform(rng, *THICKENING, count) - uniform(rng, *THINNING, count), 0, 1)
    ink *= uniform(rng, *BRIGHTNESS, count)
    return to_bytes(ink[..., None] + speckle(rng, (count, side, side, 1)))


def paint_plates(
    digits: np.ndarray, textures: np.ndarray, side: int, rng: np.random.Generator, labels: np.ndarray
) -> np.ndarray:
    """(n,) -> (n, side, side, 3): digits between others of their font, either of which may be absent."""
    count = len(labels)
    down, across = look(rng, count, side, PLATE)
    fonts = rng.integers(0, len(digits), count)
    ink = sample(digits, fonts * CLASSES + labels, down, across)
    for direction in (-1, 1):
        neighbours = fonts * CLASSES + rng.integers(0, CLASSES, count)
        present = uniform(rng, 0, 1, count) < PRESENT
        spacing = uniform(rng, *SPACING, count)
        np.maximum(ink, present * sample(digits, neighbours, down, across - direction * spacing), out=ink)
    ground, figure = two_colours(rng, count, contrast=0.35, chroma=0.5)
    shade = 0.3 * (sample_ground(textures, rng, count, side) - 0.5)
    picture = ground + shade + ink[..., None] * (figure - ground)
    return to_bytes(picture + speckle(rng, picture.shape))


def paint_shapes(
    shapes: np.ndarray, textures: np.ndarray, side: int, rng: np.random.Generator, labels: np.ndarray
) -> np.ndarray:
    """(n,) -> (n, side, side, 3): coloured shapes on ground of two colours mixed by a texture."""
    count = len(labels)
    ink = sample(shapes, labels, *look(rng, count, side, SHAPE))[..., None]
    ground, figure = two_colours(rng, count, contrast=0.4, chroma=0.9)
    other = ground + 0.8 * (rng.random((count, 1, 1, 3), dtype=np.float32) - 0.5)
    ground = ground + sample_ground(textures, rng, count, side) * (other - ground)
    figure = figure + 0.3 * (sample_ground(textures, rng, count, side) - 0.5)
    picture = ground + ink * (figure - ground)
    return to_bytes(picture + speckle(rng, picture.shape))


def uniform(rng: np.random.Generator, low: float, high: float, count: int) -> np.ndarray:
    """(n, 1, 1): a number for each picture."""
    return low + (high - low) * rng.random((count, 1, 1), dtype=np.float32)


def look(rng: np.random.Generator, count: int, side: int, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel of each picture looks: down and across (n, side, side), from the atlas's middle."""
    pixels = (np.arange(side, dtype=np.float32) + 0.5) / side - 0.5
    x = pixels - uniform(rng, -pose.shift, pose.shift, count)  # (n, 1, side)
    y = pixels[:, None] - uniform(rng, -pose.shift, pose.shift, count)  # (n, side, 1)
    t = uniform(rng, -pose.turn, pose.turn, count)
    zoom = 1 / uniform(rng, *pose.scale, count)
    cosine, sine = (1 - t * t) / (1 + t * t) * zoom, 2 * t / (1 + t * t) * zoom
    down = cosine * y - sine * x  # (n, side, side)
    across = cosine * x + sine * y
    across += uniform(rng, -pose.shear, pose.shear, count) * down
    across += uniform(rng, -pose.bend, pose.bend, count) * down * down
    return down, across


def pick(rng: np.random.Generator, atlas: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,): for each label the number of one of its pictures in an atlas (variants, classes, t, t)."""
    return rng.integers(0, len(atlas), len(labels)) * atlas.shape[1] + labels


def sample(atlas: np.ndarray, picks: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """The atlas's pictures `picks` (n,) at these places (n, h, w), bilinear; edges go on for ever."""
    size = atlas.shape[-1]
    texels = atlas.reshape(-1)
    v, u = (np.clip((place + 0.5) * size - 0.5, 0, size - 1.001) for place in (down, across))
    row, column = v.astype(np.int32), u.astype(np.int32)
    v -= row
    u -= column
    start = (picks * size * size).astype(np.int32)[:, None, None] + row * size + column
    upper, lower = (
        texels[first] + u * (texels[first + 1] - texels[first]) for first in (start, start + size)
    )
    return upper + v * (lower - upper)


def sample_ground(textures: np.ndarray, rng: np.random.Generator, count: int, side: int) -> np.ndarray:
    """(n, side, side, 1): pieces of random textures, from 0 to 1."""
    picks = rng.integers(0, len(textures), count)
    return sample(textures, picks, *look(rng, count, side, GROUND))[..., None]


def two_colours(
    rng: np.random.Generator, count: int, *, contrast: float, chroma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Two colours (n, 1, 1, 3) a picture, whose mean brightnesses differ by at least `contrast`."""
    dark = uniform(rng, 0.1, 0.9 - contrast, count)
    light = dark + contrast + uniform(rng, 0, 1, count) * (0.9 - contrast - dark)
    swap = uniform(rng, 0, 1, count) < 0.5
    tints = chroma * (rng.random((2, count, 1, 1, 3), dtype=np.float32) - 0.5)
    tints -= (tints[..., :1] + tints[..., 1:2] + tints[..., 2:]) / 3
    first, second = np.where(swap, light, dark), np.where(swap, dark, light)
    return first[..., None] + tints[0], second[..., None] + tints[1]


def speckle(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Noise for each value, its reach up to NOISE and different in each picture."""
    reach = uniform(rng, 0, NOISE, shape[0])[..., None]
    return (rng.integers(0, 256, shape, np.uint8).astype(np.float32) / 127.5 - 1) * reach


def to_bytes(values: np.ndarray) -> np.ndarray:
    """From 0..1, what is beyond cut off, to whole numbers 0..255."""
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
