"""Global grids of elevations in NetCDF files: enters a file, leaves bands of its rows in whole metres.

Such a file has a variable `elevation` (GEBCO) or `z` (ETOPO, and whatever GMT writes) over latitudes and
longitudes. It is larger than the memory of many machines, so that it is read some rows at full width at a
time, from the north. Cells are what the coordinates are the centres of, also where a file calls its values
points: a grid whose points lie on the border has the last column twice, and is read without it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lea.data.originals import describe
from lea.errors import UserError

NAMES = ("elevation", "z")
LATITUDES, LONGITUDES = ("lat", "latitude", "y"), ("lon", "longitude", "x")
HDF, CLASSIC = b"\x89HDF\r\n\x1a\n", (b"CDF\x01", b"CDF\x02")  # NetCDF-4, and NetCDF-3 with 32 or 64 bits
FILLS = ("_FillValue", "missing_value")
PACKED = ("scale_factor", "add_offset")
CACHE = 2**28  # bytes: one row of a published grid's chunks, so that each is unpacked once
SLOTS = 100_003  # of that cache: a prime, many times the chunks that it holds
LEAST, MOST = -10880, 8613  # whole metres within the range that models see as 0 to 1
UNEVEN = 1e-3  # of a cell: how far a coordinate may lie from where even steps put it
WHERE = (
    "a NetCDF grid of the whole Earth: GEBCO (https://www.gebco.net, `GEBCO_2019.nc` or a later year) or "
    "ETOPO (https://www.ncei.noaa.gov/products/etopo-global-relief-model)"
)
INSTEAD = "put it there, name it in the data set's option `file`, or choose `source: embedded`"


class Rows(Protocol):
    """A variable of a file, as h5py and scipy have it."""

    shape: tuple[int, ...]

    def __getitem__(self, rows: slice) -> Any: ...


@dataclass(slots=True)
class Grid:
    """A grid that is open: its cells' centres, and its rows from the north."""

    path: Path
    latitudes: np.ndarray  # (rows,) of the cells' centres, from north to south
    longitudes: np.ndarray  # (columns,) from west to east
    step: tuple[float, float]  # degrees from one row, and from one column, to the next
    rows: Rows  # in the file's own order
    from_south: bool
    fills: tuple[float, ...]
    clipped: int = field(default=0)  # cells so far that were beyond the range

    def read(self, first: int, count: int) -> np.ndarray:
        """(count, columns) int16: rows in whole metres; a value that is none is refused, one beyond the range
        becomes its end.
        """
        start = len(self.latitudes) - first - count if self.from_south else first
        with _reading(self.path):
            band = np.asarray(self.rows[start : start + count])[:, : len(self.longitudes)]
        band = band[::-1] if self.from_south else band
        self._refuse_gaps(band, first)
        if band.dtype.kind == "f":
            band = np.rint(band)
        self.clipped += int(((band < LEAST) | (band > MOST)).sum())
        return np.clip(band, LEAST, MOST).astype(np.int16)

    def _refuse_gaps(self, band: np.ndarray, first: int) -> None:
        gaps = ~np.isfinite(band) if band.dtype.kind == "f" else np.zeros(band.shape, bool)
        for fill in self.fills:
            gaps |= band == fill
        if gaps.any():
            row, column = np.argwhere(gaps)[0]
            place = f"latitude {self.latitudes[first + row]:.4f}, longitude {self.longitudes[column]:.4f}"
            found = f"{gaps.sum():,} of {gaps.size:,} cells without a value, the first at {place}"
            raise UserError(f"{self.path}: {found}; expected an elevation in each; use a grid without gaps")


@contextmanager
def open_grid(path: Path) -> Iterator[Grid]:
    """A grid, as long as it is needed."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected {WHERE}; {INSTEAD}")
    with path.open("rb") as file:
        beginning = file.read(512)
    if not beginning.startswith((HDF, *CLASSIC)):
        raise UserError(f"{path}: {describe(beginning)}; expected {WHERE}; {INSTEAD}")
    with (_hdf if beginning.startswith(HDF) else _classic)(path) as (variables, attributes):
        with _reading(path):
            grid = _grid(path, variables, attributes)
        yield grid


Content = tuple[Mapping[str, Rows], Mapping[str, Mapping[str, Any]]]  # variables, and the attributes of each


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in words that a file is damaged: what the libraries raise then is of many kinds."""
    try:
        yield
    except (OSError, TypeError, ValueError, KeyError, IndexError, RuntimeError) as error:
        found = f"damaged or cut off, {path.stat().st_size:,} bytes ({error})"
        raise UserError(f"{path}: {found}; expected {WHERE}; fetch it again") from error


