"""Cells between parallels and meridians: where they are, how large, what a field on them reads at a place.

Fields are tensors (..., rows, columns) of float64; rows go from south to north, columns from west to east.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.errors import UserError

RADIUS = 6_371_000.0  # of the Earth, metres: the mean
NEAREST_POLE = 89.0  # degrees; cells that touch a pole have no width there


class Place(NamedTuple):
    """A point on the map, and its name."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Grid:
    """Cells of equal size in degrees, by the centre of the southwestern one."""

    latitude: float
    longitude: float
    rows: int
    columns: int
    degrees: float

    def __post_init__(self) -> None:
        """Refuse what is no region."""
        if min(self.rows, self.columns) < 2 or not self.degrees > 0:
            raise UserError(
                f"a grid of {self.rows} x {self.columns} cells of {self.degrees:g} degrees; "
                "expected two or more each way, of a positive size"
            )
        south = self.latitude - self.degrees / 2
        north = south + self.degrees * self.rows
        if south < -NEAREST_POLE or north > NEAREST_POLE:
            raise UserError(
                f"a grid from {south:g} to {north:g} degrees north; expected between {-NEAREST_POLE:g} and "
                f"{NEAREST_POLE:g}; choose a region without a pole"
            )
        if self.columns * self.degrees > 360:
            raise UserError(
                f"a grid of {self.columns} columns of {self.degrees:g} degrees; expected at most 360 degrees"
            )

    @cached_property
    def latitudes(self) -> Tensor:
        """(rows,) of the centres."""
        return self.latitude + self.degrees * torch.arange(self.rows, dtype=torch.float64)

    @cached_property
    def longitudes(self) -> Tensor:
        """(columns,) of the centres."""
        return self.longitude + self.degrees * torch.arange(self.columns, dtype=torch.float64)

    @property
    def height(self) -> float:
        """Metres from a cell's southern edge to its northern one."""
        return RADIUS * math.radians(self.degrees)

    @cached_property
    def edges(self) -> Tensor:
        """(rows + 1,) metres: the length of the edges along parallels, from south to north."""
        return self.height * self._parallels.cos()

    @cached_property
    def areas(self) -> Tensor:
        """(rows,) square metres of a cell, exactly."""
        return RADIUS * self.height * self._parallels.sin().diff()

    @cached_property
    def widths(self) -> Tensor:
        """(rows,) metres from west to east, the mean over a cell."""
        return self.areas / self.height

    def refined(self, factor: int) -> "Grid":
        """The same region in cells that are smaller by a whole factor."""
        if factor < 1 or factor != int(factor):
            raise UserError(f"cells refined {factor} times; expected a whole number from 1")
        shift = (1 / factor - 1) / 2  # from the centre of the first cell to that of its first part
        return Grid(
            latitude=self.latitude + shift * self.degrees,
            longitude=self.longitude + shift * self.degrees,
            rows=self.rows * factor,
            columns=self.columns * factor,
            degrees=self.degrees / factor,
        )

    def check(self, name: str, values: Tensor) -> None:
        """Refuse a field that is not one of this grid, or not of numbers."""
        if values.shape[-2:] != (self.rows, self.columns):
            raise UserError(
                f"{name} of shape {tuple(values.shape)}; expected (..., {self.rows}, {self.columns}), "
                "the grid's rows and columns"
            )
        wrong = ~values.isfinite()
        if wrong.any():
            *_, row, column = wrong.nonzero()[0].tolist()
            raise UserError(f"{name}: no number at {self.where(row, column)}; expected one in every cell")

    def where(self, row: int, column: int) -> str:
        """A cell in words."""
        return name_place(float(self.latitudes[row]), float(self.longitudes[column]))

    def reading(self, places: Sequence[Place], wet: Tensor) -> "Reading":
        """How to read fields at places: bilinearly over the wet cells (..., rows, columns) around each."""
        around = [self._around(place) for place in places]
        cells = torch.tensor([one for one, _ in around], dtype=torch.int64, device=wet.device).reshape(-1, 4)
        weights = torch.tensor([one for _, one in around], dtype=torch.float64, device=wet.device).reshape(
            -1, 4
        )
        over_wet = weights * wet.flatten(-2)[..., cells]  # (..., places, 4)
        total = over_wet.sum(-1, keepdim=True)
        if not bool((total > 0).all()):
            dry = (total <= 0).squeeze(-1).nonzero()[0, -1]
            place = places[int(dry)]
            raise UserError(
                f"'{place.name}' at {name_place(place.latitude, place.longitude)}: land in all cells around "
                "it; expected water in one of them; move it to the sea"
            )
        return Reading(cells, over_wet / total)

    @cached_property
    def _parallels(self) -> Tensor:
        """(rows + 1,) the latitudes of the edges, in radians."""
        rows = torch.arange(self.rows + 1, dtype=torch.float64) - 0.5
        return (self.latitude + self.degrees * rows).deg2rad()

    def _around(self, place: Place) -> tuple[list[int], list[float]]:
        """The four cells around it in the flattened field, and the weight of each."""
        row = (place.latitude - self.latitude) / self.degrees
        column = (place.longitude - self.longitude) / self.degrees
        if not (0 <= row <= self.rows - 1 and 0 <= column <= self.columns - 1):
            raise UserError(
                f"'{place.name}' at {name_place(place.latitude, place.longitude)}: outside the grid; "
                f"expected between the centres of its outer cells, {self.where(0, 0)} and "
                f"{self.where(self.rows - 1, self.columns - 1)}"
            )
        south, west = min(int(row), self.rows - 2), min(int(column), self.columns - 2)
        up, right = row - south, column - west
        first = south * self.columns + west
        cells = [first, first + 1, first + self.columns, first + self.columns + 1]
        return cells, [(1 - up) * (1 - right), (1 - up) * right, up * (1 - right), up * right]


class Reading(NamedTuple):
    """Where to read, and with what weights."""

    cells: Tensor  # (places, 4), of a flattened field
    weights: Tensor  # (..., places, 4), that sum to 1

    def of(self, values: Tensor) -> Tensor:
        """(..., rows, columns) -> (..., places)."""
        return (values.flatten(-2)[..., self.cells] * self.weights).sum(-1)


def refine(values: Tensor, factor: int) -> Tensor:
    """(..., rows, columns) -> (..., rows * factor, columns * factor), bilinearly between the centres.

    Beyond the outer centres, half a cell wide, the nearest value on their edge is kept.
    """
    flat = values.reshape(-1, 1, *values.shape[-2:])
    fine = F.interpolate(flat, scale_factor=factor, mode="bilinear", align_corners=False)
    return fine.reshape(*values.shape[:-2], *fine.shape[-2:])


def name_place(latitude: float, longitude: float) -> str:
    """A place in words."""
    north, east = ("N" if latitude >= 0 else "S"), ("E" if longitude >= 0 else "W")
    return f"{abs(latitude):.3f} {north} {abs(longitude):.3f} {east}"
