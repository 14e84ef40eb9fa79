"""Square tiles of the Earth's relief, land and sea floor, in whole metres.

Original: a global NetCDF grid (GEBCO of any year, ETOPO), read some rows at a time; tiles are drawn for the
test one by one. Embedded: ETOPO1 at 12 arc-minutes, which the project ships; whole blocks of 15 degrees are
for the test, and every tile that touches the region of Tohoku. Tiles are as a map shows them, north above.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lea.data.arrays import Arrays, Pieces, Split
from lea.data.relief.grids import INSTEAD, LEAST, MOST, WHERE, Grid, open_grid
from lea.data.relief.shipped import TOHOKU, read_earth
from lea.data.relief.store import Store
from lea.data.relief.terrain import Terrain, labels
from lea.data.relief.tiles import (
    Choice,
    Cut,
    Field,
    apart,
    bands,
    bounds,
    choose,
    in_blocks,
    middles,
    one_by_one,
    turned,
)
from lea.errors import UserError, about
from lea.study.spec import Source

PIECE = 1024  # tiles at once
Take = Callable[[np.ndarray], np.ndarray]  # (n,) numbers of tiles -> (n, side, side)


class Relief(Terrain):
    """Tiles at a stride (None: side by side), with twins of the training tiles (`tiles.py`) and labels
    (`terrain.py`), of which `steep` says from which steepness on a tile is. Where tiles overlap, training
    tiles that share cells with a test tile are left out, unless `apart` is false.
    """

    TITLE = "relief of the Earth"
    SOURCES = ("original", "embedded")
    EMBEDDED = "ETOPO1 at 12 arc-minutes"
    WHOLE = True
    TILED = True
    FOLDER = "relief"
    FILES = ("{file}",)
    READ_WITH = {"h5py": "relief"}
    LIMITS = {"stride": (1, 1024), "steep": (1, 10_000)}

    def __init__(
        self,
        *,
        file: str = "GEBCO_2019.nc",
        stride: int | None = None,
        twins: Literal["none", "after", "before"] = "after",
        apart: bool = True,
        steep: float = 400.0,
    ) -> None:
        self.file, self.stride, self.twins, self.apart, self.steep = file, stride, twins, apart, steep
        self._clipped = 0

    def fetch(self, folder: Path) -> None:
        """Nothing is downloaded: the published grids are of several gigabytes, and their addresses change."""
        raise UserError(f"{folder / self.file}: no such file; expected {WHERE}; {INSTEAD}")

    def facts(self, source: Source, folder: Path, side: int) -> dict[str, Any]:
        """What is told of the grid, and of what was cut off of it; after its tiles were read."""
        if source == "embedded":
            return self._facts(self.EMBEDDED, read_earth(), source, side)
        with open_grid(folder / self.file) as grid:
            found = self._facts(self.file, grid, source, side)
        return found | {"clipped": {"cells": self._clipped, "to": [LEAST, MOST]}}

    def _facts(self, name: str, field: Field, source: Source, side: int) -> dict[str, Any]:
        cut = self._cut(field, side)
        used = sum(len(tiles) for tiles in self._splits(cut, field, source).values())
        return {"grid": name, **cut.facts(), "left_out_tiles": len(cut) - used}

    def embedded(self, split: Split, count: int | None, side: int) -> Arrays:
        """The first `count` (None: all) tiles of a split of the shipped relief."""
        earth = read_earth()
        cut = self._cut(earth, side)
        choice = choose(split, self._splits(cut, earth, "embedded")[split], self.twins, count)
        rows, columns = cut.corners()
        windows = sliding_window_view(earth.metres, (side, side))
        return self._arrays(choice, lambda tile: windows[rows[tile], columns[tile]], middles(cut, earth))

    def original(self, folder: Path, split: Split, count: int | None, side: int) -> Arrays | Pieces:
        """The first `count` (None: all) tiles of a split of a grid in a file."""
        with open_grid(folder / self.file) as grid:
            with about(str(grid.path)):
                cut = self._cut(grid, side)
            choice = choose(split, self._splits(cut, grid, "original")[split], self.twins, count)
            wanted = np.unique(choice.tiles)
            store = _kept(grid, cut, wanted)
            self._clipped = grid.clipped
            latitudes = middles(cut, grid)

        def take(tiles: np.ndarray) -> np.ndarray:
            return store.take(np.searchsorted(wanted, tiles))

        return Pieces(len(choice), (side, side, 1), self._pieces(choice, store, take, latitudes))

    def _cut(self, field: Field, side: int) -> Cut:
        return Cut(len(field.latitudes), len(field.longitudes), side, self.stride or side)

    def _splits(self, cut: Cut, field: Field, source: Source) -> dict[Split, np.ndarray]:
        embedded = source == "embedded"
        found = in_blocks(bounds(cut, field), TOHOKU) if embedded else one_by_one(len(cut))
        return apart(found, cut) if self.apart else found

    def _pieces(self, choice: Choice, store: Store, take: Take, latitudes: np.ndarray) -> Iterator[Arrays]:
        with store:
            for start in range(0, len(choice), PIECE):
                part = slice(start, start + PIECE)
                yield self._arrays(Choice(choice.tiles[part], choice.twins[part]), take, latitudes)

    def _arrays(self, choice: Choice, take: Take, latitudes: np.ndarray) -> Arrays:
        tiles = turned(take(choice.tiles), choice.twins, self.twins)
        return Arrays(tiles[..., None], labels(tiles, latitudes[choice.tiles], self.steep))


def _kept(grid: Grid, cut: Cut, wanted: np.ndarray) -> Store:
    """The tiles of these numbers, which rise, in their order."""
    store = Store(cut.side)
    for first, band in bands(grid, cut):
        start, end = np.searchsorted(wanted, [first, first + cut.across])
        store.put(cut.of_band(band)[wanted[start:end] - first])
    return store
