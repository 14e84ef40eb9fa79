"""Make the relief that the project ships from ETOPO1 at 6 arc-minutes: `python -m lea.data.relief.make GRID`.

GRID is a NetCDF file of points at multiples of 0.1 degrees, poles and both ends of the date line among them
(1801 x 3601, `z` over `lat` and `lon`). Two files are made of it:

* the Earth at 12 arc-minutes, 900 x 1800 cells, by area means. A cell reaches over three points each way;
  those on its border belong to two cells and weigh half, and each row weighs as the cosine of its latitude.
  Borders of cells are at even tenths of a degree, centres at odd ones (89.9 N, 0.1 E).
* the region of Tohoku at 6 arc-minutes, 192 x 192: the points themselves as cells around them, with centres
  from 47.9 to 28.8 N and from 138 to 157.1 E. Averaging to cells between the points would shift the relief by
  half a cell.
"""

import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZipFile, ZipInfo

import numpy as np
from numpy.lib.format import write_array

from lea.data.relief.grids import open_grid
from lea.data.relief.shipped import EARTH, REGION, SHIPPED, TOHOKU, digest_of
from lea.errors import UserError

POINTS = (1801, 3600)  # without the last column, which is the first again


def halve(metres: np.ndarray, latitudes: np.ndarray) -> np.ndarray:
    """(2h + 1, 2w) points around the Earth -> (h, w): the mean over the cells between every second one."""
    weights = np.cos(np.radians(latitudes)).clip(0)[:, None]  # (2h + 1, 1)
    columns = np.concatenate([metres, metres[:, :1]], 1).astype(float)  # (2h + 1, 2w + 1)
    across = columns[:, :-2:2] / 2 + columns[:, 1::2] + columns[:, 2::2] / 2  # (2h + 1, w)
    sums, total = _thrice(across * weights), _thrice(weights)
    return sums / (2 * total)


def _thrice(values: np.ndarray) -> np.ndarray:
    return values[:-2:2] / 2 + values[1::2] + values[2::2] / 2


def make(path: Path, folder: Path) -> None:
    """Write both files into a folder, and print their digests, which `shipped.py` names."""
    with open_grid(path) as grid:
        metres = grid.read(0, len(grid.latitudes))
        latitudes, longitudes = grid.latitudes, grid.longitudes
    if metres.shape != POINTS or not np.allclose(latitudes[[0, -1]], [90, -90]) or longitudes[0] != 0:
        raise UserError(f"{path}: {metres.shape} values; expected {POINTS} and one column, from 0 to 360 E")
    centres = np.round(latitudes[1::2], 6), np.round(longitudes[1::2], 6)
    _write(folder / EARTH, halve(metres, latitudes), *centres)
    south, north, west, east = TOHOKU
    latitudes, longitudes = np.round(latitudes, 6), np.round(longitudes, 6)
    rows, columns = (latitudes >= south) & (latitudes < north), (longitudes >= west) & (longitudes < east)
    _write(folder / REGION, metres[rows][:, columns], latitudes[rows], longitudes[columns])


def _write(path: Path, metres: np.ndarray, latitudes: np.ndarray, longitudes: np.ndarray) -> None:
    arrays = {
        "metres": np.rint(metres).astype("<i2"),
        "latitudes": latitudes.astype("<f8"),
        "longitudes": longitudes.astype("<f8"),
    }
    with ZipFile(path, "w", ZIP_BZIP2) as archive:  # a quarter less than `numpy.savez_compressed` makes of it
        for name, values in arrays.items():
            content = BytesIO()
            write_array(content, values, allow_pickle=False)
            archive.writestr(ZipInfo(f"{name}.npy"), content.getvalue(), ZIP_BZIP2)
    print(f"{path}: {path.stat().st_size:,} bytes, {digest_of(arrays)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("expected the path of ETOPO1 at 6 arc-minutes: python -m lea.data.relief.make GRID")
    make(Path(sys.argv[1]), SHIPPED)
