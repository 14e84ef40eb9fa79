"""The relief that the project ships. Where it is from stands in the README beside it; `make.py` makes it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib.format import read_array

from lea.errors import UserError

SHIPPED = Path(__file__).with_name("shipped")
ARRAYS = ("metres", "latitudes", "longitudes")
EARTH, REGION = "etopo1-12min.npz", "tohoku-6min.npz"
TOHOKU = (28.8, 48.0, 138.0, 157.2)  # the region: degrees south, north, west, east
AGAIN = "install the project again, or make it: python -m lea.data.relief.make GRID"
DIGESTS = {  # of the arrays, whoever packed them
    EARTH: "9fe5520b9f6084f7dcd2f5c4a918bf0a002911276b9e807acc5a6b5abb6760d3",
    REGION: "e8280d2921a5d085745474dcb958380cf26257555579f91a51040397394be335",
}


@dataclass(frozen=True, slots=True)
class Elevations:
    """Elevations in memory, from the north."""

    metres: np.ndarray  # (rows, columns) int16
    latitudes: np.ndarray  # (rows,) of the cells' centres, from north to south
    longitudes: np.ndarray  # (columns,) from west to east

    @property
    def step(self) -> tuple[float, float]:
        """Degrees from one row, and from one column, to the next."""
        rows, columns = len(self.latitudes) - 1, len(self.longitudes) - 1
        down, across = self.latitudes[0] - self.latitudes[-1], self.longitudes[-1] - self.longitudes[0]
        return round(down / rows, 9), round(across / columns, 9)


@cache
def read_shipped(path: Path) -> Elevations:
    """A file of shipped relief whose content is what it was made with; it cannot be written to."""
    try:
        with ZipFile(path) as archive:
            arrays = {name: _array(archive.read(f"{name}.npy")) for name in ARRAYS}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UserError(f"{path}: missing or damaged ({error}); expected shipped relief; {AGAIN}") from error
    found = digest_of(arrays)
    if found != DIGESTS[path.name]:
        raise UserError(f"{path}: content of digest {found}; expected {DIGESTS[path.name]}; {AGAIN}")
    for values in arrays.values():
        values.flags.writeable = False
    return Elevations(arrays["metres"], arrays["latitudes"], arrays["longitudes"])


def _array(content: bytes) -> np.ndarray:
    found: np.ndarray = read_array(BytesIO(content), allow_pickle=False)
    return found


def read_earth() -> Elevations:
    """ETOPO1 at 12 arc-minutes."""
    return read_shipped(SHIPPED / EARTH)


def read_region() -> Elevations:
    """ETOPO1 at 6 arc-minutes off Tohoku."""
    return read_shipped(SHIPPED / REGION)


def digest_of(arrays: Mapping[str, np.ndarray]) -> str:
    """A digest of arrays, by name."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()
