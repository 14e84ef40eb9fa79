"""Labels of tiles of relief: what kind of terrain each shows, in classes, for errors by kind.

A cell at sea level or above is land. Steepness is the root mean square difference between neighbouring cells,
down and across alike, in metres from a cell to the next: what a model that sees cells has to follow. It is
larger on larger cells, so that what counts as steep is said with the data set.
"""

from itertools import pairwise

import numpy as np

from lea.study.spec import Source

TERRAIN = ("deep sea", "shelf", "land", "coast", "steep")
COAST = 0.05  # at least so much of a tile is land, and so much sea, if it is a coast
SHELF = -2000  # metres: a sea of this mean depth or less is a shelf with its slope
SHARES = (0.1, 0.5, 0.9)  # of land; none and all are classes of their own
DEPTHS = (-5000, -4000, -3000, -2000, -1000, -200, 0)  # metres, of the mean elevation
RELIEFS = (100, 500, 1000, 2000, 4000, 6000, 8000)  # metres, of the highest less the lowest cell
STEEPNESSES = (5, 10, 20, 50, 100, 200, 400)  # metres
BANDS = tuple(range(75, -90, -15))  # degrees north, between bands of latitude


class Terrain:
    """What data sets of relief have in common: whole metres, and the labels."""

    SHAPE = None
    SIZES = None
    DTYPE = "int16"
    RANGE = (-10880.587890625, 8613.15625)  # the source's, of GEBCO_2019
    FACTORS = {"terrain": 5, "land_share": 6, "depth": 8, "relief": 8, "steepness": 8, "latitude": 12}
    ORDERED = {"land_share": None, "depth": None, "relief": None, "steepness": None, "latitude": None}

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """What the classes of each label are called."""
        return names()


def names() -> dict[str, tuple[str, ...]]:
    """What the classes of each label are called; they are in rising order, latitudes from the north."""
    shares = ("none", "up to 10 %", "10 to 50 %", "50 to 90 %", "90 % or more", "all")
    borders = [f"{abs(one)} {'N' if one > 0 else 'S'}" if one else "equator" for one in (90, *BANDS, -90)]
    return {
        "terrain": TERRAIN,
        "land_share": shares,
        "depth": _between(DEPTHS),
        "relief": _between(RELIEFS),
        "steepness": _between(STEEPNESSES),
        "latitude": tuple(f"{one} to {two}" for one, two in pairwise(borders)),
    }


def _between(edges: tuple[int, ...]) -> tuple[str, ...]:
    """What lies below, between and above edges, in metres."""
    middle = (f"{low} to {high} m" for low, high in pairwise(edges))
    return (f"below {edges[0]} m", *middle, f"{edges[-1]} m or more")


def labels(tiles: np.ndarray, latitudes: np.ndarray, steep: float) -> dict[str, np.ndarray]:
    """(n, h, w) metres and (n,) latitudes of the tiles' middles -> for each label (n,) classes; `steep` is
    the steepness from which on a tile is.
    """
    tiles = tiles.astype(np.float32)
    land, mean = (tiles >= 0).mean((1, 2)), tiles.mean((1, 2), dtype=float)
    relief, steepness = tiles.max((1, 2)) - tiles.min((1, 2)), steepness_of(tiles)
    shares = np.select([land == 0, land == 1], [0, 5], 1 + np.digitize(land, SHARES))
    found = {
        "terrain": terrain(land, mean, steepness, steep),
        "land_share": shares,
        "depth": np.digitize(mean, DEPTHS),
        "relief": np.digitize(relief, RELIEFS),
        "steepness": np.digitize(steepness, STEEPNESSES),
        "latitude": (latitudes[:, None] <= np.array(BANDS)).sum(1),
    }
    return {name: values.astype(np.int32) for name, values in found.items()}


def terrain(land: np.ndarray, mean: np.ndarray, steepness: np.ndarray, steep: float) -> np.ndarray:
    """(n,) classes: steep whatever else; a coast by its shares; else land, or sea by its mean depth."""
    kinds = [steepness >= steep, (land >= COAST) & (land <= 1 - COAST), land > 1 - COAST, mean >= SHELF]
    classes = [TERRAIN.index(one) for one in ("steep", "coast", "land", "shelf")]
    return np.select(kinds, classes, TERRAIN.index("deep sea"))


def steepness_of(tiles: np.ndarray) -> np.ndarray:
    """(n, h, w) -> (n,): the root mean square difference between neighbours, in metres."""
    squares = [(np.diff(tiles, axis=axis) ** 2).mean((1, 2), dtype=float) for axis in (1, 2)]
    return np.sqrt(np.mean(squares, axis=0))
