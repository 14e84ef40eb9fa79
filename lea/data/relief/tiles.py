"""Square tiles of a grid: where they lie, which are for training and which for the test, in which order.

Tiles are numbered row by row from the north-west. Of a training tile may come a twin:

* `after`: each tile is followed by its twin, turned by 90 degrees to the right. What is held out of training
  lies behind the rest, so that no tile is on one side and its twin on the other (but where an odd number of
  rows is cut off).
* `before`: tiles and twins, these transposed (mirrored at the diagonal from north-west to south-east), are in
  one random order, so that most rows that are held out have their twin among those that are learnt from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lea.data.arrays import Split, fixed_order
from lea.data.relief.grids import Grid
from lea.errors import UserError

Twins = Literal["none", "after", "before"]
TEST = 0.05  # of all tiles, where they are drawn one by one
TEST_BLOCKS = 0.1  # of all tiles, at least, where whole blocks are drawn: of neighbours each says less
BLOCK = 15  # degrees: the side of a block
NAME = "relief"  # of the random orders


class Field(Protocol):
    """Cells that are cut into tiles: a grid in a file, or relief in memory."""

    @property
    def latitudes(self) -> np.ndarray:
        """(rows,) of the cells' centres, from north to south."""

    @property
    def longitudes(self) -> np.ndarray:
        """(columns,) from west to east."""

    @property
    def step(self) -> tuple[float, float]:
        """Degrees from one row, and from one column, to the next."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How a grid of so many rows and columns is cut."""

    rows: int
    columns: int
    side: int
    stride: int

    def __post_init__(self) -> None:
        if min(self.rows, self.columns) < self.side:
            found = f"a grid of {self.rows} x {self.columns} cells"
            raise UserError(f"{found}; expected a tile of {self.side} at least; cut smaller ones")

    @property
    def down(self) -> int:
        """Rows of tiles."""
        return (self.rows - self.side) // self.stride + 1

    @property
    def across(self) -> int:
        """Tiles in a row."""
        return (self.columns - self.side) // self.stride + 1

    def __len__(self) -> int:
        return self.down * self.across

    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """(n,) first rows and (n,) first columns."""
        down, across = np.divmod(np.arange(len(self)), self.across)
        return down * self.stride, across * self.stride

    def facts(self) -> dict[str, Any]:
        """What a record says of it: nothing at the edges is left out in silence."""
        used = (
            (self.down - 1) * self.stride + self.side,
            (self.across - 1) * self.stride + self.side,
        )
        return {
            "cells": [self.rows, self.columns],
            "tiles": [self.down, self.across],
            "stride": self.stride,
            "cut_off": {"southern_rows": self.rows - used[0], "eastern_columns": self.columns - used[1]},
        }

    def of_band(self, band: np.ndarray) -> np.ndarray:
        """(side, columns) -> (across, side, side): a row of tiles, a view."""
        windows = sliding_window_view(band, self.side, axis=1)[:, :: self.stride]  # (side, across, side)
        return windows.swapaxes(0, 1)


def bounds(cut: Cut, field: Field) -> np.ndarray:
    """(n, 4): how far the cells of each tile reach, in degrees south, north, west, east."""
    rows, columns = cut.corners()
    height, width = field.step
    return np.stack(
        [
            field.latitudes[rows + cut.side - 1] - height / 2,
            field.latitudes[rows] + height / 2,
            field.longitudes[columns] - width / 2,
            field.longitudes[columns + cut.side - 1] + width / 2,
        ],
        1,
    )


def middles(cut: Cut, field: Field) -> np.ndarray:
    """(n,): the latitude of each tile's middle."""
    rows, _ = cut.corners()
    return (field.latitudes[rows] + field.latitudes[rows + cut.side - 1]) / 2


def one_by_one(count: int) -> dict[Split, np.ndarray]:
    """The tiles of each split in a random order, each drawn for itself."""
    order, test = fixed_order(count, NAME), round(count * TEST)
    return {"train": order[test:], "test": order[:test]}


