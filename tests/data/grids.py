"""Grids of elevations in files for tests, as GEBCO and ETOPO publish them."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy.io import netcdf_file


def centres(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Of cells that cover the Earth: latitudes from the south, longitudes from 180 W."""
    height, width = 180 / rows, 360 / columns
    return -90 + height * (np.arange(rows) + 0.5), -180 + width * (np.arange(columns) + 0.5)


def relief(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    """(rows, columns) int16: every value another from the one beside it, and from the one below."""
    noise = np.random.default_rng(seed).integers(-5000, 4000, (rows, columns))
    return noise.astype(np.int16)


def write_hdf(
    path: Path,
    metres: np.ndarray,
    *,
    name: str = "elevation",
    axes: dict[str, np.ndarray] | None = None,
    attributes: dict[str, Any] | None = None,
    **storage: Any,
) -> Path:
    """A NetCDF-4 file, which is HDF5; `axes` are GEBCO's unless others are given, `storage` h5py's."""
    latitudes, longitudes = centres(*metres.shape[-2:])
    with h5py.File(path, "w") as file:
        for axis, values in (axes or {"lat": latitudes, "lon": longitudes}).items():
            file[axis] = values
        variable = file.create_dataset(name, data=metres, **storage)
        variable.attrs.update(attributes or {})
    return path


def write_classic(path: Path, metres: np.ndarray, *, version: int = 1) -> Path:
    """A NetCDF-3 file as GMT writes it: `z` over `y` and `x`."""
    latitudes, longitudes = centres(*metres.shape)
    with netcdf_file(path, "w", version=version) as file:
        for axis, values in (("y", latitudes), ("x", longitudes)):
            file.createDimension(axis, len(values))
            file.createVariable(axis, "d", (axis,))[:] = values
        kind = "f" if metres.dtype.kind == "f" else "h"
        file.createVariable("z", kind, ("y", "x"))[:] = metres
    return path
