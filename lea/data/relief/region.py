"""The region of the Tohoku earthquake as tiles in order, from which it can be put together again.

28.8 to 48 N, 138 to 157.2 E: every cell whose centre lies there; its southern and western border belong to
it. Embedded is ETOPO1 at 6 arc-minutes, 192 x 192 cells, which the project ships; original whatever grid the
file holds (of GEBCO 4,608 x 4,608). All tiles are test samples, row by row from the north-west, and none is
turned: `join` of `tiles.py`, given what the record says under `about`, makes the region of them, from the
north.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lea.data.arrays import Arrays, Split
from lea.data.relief.grids import Grid, open_grid
from lea.data.relief.relief import Relief
from lea.data.relief.shipped import TOHOKU, Elevations, read_region
from lea.data.relief.terrain import labels
from lea.data.relief.tiles import middles
from lea.errors import UserError
from lea.study.spec import Source

ROWS = 96  # of a grid, read at once


class Region(Relief):
    """Tiles of the region at a stride (None: side by side; a smaller one than the side: they overlap)."""

    TITLE = "relief off Tohoku"
    EMBEDDED = "ETOPO1 at 6 arc-minutes"

    def __init__(
        self, *, file: str = "GEBCO_2019.nc", stride: int | None = None, steep: float = 400.0
    ) -> None:
        super().__init__(file=file, stride=stride, twins="none", steep=steep)

    def facts(self, source: Source, folder: Path, side: int) -> dict[str, Any]:
        """Where the cells are that the tiles cover: the centres of the first and of the last."""
        region = self._read(source, folder)
        cut = self._cut(region, side)
        rows, columns = ((tiles - 1) * cut.stride + side for tiles in (cut.down, cut.across))
        return {
            "grid": self.EMBEDDED if source == "embedded" else self.file,
            **cut.facts(),
            "latitudes": [float(region.latitudes[0]), float(region.latitudes[rows - 1])],
            "longitudes": [float(region.longitudes[0]), float(region.longitudes[columns - 1])],
        }

    def embedded(self, split: Split, count: int | None, side: int) -> Arrays:
        """All tiles for the test, none for training."""
        return self._tiles(read_region(), split, side)

    def original(self, folder: Path, split: Split, count: int | None, side: int) -> Arrays:
        """All tiles for the test, none for training."""
        return self._tiles(self._read("original", folder), split, side)

    def _read(self, source: Source, folder: Path) -> Elevations:
        if source == "embedded":
            return read_region()
        with open_grid(folder / self.file) as grid:
            return crop(grid, TOHOKU)

    def _tiles(self, region: Elevations, split: Split, side: int) -> Arrays:
        cut = self._cut(region, side)
        chosen = slice(None if split == "test" else 0)
        rows, columns = cut.corners()
        tiles = sliding_window_view(region.metres, (side, side))[rows, columns][chosen]
        return Arrays(tiles[..., None], labels(tiles, middles(cut, region)[chosen], self.steep))


def crop(grid: Grid, region: tuple[float, float, float, float]) -> Elevations:
    """The cells of a grid whose centres lie in a region: its southern and western border belong to it."""
    south, north, west, east = region
    latitudes, longitudes = grid.latitudes.round(9), grid.longitudes.round(9)
    rows = np.flatnonzero((latitudes >= south) & (latitudes < north))
    columns = np.flatnonzero((longitudes >= west) & (longitudes < east))
    if len(rows) < 2 or len(columns) < 2:
        found = f"cells from {latitudes[-1]:.2f} to {latitudes[0]:.2f} N, few or none of the region"
        expected = f"expected {south} to {north} N, {west} to {east} E"
        raise UserError(f"{grid.path}: {found}; {expected}; use a grid of the whole Earth")
    starts = range(rows[0], rows[-1] + 1, ROWS)
    parts = [grid.read(start, min(ROWS, rows[-1] + 1 - start))[:, columns] for start in starts]
    return Elevations(np.concatenate(parts), grid.latitudes[rows], grid.longitudes[columns])
