"""Cartoon faces drawn here: six characters with seven expressions, each of them in any strength.

They stand beside FERG's, whose expressions they have. Each face is turned, moved and lit at random, on a
ground of any pale colour. A split is an endless series in chunks of 1008, with 24 of each character and
expression in each.
"""

from functools import partial
from typing import ClassVar, Literal

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.data.drawing import draw_chunks, uniform
from lea.data.faces_canvas import REACH, canvas
from lea.data.faces_cast import CAST
from lea.data.faces_drawing import draw_face
from lea.data.faces_expressions import EXPRESSIONS, NEUTRAL, OWN, express
from lea.data.originals import check_channels
from lea.study.spec import Source

CHUNK = 1008
STEPS = 8  # classes of a factor, between the least and the most that a face can do

TILT = 0.1  # the greatest, as the tangent of half its angle
SHIFT = 0.1
SIZE = (0.92, 1.06)
GROUND = (0.6, 0.92)
TINT = 0.1  # of the ground, how far each colour may be from that

# A factor's name, and the feature that it is.
FEATURES = {"brow": "brow", "slant": "slant", "eyes": "lids", "mouth": "curve", "gape": "gape"}


class Faces:
    """Faces in colour (`channels: 3`) or grey (1); what a face does is known in steps."""

    TITLE = "cartoon faces"
    SOURCES = ("embedded",)
    EMBEDDED = "drawn here"
    GENUINE = True
    SHAPE = None
    SIZES = None
    FACTORS: ClassVar = {
        "character": 6,
        "expression": 7,
        "brow": 8,
        "slant": 8,
        "eyes": 8,
        "mouth": 8,
        "gape": 8,
        "tilt": 8,
        "light": 8,
    }
    ORDERED: ClassVar = {
        "brow": None,
        "slant": None,
        "eyes": None,
        "mouth": None,
        "gape": None,
        "tilt": None,
        "light": None,
    }
    FILES = ()

    def __init__(self, *, channels: Literal[1, 3] = 3) -> None:
        check_channels(channels)
        self.channels = channels

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """Of a factor the middle of each step: tilt as the tangent of half its angle, light from the left."""
        steps = {factor: _middles(*_limits(factor)) for factor in (*FEATURES, "tilt", "light")}
        return {"character": tuple(CAST), "expression": tuple(EXPRESSIONS), **steps}

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` faces of a split."""
        return draw_chunks("faces", split, count, partial(_draw, side, self.channels), size=CHUNK)


def _limits(factor: str) -> tuple[float, float]:
    """The least and the most that there is of a factor."""
    if factor not in FEATURES:
        return {"tilt": (-TILT, TILT), "light": (-1.0, 1.0)}[factor]
    feature = FEATURES[factor]
    most = [one.get(feature, NEUTRAL[feature]) for one in (NEUTRAL, *EXPRESSIONS.values())]
    return min(most) - OWN[feature], max(most) + OWN[feature]


def _middles(low: float, high: float) -> tuple[str, ...]:
    return tuple(f"{low + (high - low) * (step + 0.5) / STEPS:.3g}" for step in range(STEPS))


def _draw(side: int, channels: int, rng: np.random.Generator) -> Arrays:
    """A chunk of faces."""
    kind = rng.permutation(np.arange(CHUNK, dtype=np.int32) % (len(CAST) * len(EXPRESSIONS)))
    character, expression = kind % len(CAST), kind // len(CAST)
    face = express(rng, expression)
    tilt, light = uniform(rng, -TILT, TILT, CHUNK), uniform(rng, -1, 1, CHUNK)
    x, y = _look(rng, side, tilt)
    grounds = uniform(rng, *GROUND, CHUNK)
    red, green, blue = (grounds + uniform(rng, -TINT, TINT, CHUNK) for _ in range(3))
    pixels = np.empty((CHUNK, side, side, 3), np.uint8)
    for number, who in enumerate(CAST.values()):
        rows = np.flatnonzero(character == number)
        sheet = canvas(x[rows], y[rows], (red[rows], green[rows], blue[rows]))
        draw_face(sheet, who, {feature: values[rows] for feature, values in face.items()})
        pixels[rows] = sheet.bytes(light[rows])
    shown = {factor: face[feature] for factor, feature in FEATURES.items()} | {"tilt": tilt, "light": light}
    steps = {factor: _steps(values, *_limits(factor)) for factor, values in shown.items()}
    labels = {"character": character, "expression": expression, **steps}
    return Arrays(pixels if channels == 3 else grey(pixels), labels)


def _look(rng: np.random.Generator, side: int, tilt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel lies in its face: across and down (n, side, side)."""
    pixels = ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5) * (2 * REACH)
    x = pixels - uniform(rng, -SHIFT, SHIFT, CHUNK)
    y = pixels[:, None] - uniform(rng, -SHIFT, SHIFT, CHUNK)
    size = uniform(rng, *SIZE, CHUNK) * (1 + tilt * tilt)
    cosine, sine = (1 - tilt * tilt) / size, 2 * tilt / size
    return cosine * x + sine * y, cosine * y - sine * x


def _steps(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """(n, 1, 1) -> (n,): which of the steps each lies on."""
    share = (values[:, 0, 0] - low) / (high - low)
    return np.clip(np.floor(share * STEPS), 0, STEPS - 1).astype(np.int32)


def grey(pixels: np.ndarray) -> np.ndarray:
    """(n, h, w, 3) -> (n, h, w, 1) bytes: the weights of ITU-R 601-2, rounded as Pillow rounds."""
    red, green, blue = (pixels[..., channel].astype(np.uint32) for channel in range(3))
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)[..., None]
