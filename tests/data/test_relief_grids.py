"""Oracle: the array that was written, turned by numpy so that north is above; known faults, each named."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lea.data.check import check, describe
from lea.data.relief.grids import LEAST, MOST, open_grid
from lea.errors import UserError
from tests.data.grids import centres, relief, write_classic, write_hdf

SHAPE = (12, 24)


def read(path: Path, *spans: tuple[int, int]) -> np.ndarray:
    with open_grid(path) as grid:
        return np.concatenate([grid.read(*span) for span in spans or [(0, len(grid.latitudes))]])


def written(folder: Path, **changes: Any) -> Path:
    return write_hdf(folder / "grid.nc", **{"metres": relief(*SHAPE)} | changes)


def axes(latitudes: Any = None, longitudes: Any = None, names: tuple[str, str] = ("lat", "lon")) -> Any:
    both = centres(*SHAPE)
    chosen = (both[0] if latitudes is None else latitudes, both[1] if longitudes is None else longitudes)
    return dict(zip(names, map(np.asarray, chosen), strict=True))


@pytest.mark.parametrize(
    "write",
    [
        lambda path, metres: write_hdf(path, metres),
        lambda path, metres: write_hdf(path, metres, name="z", compression="gzip", chunks=(5, 7)),
        lambda path, metres: write_hdf(path, metres.astype(">f4")),
        lambda path, metres: write_hdf(path, metres.astype(np.float64), name="z"),
        lambda path, metres: write_hdf(path, metres, axes=axes(names=("latitude", "longitude"))),
        lambda path, metres: write_classic(path, metres),
        lambda path, metres: write_classic(path, metres.astype(np.float32), version=2),
    ],
)
def test_rows_from_the_south_are_read_from_the_north_in_any_format(
    tmp_path: Path, write: Callable[[Path, np.ndarray], Path]
) -> None:
    metres = relief(*SHAPE)
    path = write(tmp_path / "grid.nc", metres)
    np.testing.assert_array_equal(read(path), metres[::-1])
    np.testing.assert_array_equal(read(path, (0, 5), (5, 1), (6, 6)), metres[::-1])
    assert read(path).dtype == np.int16
    assert check(path) == []
    assert describe(path) == (
        "a grid of elevations, 12 x 24 cells of 900 arc-minutes, centres from 82.5 to -82.5 degrees north, "
        "-172.5 to 172.5 east"
    )


def test_rows_from_the_north_and_longitudes_from_0_to_360_are_taken_as_they_are(tmp_path: Path) -> None:
    latitudes, longitudes = centres(*SHAPE)
    path = written(tmp_path, axes=axes(latitudes[::-1], longitudes + 180))
    np.testing.assert_array_equal(read(path), relief(*SHAPE))
    with open_grid(path) as grid:
        np.testing.assert_allclose(grid.latitudes, latitudes[::-1])
        np.testing.assert_allclose(grid.longitudes, longitudes + 180)
        assert grid.step == pytest.approx((15, 15))


def test_a_last_column_that_is_the_first_again_is_left_out(tmp_path: Path) -> None:
    metres = relief(13, 24)
    closed = np.concatenate([metres, metres[:, :1]], 1)
    nodes = {"lat": np.linspace(-90, 90, 13), "lon": np.linspace(0, 360, 25)}
    path = write_hdf(tmp_path / "grid.nc", closed, axes=nodes)
    np.testing.assert_array_equal(read(path), metres[::-1])
    with open_grid(path) as grid:
        np.testing.assert_allclose(grid.longitudes, 15 * np.arange(24))


def test_metres_are_rounded_and_what_is_beyond_the_range_becomes_its_end_and_is_counted(
    tmp_path: Path,
) -> None:
    metres = np.zeros(SHAPE, np.float32)
    metres[0, :6] = [-10_950.2, LEAST - 0.4, MOST + 0.4, 8848, 1.5, -2.51]
    with open_grid(written(tmp_path, metres=metres)) as grid:
        assert grid.read(0, 12)[-1, :6].tolist() == [LEAST, LEAST, MOST, MOST, 2, -3]
        assert grid.clipped == 2


GAP = relief(*SHAPE)
GAP[2, 3] = -32767
HOLE = relief(*SHAPE).astype(np.float32)
HOLE[2, 3] = np.nan
PLACE = "1 of 288 cells without a value, the first at latitude -52.5000, longitude -127.5000; expected an"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"name": "height"},
            r"variables height \(12, 24\), lat \(12,\), lon \(24,\); expected `elevation` or",
        ),
        (
            {"metres": relief(*SHAPE)[None]},
            r"variables elevation \(1, 12, 24\), .*over latitude and longitude",
        ),
        ({"metres": GAP, "attributes": {"_FillValue": np.int16(-32767)}}, PLACE),
        ({"metres": GAP, "attributes": {"missing_value": np.array([-32767])}}, PLACE),
        ({"metres": HOLE, "attributes": {"_FillValue": np.float32(np.nan)}}, PLACE),
        (
            {"attributes": {"scale_factor": 0.5}},
            "`elevation` of type int16, packed by scale_factor; expected",
        ),
        ({"metres": np.zeros(SHAPE, "S3")}, r"`elevation` of type \|S3; expected metres"),
        ({"axes": axes(names=("north", "east"))}, "expected coordinates lat or latitude or y"),
        ({"axes": axes(np.arange(11.0))}, "11 coordinates `lat`; expected one for each of .* 12"),
        ({"axes": axes(np.arange(12.0) ** 2)}, "`lat` in uneven steps"),
        ({"axes": axes(np.zeros(12))}, "`lat` in uneven steps"),
        ({"axes": axes(np.full(12, np.nan))}, "`lat` in uneven steps"),
        ({"axes": axes(np.linspace(0, 1e6, 12))}, r"`lat` from 0 to 1e\+06; expected degrees, -90 to 90"),
        (
            {"axes": axes(None, np.linspace(180, -180, 24))},
            "longitudes from east to west; expected from west",
        ),
    ],
)
def test_a_grid_that_cannot_be_used_is_refused_and_named(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(UserError, match=f"^{path}: .*{message}"):
        read(path)
    assert len(check(path)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file; expected a NetCDF grid of the whole Earth: GEBCO"),
        (b"<!DOCTYPE html>", "an HTML page"),
        (b"\x1f\x8b\x08", "a gzip file, still packed"),
        (b"\x89HDF\r\n\x1a\n and nothing", "damaged or cut off, 20 bytes"),
        (b"CDF\x01\0\0\0", "damaged or cut off, 7 bytes"),
        (b"CDF\x05\0\0\0", r"begins with b'CDF\\x05"),
    ],
)
def test_what_is_no_grid_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "grid.nc"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"^{path}: .*{message}"):
        read(path)
    assert len(check(path)) == 1


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_grid_that_is_cut_off_or_changed_within_is_refused(tmp_path: Path, share: float) -> None:
    path = written(tmp_path, metres=relief(60, 120), compression="gzip", chunks=(60, 120))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match="damaged or cut off"):
        read(path)
    changed = bytearray(content)
    place = len(content) - 4000  # within the only chunk, which is the last of the file
    changed[place : place + 2000] = bytes(2000)
    path.write_bytes(changed)
    with pytest.raises(UserError, match="damaged or cut off"):
        read(path)


def test_a_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    (problem,) = check(path)
    assert problem == (
        f"{path}: needs the library h5py, which is not installed; expected what the extra `relief` brings: "
        "pip install h5py"
    )
    assert check(write_classic(tmp_path / "classic.nc", relief(*SHAPE))) == []


def test_a_missing_file_is_named_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"grid\.nc: no such file; expected .*gebco\.net.*; put it there"):
        read(tmp_path / "grid.nc")


def test_a_grid_under_another_kinds_name_is_said_to_be_one(tmp_path: Path) -> None:
    path = written(tmp_path).rename(tmp_path / "grid.mat")
    (problem,) = check(path)
    assert problem.startswith(f"{path}: a NetCDF file; expected an SVHN file")