def in_blocks(edges: np.ndarray, region: tuple[float, float, float, float]) -> dict[Split, np.ndarray]:
    """The tiles of each split, block after block in a random order, so that neighbours stay together. A tile
    belongs to the block of its middle. For the test are the first blocks of that order with `TEST_BLOCKS`
    of the tiles or more, and besides every tile that touches the region.
    """
    edges = edges.round(6)  # so that equal degrees are equal
    south, north, west, east = edges.T
    touching = (south <= region[1]) & (north >= region[0]) & (west <= region[3]) & (east >= region[2])
    lines, around = 180 // BLOCK, 360 // BLOCK
    down = ((90 - (south + north) / 2) // BLOCK).astype(int).clip(0, lines - 1)
    blocks = down * around + ((west + east) / 2 // BLOCK).astype(int) % around
    rank = np.empty(lines * around, int)
    rank[fixed_order(lines * around, NAME, "blocks")] = np.arange(lines * around)
    mixed = fixed_order(len(edges), NAME, "within blocks")
    order = mixed[np.argsort(rank[blocks[mixed]], kind="stable")]
    counts = np.bincount(rank[blocks], minlength=lines * around)
    last = int(np.searchsorted(np.cumsum(counts), TEST_BLOCKS * len(edges)))
    test = (rank[blocks[order]] <= last) | touching[order]
    return {"train": order[~test], "test": order[test]}


def apart(splits: dict[Split, np.ndarray], cut: Cut) -> dict[Split, np.ndarray]:
    """The same without training tiles that share a cell with a test tile, as neighbours do whose stride is
    less than their side.
    """
    reach = -(-cut.side // cut.stride) - 1
    test = np.zeros((cut.down, cut.across), bool)
    test.flat[splits["test"]] = True
    near = sliding_window_view(np.pad(test, reach), (2 * reach + 1, 2 * reach + 1)).any((2, 3))
    train = splits["train"]
    return {"train": train[~near.flat[train]], "test": splits["test"]}


@dataclass(frozen=True, slots=True)
class Choice:
    """The rows of a split: which tile each shows, and whether it is the twin."""

    tiles: np.ndarray  # (n,) numbers
    twins: np.ndarray  # (n,) truths

    def __len__(self) -> int:
        return len(self.tiles)


def choose(split: Split, tiles: np.ndarray, twins: Twins, count: int | None) -> Choice:
    """The first `count` rows of a split (None: all) from its tiles; only training tiles have twins."""
    doubled = split == "train" and twins != "none"
    available = len(tiles) * (1 + doubled)
    if count is not None and count > available:
        found = f"{NAME}: {count:,} tiles for {split}"
        raise UserError(f"{found}; expected at most {available:,}, all there are; ask for fewer")
    rows = np.arange(available)
    if doubled and twins == "before":
        rows = fixed_order(available, NAME, "twins")
    tile, twin = np.divmod(rows[:count], 1 + doubled)
    return Choice(tiles[tile], twin.astype(bool))


def turned(tiles: np.ndarray, twins: np.ndarray, how: Twins) -> np.ndarray:
    """(n, h, h) -> (n, h, h): tiles, of which the twins are turned to the right, or transposed."""
    mirrored = tiles[twins].swapaxes(1, 2)
    found = tiles.copy()
    found[twins] = mirrored if how == "before" else mirrored[:, :, ::-1]
    return found


def join(tiles: np.ndarray, down: int, across: int, stride: int) -> np.ndarray:
    """(down * across, side, side) in the order of their numbers -> (rows, columns): the mean of the tiles
    that cover a cell; nan where none does.
    """
    side = tiles.shape[1]
    total = np.zeros(((down - 1) * stride + side, (across - 1) * stride + side))
    times = np.zeros_like(total)
    for tile, (row, column) in zip(tiles, np.ndindex(down, across), strict=True):
        place = np.s_[row * stride : row * stride + side, column * stride : column * stride + side]
        total[place] += tile
        times[place] += 1
    with np.errstate(invalid="ignore"):
        return total / times


def bands(grid: Grid, cut: Cut) -> Iterator[tuple[int, np.ndarray]]:
    """The number of the first tile and (side, columns) the cells of each row of tiles; a row of the grid is
    read once, whatever the stride.
    """
    band = grid.read(0, cut.side)
    yield 0, band
    for down in range(1, cut.down):
        kept = band[cut.stride :]
        first = down * cut.stride + len(kept)
        band = np.concatenate([kept, grid.read(first, cut.side - len(kept))])
        yield down * cut.across, band
