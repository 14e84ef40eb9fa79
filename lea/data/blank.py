"""Nothing but a shape: for models that are only built and counted, for which no sample is needed."""

from typing import ClassVar

import numpy as np

from lea.data.arrays import Arrays, Split
from lea.errors import UserError
from lea.study.spec import Source


class Blank:
    """No samples of a shape as it is stored: `[28, 28, 1]` of grey pictures, `[2]` of points in the plane."""

    TITLE = "no data"
    SOURCES = ("embedded",)
    EMBEDDED = "only a shape"
    SIDED = False
    ROWS = False
    FACTORS: ClassVar[dict[str, int]] = {}
    FILES = ()
    LIMITS = {"shape": (1, 1_000_000)}

    def __init__(self, *, shape: tuple[int, ...]) -> None:
        if not shape:
            raise UserError("shape: empty; expected height, width and channels, or one length; say them")
        self.SHAPE = tuple(shape)

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """There are no labels."""
        return {}

    def embedded(self, split: Split, count: int, side: int | None) -> Arrays:
        """None of any count."""
        return Arrays(np.zeros((0, *self.SHAPE), np.uint8))
