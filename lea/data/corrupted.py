"""Another data set's pictures, spoilt by noise, by blur or by what lies before them, in five strengths.

`noise` is Gaussian, of each picture the same in every strength. `blur` is Gaussian, its standard deviation a
share of the side, and beyond the edge all is as the edge. `occlusion` is a square of middle grey, a share of
the picture large, at a random place within it. Labels are kept. An original is spoilt as it is stored, before
it is made smaller.
"""

from collections.abc import Callable
from math import sqrt
from typing import Literal

import numpy as np

from lea.data.around import Around, Read
from lea.data.arrays import Arrays, MakeDataset, Split
from lea.errors import UserError
from lea.study.seeds import derive
from lea.study.spec import Source

PIECE = 1000  # pictures at once
GREY = 128

# Of the strengths 1 to 5.
NOISE = (0.04, 0.08, 0.12, 0.2, 0.3)  # standard deviation, of the whole range
BLUR = (0.015, 0.025, 0.04, 0.06, 0.09)  # standard deviation, of the side
OCCLUSION = (0.04, 0.08, 0.15, 0.25, 0.4)  # of the picture's area

Spoil = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


class Corrupted(Around):
    """The pictures of the data set `of`, of 8 bits, spoilt."""

    def __init__(
        self,
        *,
        of: MakeDataset,
        kind: Literal["noise", "blur", "occlusion"],
        strength: Literal[1, 2, 3, 4, 5],
    ) -> None:
        super().__init__(of)
        self.kind, self.strength = kind, strength

    def _changed(self, source: Source, split: Split, count: int | None, read: Read) -> Arrays:
        samples = read(count)
        if samples.values.ndim != 4 or samples.values.dtype != np.uint8:
            found = f"{samples.values.dtype} {samples.values.shape}"
            raise UserError(f"corrupted: found samples {found}; expected pictures of 8 bits; choose others")
        rng = np.random.default_rng(derive(0, "corrupted", self.kind, split))
        pieces = np.array_split(samples.values, range(PIECE, len(samples), PIECE))
        values = np.concatenate([KINDS[self.kind](piece, self.strength, rng) for piece in pieces])
        return Arrays(values, samples.labels)


def add_noise(pixels: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """(n, h, w, c) bytes: cut off where they leave the range."""
    noise = rng.standard_normal(pixels.shape, dtype=np.float32)
    return _rounded(pixels + np.float32(255 * NOISE[strength - 1]) * noise)


def blur(pixels: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """(n, h, w, c) bytes: every channel of its own, out to four standard deviations."""
    from scipy.ndimage import gaussian_filter

    deviation = BLUR[strength - 1] * pixels.shape[1]
    return _rounded(gaussian_filter(pixels.astype(np.float32), deviation, axes=(1, 2), mode="nearest"))


def occlude(pixels: np.ndarray, strength: int, rng: np.random.Generator) -> np.ndarray:
    """(n, h, w, c) bytes: behind a square."""
    count, high, wide = pixels.shape[:3]
    side = round(sqrt(OCCLUSION[strength - 1] * high * wide))
    top, left = rng.integers(0, (high - side + 1, wide - side + 1), (count, 2)).T[..., None]
    rows, columns = (
        (np.arange(length) >= first) & (np.arange(length) < first + side)
        for first, length in ((top, high), (left, wide))
    )
    behind = rows[:, :, None, None] & columns[:, None, :, None]
    return np.where(behind, np.uint8(GREY), pixels)


def _rounded(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 255) + 0.5).astype(np.uint8)


KINDS: dict[str, Spoil] = {"noise": add_noise, "blur": blur, "occlusion": occlude}
