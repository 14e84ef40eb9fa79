"""How much the sea floor rises, from a file: of faults, or of the uplift itself on a grid of its own."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lea.data.measured import read_numbers, read_rows
from lea.errors import UserError
from lea.simulate.faults import read_faults, uplift
from lea.simulate.grid import Grid, name_place

UPLIFT = ("latitude", "longitude", "uplift_m")
DIGITS = 9  # of degrees, so that equal ones are equal


def read_uplift(path: Path, grid: Grid, relief: Tensor | None = None) -> Tensor:
    """(rows, columns) metres; `relief`: what lies on the grid, whose slopes lift water as they move sideways.

    A file with a column `uplift_m` is read bilinearly, and is 0 beyond its points; any other is of faults.
    """
    if UPLIFT[-1] in read_rows(path, ())[0]:
        return _read_points(path, grid)
    return uplift(read_faults(path), grid.latitudes, grid.longitudes, relief)


def _read_points(path: Path, grid: Grid) -> Tensor:
    from scipy.interpolate import RegularGridInterpolator  # half a second that faults do not need

    rows = read_numbers(path, UPLIFT)
    points = np.array([[row[name] for name in UPLIFT] for row in rows])  # (n, 3)
    middle = float(grid.longitudes.mean())
    points[:, 1] = middle + (points[:, 1] - middle + 180) % 360 - 180  # either way round the Earth
    points[:, :2] = points[:, :2].round(DIGITS)
    latitudes, longitudes = np.unique(points[:, 0]), np.unique(points[:, 1])
    places = np.searchsorted(latitudes, points[:, 0]), np.searchsorted(longitudes, points[:, 1])
    values = np.full((len(latitudes), len(longitudes)), np.nan)
    values[places] = points[:, 2]
    if min(values.shape) < 2 or np.isnan(values).any() or len(points) != values.size:
        found = f"{len(points)} points on {len(latitudes)} latitudes and {len(longitudes)} longitudes"
        raise UserError(
            f"{path}: {found}; expected each longitude on each latitude once, two or more of both"
        )
    read = RegularGridInterpolator((latitudes, longitudes), values, bounds_error=False, fill_value=0.0)
    ends = ((latitudes, grid.latitudes), (longitudes, grid.longitudes))
    if any(one[-1] < float(of_grid[0]) or one[0] > float(of_grid[-1]) for one, of_grid in ends):
        found = f"points from {name_place(latitudes[0], longitudes[0])} to "
        found += name_place(latitudes[-1], longitudes[-1])
        raise UserError(f"{path}: {found}; expected some of the region, about {grid.where(0, 0)} and onwards")
    where = np.meshgrid(grid.latitudes.numpy(), grid.longitudes.numpy(), indexing="ij")
    return torch.from_numpy(read(np.stack(where, -1).round(DIGITS)))
