"""Data sets for tests: every sample has a number of its own, the test's from 1000 on."""

import numpy as np

from lea.data.arrays import Arrays, Pieces, Split

FIRST = {"train": 0, "test": 1000}


def numbers(split: Split, count: int) -> np.ndarray:
    return FIRST[split] + np.arange(count)


class Numbered:
    """Points on a line at their numbers, with two labels."""

    SOURCES = ("embedded",)
    SIDED = False
    SHAPE = (1,)
    DTYPE = "float32"
    FACTORS = {"ten": 10, "odd": 2}

    def names(self, source: str) -> dict[str, tuple[str, ...]]:
        return {"ten": tuple("0123456789"), "odd": ("even", "odd")}

    def embedded(self, split: Split, count: int, side: int | None) -> Arrays:
        found = numbers(split, count)
        return Arrays(found[:, None].astype(np.float32), {"ten": found % 10, "odd": found % 2})


class Terrain:
    """Heights of 3 by 2 places in whole metres, and no label."""

    SOURCES = ("embedded", "original", "folder")
    SIDED = False
    SHAPE = (3, 2, 1)
    DTYPE = "int16"
    RANGE = (-11000, 9000)
    FACTORS = {}

    def __init__(self, *, fault: str = "") -> None:
        self.fault = fault

    def names(self, source: str) -> dict[str, tuple[str, ...]]:
        return {"kind": ("sea",)} if "label" in self.fault else {}

    def embedded(self, split: Split, count: int, side: int | None) -> Arrays:
        rng = np.random.default_rng(FIRST[split])
        heights = rng.integers(-11000, 9001, (count, 3, 2, 1)).astype(np.int16)
        heights[0, 0, 0], heights[-1, -1, -1] = -11000, 9000
        return {
            "": lambda: Arrays(heights),
            "fewer": lambda: Arrays(heights[:-1]),
            "too low": lambda: Arrays(heights - np.int16(1)),
            "floats": lambda: Arrays(heights.astype(np.float32)),
            "other bytes": lambda: Arrays(heights.astype(">i2")),
            "another shape": lambda: Arrays(heights[:, :2]),
            "no label": lambda: Arrays(heights),
            "short label": lambda: Arrays(heights, {"kind": np.zeros(count - 1, np.int32)}),
            "wrong label": lambda: Arrays(heights, {"kind": np.ones(count, np.int32)}),
        }[self.fault]()

    def original(self, folder: object, split: Split, count: int | None) -> Arrays:
        return self.embedded(split, count or 9, None)

    def folder(self, split: Split, count: int | None, side: int | None) -> Arrays:
        return Arrays(np.zeros((0, 3, 2, 1), np.int16))


class Strips:
    """Squares of one number: for training some at a time, for the test all at once."""

    SOURCES = ("original",)
    TILED = True
    DTYPE = "int16"
    RANGE = (0, 2000)
    FACTORS = {}

    def __init__(self, *, last: int = 8, said: int = 9) -> None:
        self.last, self.said = last, said

    def names(self, source: str) -> dict[str, tuple[str, ...]]:
        return {}

    def original(self, folder: object, split: Split, count: int | None, side: int) -> Arrays | Pieces:
        points = np.array([*range(8), self.last] if split == "train" else range(1000, 1005))
        squares = np.broadcast_to(points[:, None, None, None], (len(points), side, side, 1)).astype(np.int16)
        if split == "test":
            return Arrays(squares)
        return Pieces(self.said, (side, side, 1), (Arrays(squares[rows : rows + 4]) for rows in (0, 4, 8)))


class Cloud:
    """Normal points in the plane, of which one is no number if that is asked for."""

    SOURCES = ("embedded",)
    SIDED = False
    DTYPE = "float64"
    FACTORS = {}

    def __init__(self, *, gap: bool = False, longer: bool = False) -> None:
        self.gap, self.longer = gap, longer

    def names(self, source: str) -> dict[str, tuple[str, ...]]:
        return {}

    def embedded(self, split: Split, count: int, side: int | None) -> Arrays:
        points = np.random.default_rng(FIRST[split]).normal(
            size=(count, 2 + (self.longer and split == "test"))
        )
        points[-1, 0] = np.nan if self.gap else points[-1, 0]
        return Arrays(points)


class Squares:
    """Pictures whose sides can be chosen, but come wrong."""

    SOURCES = ("embedded",)
    FACTORS = {}

    def __init__(self, *, axes: int = 3) -> None:
        self.axes = axes

    def names(self, source: str) -> dict[str, tuple[str, ...]]:
        return {}

    def embedded(self, split: Split, count: int, side: int | None) -> Arrays:
        assert side
        return Arrays(np.full((count, side, side + (self.axes == 3), 1)[: self.axes + 1], 255, np.uint8))