@contextmanager
def _hdf(path: Path) -> Iterator[Content]:
    try:
        import h5py
    except ModuleNotFoundError as error:
        found = "needs the library h5py, which is not installed"
        raise UserError(
            f"{path}: {found}; expected what the extra `relief` brings: pip install h5py"
        ) from error
    with _reading(path):
        file = h5py.File(path, "r", rdcc_nbytes=CACHE, rdcc_nslots=SLOTS)
    with file:
        variables = {name: one for name, one in file.items() if isinstance(one, h5py.Dataset)}
        yield variables, {name: dict(one.attrs) for name, one in variables.items()}


@contextmanager
def _classic(path: Path) -> Iterator[Content]:
    from scipy.io import netcdf_file

    with _reading(path):
        file = netcdf_file(path, "r", mmap=True, maskandscale=False)
    # Copies are given away, and no view is kept, since the file cannot be unmapped under one.
    variables = {name: _Mapped(file, name) for name in file.variables}
    try:
        yield variables, {name: dict(one._attributes) for name, one in file.variables.items()}
    finally:
        variables.clear()
        file.close()


class _Mapped:
    """A variable of a classic file."""

    def __init__(self, file: Any, name: str) -> None:
        self._file, self._name = file, name
        self.shape = tuple(file.variables[name].shape)

    def __getitem__(self, rows: slice) -> np.ndarray:
        found = self._file.variables[self._name].data[rows]
        return found.astype(found.dtype.newbyteorder("="))


def _grid(path: Path, variables: Mapping[str, Rows], attributes: Mapping[str, Mapping[str, Any]]) -> Grid:
    name = next((one for one in NAMES if one in variables and len(variables[one].shape) == 2), None)
    if name is None:
        there = ", ".join(f"{one} {tuple(its.shape)}" for one, its in variables.items()) or "none"
        raise UserError(
            f"{path}: variables {there}; expected `elevation` or `z` over latitude and longitude; {INSTEAD}"
        )
    height, width = variables[name].shape
    latitudes = _axis(path, variables, LATITUDES, height, 90)
    longitudes = _axis(path, variables, LONGITUDES, width, 360)
    if longitudes[0] > longitudes[-1]:
        raise UserError(f"{path}: longitudes from east to west; expected from west to east; turn it round")
    packed = [one for one in PACKED if one in attributes[name]]
    kind = np.asarray(variables[name][slice(0, 1)]).dtype
    if packed or kind.kind not in "if":
        found = f"`{name}` of type {kind}{', packed by ' if packed else ''}{' and '.join(packed)}"
        raise UserError(f"{path}: {found}; expected metres as integers or floats; convert it")
    fills = [np.ravel(attributes[name][one]) for one in FILLS if one in attributes[name]]
    step = ((latitudes[-1] - latitudes[0]) / (height - 1), (longitudes[-1] - longitudes[0]) / (width - 1))
    if abs(longitudes[-1] - longitudes[0] - 360) < step[1] / 2:
        longitudes = longitudes[:-1]
    from_south = bool(latitudes[0] < latitudes[-1])
    return Grid(
        path=path,
        latitudes=latitudes[::-1] if from_south else latitudes,
        longitudes=longitudes,
        step=(abs(step[0]), step[1]),
        rows=variables[name],
        from_south=from_south,
        fills=tuple(float(one) for one in np.concatenate([[], *fills]) if np.isfinite(one)),
    )


def _axis(
    path: Path, variables: Mapping[str, Rows], names: tuple[str, ...], length: int, most: float
) -> np.ndarray:
    """Coordinates of an axis, of any order, in even steps."""
    name = next((one for one in names if one in variables), None)
    if name is None:
        there = ", ".join(variables)
        raise UserError(f"{path}: variables {there}; expected coordinates {' or '.join(names)}; {INSTEAD}")
    found = np.asarray(variables[name][slice(None)], float)
    if found.shape != (length,) or length < 2:
        wanted = f"expected one for each of at least two rows or columns, {length}; use a whole grid"
        raise UserError(f"{path}: {found.size} coordinates `{name}`; {wanted}")
    even = np.linspace(found[0], found[-1], length)
    step = abs(found[-1] - found[0]) / (length - 1)
    if not np.isfinite(found).all() or not step or np.abs(found - even).max() > UNEVEN * step:
        raise UserError(f"{path}: coordinates `{name}` in uneven steps; expected even ones; resample it")
    if np.abs(found).max() > most:
        reach = f"coordinates `{name}` from {found.min():g} to {found.max():g}"
        raise UserError(f"{path}: {reach}; expected degrees, {-most:g} to {most:g}; {INSTEAD}")
    return even
