"""Oracle: GeoClaw 5.14.0 on the same 200 x 200 cells of a sphere; `benchmarks/geoclaw_case.py` made the table.

It solves the same equations by another scheme: wave propagation with its own Riemann solver, second order
with MC limiters, one level, the mass source of the sphere. An ocean of 4,000 m between 28 and 48 N with an
island, a slope and a shelf before a coast; a hump of the surface; no friction, no rotation.
"""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from lea.simulate.grid import Grid, Place
from lea.simulate.waves import Course, simulate

SOUTH, WEST, DEGREES = 28.0, 140.0, 20.0  # the region's, each way
CELLS = 200
SECONDS = 4000.0  # no gauge has its second crest by then, and no wave comes back from an edge
# Of the first crest, and of the moment when half of it is there
GEOCLAW = {}
GAUGES = [
    Place("deep sea, south-east", 33.0, 152.0),
    Place("deep sea, north", 43.5, 147.0),
    Place("behind the island", 38.3, 153.5),
    Place("slope", 35.0, 142.6),
    Place("shelf", 38.5, 141.6),
]


def points(cells: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Latitudes and longitudes of the cells' centres, edges and corners; there the bed, and the surface."""
    along = torch.linspace(0, DEGREES, 2 * cells + 1, dtype=torch.float64)
    north, east = SOUTH + along[:, None], WEST + along
    coast = 3600 * torch.sigmoid((142.5 - east) / 0.3) + 600 * torch.sigmoid((140.8 - east) / 0.1)
    island = 4500 * (-((north - 38) ** 2 + (east - 151.5) ** 2) / 0.5**2).exp()
    surface = 2 * (-((north - 38) ** 2 + (east - 147) ** 2) / 1.3**2).exp()
    return north.flatten(), east, coast + island - 4000, surface


def means(values: Tensor) -> Tensor:
    """(2 rows + 1, 2 columns + 1) -> (rows, columns): of what is bilinear between the points."""
    return avg_pool2d(avg_pool2d(values[None], 2, stride=1), 2)[0]


def first_crest(seconds: Tensor, levels: Tensor) -> tuple[float, float]:
    """Metres, and the time at which half of it is there, on a straight line between two times."""
    crest = levels.max()
    after = int((levels >= crest / 2).nonzero()[0])
    part = (crest / 2 - levels[after - 1]) / (levels[after] - levels[after - 1])
    return float(crest), float(torch.lerp(seconds[after - 1], seconds[after], part))


def ours(cells: int):
    size = DEGREES / cells
    grid = Grid(SOUTH + size / 2, WEST + size / 2, cells, cells, size)
    _, _, bed, surface = points(cells)
    bed, lift = means(bed), means(surface)
    return simulate(grid, bed - lift, lift, GAUGES, Course(seconds=SECONDS))
