"""Points of the plane, toys (Sec. 4.1): a mixture of Gaussians, two moons, two circles, a pinwheel.

The source names its mixture and its moons and says no more of them; the rest is ours. A split is an endless
series in chunks of 1000, with equally many points of each class. Angles are those of normal points, and turns
go by the tangent of half their angle, so that no sine is needed and machines agree.
"""

from collections.abc import Callable
from math import log, pi, sqrt
from typing import ClassVar, Literal

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.data.drawing import draw_series
from lea.study.spec import Source

MODES = 8
RING = 2.0  # radius, on which the modes' means lie
SPREAD = 0.2  # standard deviation of a mode, in each direction
STEP = sqrt(0.5)  # cosine and sine of an eighth of a turn
DIRECTIONS = ((1, 0), (STEP, STEP), (0, 1), (-STEP, STEP), (-1, 0), (-STEP, -STEP), (0, -1), (STEP, -STEP))

MOONS = 0.1  # standard deviation around the moons
MIDDLE = (0.5, 0.25)  # of both, when the upper one is half a circle of radius 1 around 0
RADII = (1.0, 0.5)
CIRCLES = 0.06  # standard deviation around the circles

ARMS = (
    (1, 0),
    (0.30901699, 0.95105652),
    (-0.80901699, 0.58778525),
    (-0.80901699, -0.58778525),
    (0.30901699, -0.95105652),
)
ALONG, ACROSS = 0.3, 0.06  # standard deviations of an arm, whose mean is 1 from the middle
BEND = 0.6  # an arm is turned by an angle whose half has this tangent, times the distance from the middle


class Points:
    """Points of one shape, as two floats; the class is the mode, the moon, the circle or the arm."""

    TITLE = "points of the plane"
    SOURCES = ("embedded",)
    EMBEDDED = "drawn here"
    GENUINE = True
    SIDED = False
    SHAPE = (2,)
    SIZES = None
    DTYPE = "float32"
    FACTORS: ClassVar = {"label": None}
    FILES = ()

    def __init__(self, *, shape: Literal["mixture", "moons", "circles", "pinwheel"]) -> None:
        self.shape = shape
        self.classes, self._draw = SHAPES[shape]

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The classes' numbers, but for what is called something."""
        called = {"moons": ("upper", "lower"), "circles": ("outer", "inner")}
        return {"label": called.get(self.shape, tuple(map(str, range(self.classes))))}

    def embedded(self, split: Split, count: int, side: int | None) -> Arrays:
        """The first `count` points of a split."""

        def paint(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
            return self._draw(rng, labels).astype(np.float32)

        return draw_series(f"points/{self.shape}", split, count, paint, classes=self.classes)


def mixture_log_density(points: np.ndarray) -> np.ndarray:
    """(n, 2) -> (n,): of the mixture, in nats."""
    means = RING * np.array(DIRECTIONS)
    exponents = -((points[:, None] - means) ** 2).sum(-1) / (2 * SPREAD**2)
    return np.logaddexp.reduce(exponents, axis=1) - log(MODES * 2 * pi * SPREAD**2)


def _mixture(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    return RING * np.array(DIRECTIONS)[labels] + SPREAD * rng.standard_normal((len(labels), 2))


def _moons(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    across, up = _directions(rng, len(labels))
    upper = np.stack([across, np.abs(up)], 1)
    moons = np.where(labels[:, None] == 0, upper, (1, 0.5) - upper)
    return moons - MIDDLE + MOONS * rng.standard_normal(moons.shape)


def _circles(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    circles = np.array(RADII)[labels, None] * np.stack(_directions(rng, len(labels)), 1)
    return circles + CIRCLES * rng.standard_normal(circles.shape)


def _pinwheel(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    along, across = rng.standard_normal((2, len(labels)))
    x, y = _turn(1 + ALONG * along, ACROSS * across, *np.array(ARMS)[labels].T)
    t = BEND * np.sqrt(x * x + y * y)
    return np.stack(_turn(x, y, (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)), 1)


def _turn(
    x: np.ndarray, y: np.ndarray, cosine: np.ndarray, sine: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    return cosine * x - sine * y, sine * x + cosine * y


def _directions(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of the unit circle, each equally likely: (n,) across and up."""
    across, up = rng.standard_normal((2, count))
    length = np.sqrt(across * across + up * up)
    return across / length, up / length


Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]
SHAPES: dict[str, tuple[int, Draw]] = {
    "mixture": (MODES, _mixture),
    "moons": (2, _moons),
    "circles": (2, _circles),
    "pinwheel": (5, _pinwheel),
}
