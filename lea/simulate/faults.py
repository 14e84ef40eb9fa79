"""Faults of rectangles on the map: files of them, and how they lift the sea floor.

A rectangle dips to the right of its strike, as in Aki and Richards (1980); angles are in degrees.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from lea.data.measured import number
from lea.errors import UserError
from lea.simulate.grid import RADIUS
from lea.simulate.okada import Dislocation, displacement

RIGIDITY = 30e9  # Pa, the usual one of a plate's boundary
CENTRE, TOP = "centre", "top, start of strike"
DEPTHS = {"depth_of_centre_km": CENTRE, "depth_of_top_km": TOP}
OTHERS = ("latitude", "longitude", "length_km", "width_km", "strike", "dip", "rake", "slip_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A part of a fault that slips as one."""

    latitude: float
    longitude: float
    depth: float  # metres
    position: Literal[
        "centre", "top, start of strike"
    ]  # the point whose latitude, longitude and depth these are
    length: float  # metres, along strike
    width: float  # metres, along dip
    strike: float
    dip: float
    rake: float  # of the upper side's slip, from the strike's direction upwards: 90 is a thrust
    slip: float  # metres

    def __post_init__(self) -> None:
        """Refuse a rectangle that cannot be."""
        for name in ("length", "width"):
            if not getattr(self, name) > 0:
                raise UserError(f"a rectangle's {name} of {getattr(self, name):g} m; expected more than 0")
        if not 0 < self.dip <= 90:
            raise UserError(f"a dip of {self.dip:g} degrees; expected more than 0 and at most 90")
        if self.depth_of_top < 0:
            raise UserError(
                f"a rectangle whose top lies {-self.depth_of_top:g} m above the surface; expected below it; "
                "look at its depth, width and dip"
            )

    @property
    def depth_of_top(self) -> float:
        """Metres to its upper edge."""
        return self.depth - (self._drop / 2 if self.position == CENTRE else 0)

    @property
    def depth_of_bottom(self) -> float:
        """Metres to its lower edge."""
        return self.depth_of_top + self._drop

    @property
    def _drop(self) -> float:
        return self.width * math.sin(math.radians(self.dip))


def magnitude(faults: Sequence[Rectangle], rigidity: float = RIGIDITY) -> float:
    """The moment magnitude of all together (Hanks and Kanamori 1979, in newton metres)."""
    moment = rigidity * sum(one.length * one.width * abs(one.slip) for one in faults)
    if not moment:
        raise UserError("a fault without slip; expected a rectangle that slips; it has no magnitude")
    return (math.log10(moment) - 9.1) / 1.5


def read_faults(path: Path) -> list[Rectangle]:
    """The rectangles of a CSV file, a line each, by their centres or their top edges' northern ends."""
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        columns = tuple(reader.fieldnames or ())
        depths = [name for name in DEPTHS if name in columns]
        missing = [name for name in OTHERS if name not in columns]
        if missing or len(depths) != 1:
            raise UserError(
                f"{path}, line 1: columns {', '.join(columns) or 'none'}; expected {', '.join(OTHERS)} and "
                f"one of {' and '.join(DEPTHS)}"
            )
        found = [_rectangle(row, depths[0], f"{path}, line {reader.line_num}") for row in reader]
    if not found:
        raise UserError(f"{path}: no rectangle; expected a line for each after the first")
    return found


def _rectangle(row: dict[str, str], depth: str, where: str) -> Rectangle:
    """A line of a file."""
    value = {name: number(row[name], f"{where}, {name}") for name in (*OTHERS, depth)}
    if depth == "depth_of_top_km" and not 90 <= value["strike"] <= 270:
        raise UserError(
            f"{where}: a strike of {value['strike']:g} degrees, a dip to the east; expected 90 to 270, since "
            "the position is the northern end of the top edge of a rectangle that dips to the west"
        )
    try:
        return Rectangle(
            latitude=value["latitude"],
            longitude=value["longitude"],
            depth=1000 * value[depth],
            # its strike runs south with the dip on its right, the west: it starts at the northern end
            position=DEPTHS[depth],  # type: ignore[arg-type]
            length=1000 * value["length_km"],
            width=1000 * value["width_km"],
            strike=value["strike"],
            dip=value["dip"],
            rake=value["rake"],
            slip=value["slip_m"],
        )
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def uplift(
    faults: Sequence[Rectangle], latitudes: Tensor, longitudes: Tensor, relief: Tensor | None = None
) -> Tensor:
    """(rows,) and (columns,) degrees -> (rows, columns) metres by which the ground rises.

    With the relief, elevations on the same points, what slopes lift as they move sideways is added:
    `-(ux, uy) . grad z` (Tanioka and Satake 1996).
    """
    total = torch.zeros(3, len(latitudes), len(longitudes), dtype=torch.float64, device=latitudes.device)
    for one in faults:
        if one.slip:
            total += torch.stack(_moved(one, latitudes.double(), longitudes.double()))
    east, north, up = total.unbind()
    if relief is None:
        return up
    if relief.shape != up.shape:
        raise UserError(f"relief of shape {tuple(relief.shape)}; expected {tuple(up.shape)}, as the points")
    metre = math.radians(1) * RADIUS  # of a degree of latitude
    to_north, to_east = torch.gradient(relief.double(), spacing=(latitudes * metre, longitudes * metre))
    to_east = to_east / latitudes.deg2rad().cos()[:, None]
    return up - east * to_east - north * to_north


def _moved(fault: Rectangle, latitudes: Tensor, longitudes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(rows, columns) metres to the east, to the north and up, in a plane that touches the Earth there."""
    metre = math.radians(1) * RADIUS
    around = (longitudes - fault.longitude + 180) % 360 - 180  # either way round the Earth
    east = around[None, :] * metre * math.cos(math.radians(fault.latitude))
    north = (latitudes[:, None] - fault.latitude) * metre
    strike, dip, rake = (math.radians(angle) for angle in (fault.strike, fault.dip, fault.rake))
    sine, cosine = math.sin(strike), math.cos(strike)
    # From the position to Okada's origin, the start of the lower edge: back along strike, and down the dip.
    back, down = (fault.length / 2, fault.width / 2) if fault.position == CENTRE else (0.0, fault.width)
    x = east * sine + north * cosine + back
    y = north * sine - east * cosine + down * math.cos(dip)
    slip = Dislocation(
        depth=fault.depth_of_bottom,
        dip=fault.dip,
        length=fault.length,
        width=fault.width,
        strike_slip=fault.slip * math.cos(rake),
        dip_slip=fault.slip * math.sin(rake),
    )
    moved = displacement(x, y, slip)
    return moved.x * sine - moved.y * cosine, moved.x * cosine + moved.y * sine, moved.z
