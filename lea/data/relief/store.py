"""Tiles on disk while they are brought into another order than a grid has them in."""

import tempfile
from pathlib import Path

import numpy as np

from lea.files import writing

SMALL = 2**26  # bytes that are kept in memory instead


class Store:
    """Tiles are put in one after another and taken out in any order. The file has no name, and is gone with
    the store; it lies where temporary files do (TMPDIR).
    """

    def __init__(self, side: int) -> None:
        self._shape, self._size = (side, side), 2 * side * side
        self._file = tempfile.SpooledTemporaryFile(max_size=SMALL)  # noqa: SIM115

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, tiles: np.ndarray) -> None:
        """(n, side, side) int16 behind what is there."""
        with writing(Path(tempfile.gettempdir())):
            self._file.write(np.ascontiguousarray(tiles, "<i2").data)

    def take(self, places: np.ndarray) -> np.ndarray:
        """(n,) -> (n, side, side): the tiles at these places."""
        found = np.empty((len(places), *self._shape), "<i2")
        for place, tile in zip(places.tolist(), found, strict=True):
            self._file.seek(place * self._size)
            self._file.readinto(tile.data)
        return found.astype(np.int16, copy=False)
