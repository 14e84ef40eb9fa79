"""How well tiles of relief come back (Table 5.1), in the scaled units of the source and in metres.

Of the `whole` data set, if the run has it as its further table of that name, and of the `tested` tiles:
`total error`, the Euclidean norm of all differences; `worst tile`, the largest of one tile's; `root mean
square`, in metres a cell. Of the test tiles besides, and of those of each terrain: `slope`, the root mean
square of how much the steps from a cell to its neighbours are off, in metres, and `wrong side`, how many of
a hundred cells are sea instead of land or the other way round. `error with steepness`: the rank correlation
of a test tile's error with how steep it is; and of each tenth of the test tiles, from the least steep one on,
their mean `steepness` and `root mean square`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from lea.data.relief.terrain import TERRAIN, steepness_of, terrain
from lea.data.tensors import Data, Samples
from lea.measure.measurement import Measurement

LIMITS = {"steep": (1, 10_000)}
WHOLE, TEST = "whole", "tested"
BATCH = 256
TENTHS = 10
ROUNDING = 1e-6  # scaled: two centimetres, for a cell at sea level to be land


def measure(
    model: nn.Module, data: Data, generator: torch.Generator, *, steep: float = 400.0
) -> Iterator[Measurement]:
    """`steep`: the steepness from which on a tile is."""
    if WHOLE in data.others:
        yield from _totals(WHOLE, _errors(model, data.others[WHOLE]))
    found = _errors(model, data.test)
    yield from _totals(TEST, found)
    yield from _details(TEST, found)
    kinds = terrain(found.land, found.mean, found.steepness, steep)
    for number, name in enumerate(one.replace(" ", "-") for one in TERRAIN):
        of_kind = found.take(kinds == number)
        yield Measurement(name, "tiles", float(len(of_kind.squares)))
        if len(of_kind.squares):
            yield Measurement(name, "root mean square", of_kind.root(of_kind.squares))
            yield from _details(name, of_kind)
    if len(set(found.squares)) > 1 < len(set(found.steepness)):
        rank = stats.spearmanr(found.squares, found.steepness).statistic
        yield Measurement(TEST, "error with steepness", float(rank))
    order = np.argsort(found.steepness, kind="stable")
    for number, rows in enumerate(np.array_split(order, TENTHS), 1):
        if len(rows):
            some = found.take(rows)
            yield Measurement(f"tenth-{number}", "steepness", float(some.steepness.mean()))
            yield Measurement(f"tenth-{number}", "root mean square", some.root(some.squares))


@dataclass(frozen=True, slots=True)
class Errors:
    """What is wrong with each tile, and what it is like."""

    metres: float  # of a scaled unit
    cells: int  # of a tile
    squares: np.ndarray  # (n,) sums of squares over its cells, in scaled units
    slopes: np.ndarray  # (n,) means of squares of how much the steps are off, in scaled units
    wrong: np.ndarray  # (n,) shares of cells on the wrong side of the sea's level
    land: np.ndarray  # (n,) shares of cells
    mean: np.ndarray  # (n,) metres
    steepness: np.ndarray  # (n,) metres

    def take(self, rows: np.ndarray) -> "Errors":
        """Of some of the tiles."""
        arrays = (self.squares, self.slopes, self.wrong, self.land, self.mean, self.steepness)
        return Errors(self.metres, self.cells, *(one[rows] for one in arrays))

    def root(self, squares: np.ndarray) -> float:
        """Metres, of sums over the cells of tiles."""
        return float(self.metres * np.sqrt(squares.mean() / self.cells))


def _totals(part: str, found: Errors) -> Iterator[Measurement]:
    total, worst = float(np.sqrt(found.squares.sum())), float(np.sqrt(found.squares.max()))
    yield Measurement(part, "total error", total)
    yield Measurement(part, "worst tile", worst)
    yield Measurement(part, "total error in metres", found.metres * total)
    yield Measurement(part, "worst tile in metres", found.metres * worst)
    yield Measurement(part, "root mean square", found.root(found.squares))


def _details(part: str, found: Errors) -> Iterator[Measurement]:
    yield Measurement(part, "slope", found.metres * float(np.sqrt(found.slopes.mean())))
    yield Measurement(part, "wrong side", 100 * float(found.wrong.mean()))


def _errors(model: nn.Module, samples: Samples) -> Errors:
    low, high = samples.scale
    parts = list[list[np.ndarray]]()
    for x in samples.batches(BATCH):
        parts.append(
            [one.double().cpu().numpy() for one in _of_tiles(x, model(x), -low / (high - low) - ROUNDING)]
        )
    squares, slopes, wrong, land, mean, steepness = map(np.concatenate, zip(*parts, strict=True))
    metres = high - low
    return Errors(metres, x[0].numel(), squares, slopes, wrong, land, low + metres * mean, metres * steepness)


def _of_tiles(x: Tensor, restored: Tensor, sea: float) -> Iterator[Tensor]:
    """(n, 1, h, w), (n, 1, h, w) -> six times (n,), as `Errors` names them."""
    off = restored.double() - x.double()
    yield off.square().sum((1, 2, 3))
    yield torch.stack([off.diff(dim=axis).square().mean((1, 2, 3)) for axis in (2, 3)]).mean(0)
    yield ((restored >= sea) != (x >= sea)).double().mean((1, 2, 3))
    yield (x >= sea).double().mean((1, 2, 3))
    yield x.double().mean((1, 2, 3))
    yield torch.from_numpy(steepness_of(x[:, 0].cpu().numpy()))
