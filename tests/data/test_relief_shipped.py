"""Oracle: area means by a loop over points; the mean over the Earth; places that are published."""

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from lea.data.check import check, describe
from lea.data.relief import shipped
from lea.data.relief.make import halve, make
from lea.data.relief.shipped import DIGESTS, EARTH, REGION, SHIPPED, read_earth, read_region
from lea.errors import UserError
from tests.data.grids import relief, write_hdf


def by_loop(metres: np.ndarray, latitudes: np.ndarray) -> np.ndarray:
    """Each cell's mean over its nine points, with their weights one by one."""
    rows, columns = metres.shape[0] // 2, metres.shape[1] // 2
    means = np.empty((rows, columns))
    for row in range(rows):
        for column in range(columns):
            total = weights = 0.0
            for down, of_row in ((0, 0.5), (1, 1.0), (2, 0.5)):
                for across, of_column in ((0, 0.5), (1, 1.0), (2, 0.5)):
                    point = metres[2 * row + down, (2 * column + across) % metres.shape[1]]
                    area = max(np.cos(np.radians(latitudes[2 * row + down])), 0)
                    total += of_row * of_column * area * point
                    weights += of_row * of_column * area
            means[row, column] = total / weights
    return means


def mean_over_the_earth(metres: np.ndarray, latitudes: np.ndarray) -> float:
    weights = np.cos(np.radians(latitudes)).clip(0)
    return float(np.average(metres.mean(1), weights=weights))


def test_means_are_those_of_a_loop_over_all_points() -> None:
    latitudes = np.linspace(90, -90, 13)
    metres = relief(13, 24).astype(float)
    np.testing.assert_allclose(halve(metres, latitudes), by_loop(metres, latitudes), rtol=1e-12)


def test_means_keep_the_mean_over_the_earth_and_what_is_constant() -> None:
    latitudes = np.linspace(90, -90, 181)
    np.testing.assert_allclose(halve(np.full((181, 360), -7.5), latitudes), -7.5)
    smooth = 1000 * np.sin(np.radians(latitudes))[:, None] ** 2 * np.ones(360)
    found = mean_over_the_earth(halve(smooth, latitudes), latitudes[1::2])
    assert found == pytest.approx(1000 / 3, rel=1e-3)  # the integral


def test_a_slope_is_not_shifted_by_half_a_cell() -> None:
    longitudes = np.arange(3600) / 10
    east = np.tile(longitudes, (21, 1))
    found = halve(east, np.linspace(1, -1, 21))
    np.testing.assert_allclose(found[:, :-1], np.tile(longitudes[1:-1:2], (10, 1)), rtol=1e-12)
    north = np.tile(np.linspace(1, -1, 21)[:, None], (1, 20))
    np.testing.assert_allclose(
        halve(north, np.linspace(1, -1, 21))[:, 0], np.linspace(0.9, -0.9, 10), atol=2e-6
    )


def test_the_shipped_files_are_what_is_made_of_points_at_tenths_of_degrees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    latitudes, longitudes = np.linspace(-90, 90, 1801), np.linspace(0, 360, 3601)
    rows, columns = np.arange(1801)[:, None], np.arange(3600)[None, :]
    metres = ((rows * 7 + columns * 3) % 5000 - 4000).astype(np.float32)
    closed = np.concatenate([metres, metres[:, :1]], 1)
    path = write_hdf(tmp_path / "etopo.nc", closed, name="z", axes={"lat": latitudes, "lon": longitudes})
    make(path, tmp_path)
    printed = [line.rpartition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    monkeypatch.setattr(shipped, "DIGESTS", dict(zip((EARTH, REGION), printed, strict=True)))
    region = shipped.read_shipped(tmp_path / REGION)
    np.testing.assert_allclose(region.latitudes, np.arange(479, 287, -1) / 10)
    np.testing.assert_allclose(region.longitudes, np.arange(1380, 1572) / 10)
    np.testing.assert_array_equal(region.metres, metres[1379:1187:-1, 1380:1572])
    earth = shipped.read_shipped(tmp_path / EARTH)
    whole = by_loop(metres[::-1][300:341, 600:641], latitudes[::-1][300:341])[:, :-1]  # the last goes round
    np.testing.assert_array_equal(earth.metres[150:170, 300:319], np.rint(whole[:, :19]))


def test_the_earth_and_the_region_agree_where_both_are() -> None:
    earth, region = read_earth(), read_region()
    assert earth.metres.shape == (900, 1800)
    assert region.metres.shape == (192, 192)
    np.testing.assert_allclose(earth.latitudes, 90 - 0.2 * (np.arange(900) + 0.5))
    np.testing.assert_allclose(earth.longitudes, 0.2 * (np.arange(1800) + 0.5))
    assert (earth.step, region.step) == ((0.2, 0.2), (0.1, 0.1))
    # Points at odd tenths are the middles of cells; their means over points to either side are what they are.
    rows = [np.flatnonzero(np.isclose(earth.latitudes, one))[0] for one in region.latitudes[2:-1:2]]
    columns = [np.flatnonzero(np.isclose(earth.longitudes, one))[0] for one in region.longitudes[1:-1:2]]
    points = region.metres.astype(float)
    across = points[:, 0:-2:2] / 2 + points[:, 1:-1:2] + points[:, 2::2] / 2
    weights = np.cos(np.radians(region.latitudes))[:, None]
    sums = [part[1:-2:2] / 2 + part[2:-1:2] + part[3::2] / 2 for part in (across * weights, weights)]
    wanted = sums[0] / (2 * sums[1])
    assert np.abs(earth.metres[np.ix_(rows, columns)] - wanted).max() <= 1


def test_the_mean_elevation_of_the_earth_is_the_published_files() -> None:
    earth = read_earth()
    mean = mean_over_the_earth(earth.metres, earth.latitudes)
    assert mean == pytest.approx(-2440.83, abs=0.01)  # of the points at 6 arc-minutes, weighted alike


def test_the_deepest_and_the_highest_places_are_where_they_are_on_the_earth() -> None:
    earth = read_earth()
    row, column = np.unravel_index(earth.metres.argmax(), earth.metres.shape)
    assert 26 < earth.latitudes[row] < 40  # the high mountains of Asia
    assert 70 < earth.longitudes[column] < 105
    row, column = np.unravel_index(earth.metres.argmin(), earth.metres.shape)
    trenches = [(11.5, 142), (-23, 185), (10, 127), (44.5, 150.5)]  # the four that are deeper than 10 km
    assert (
        min(np.hypot(earth.latitudes[row] - lat, earth.longitudes[column] - lon) for lat, lon in trenches) < 3
    )


def test_all_of_it_lies_in_the_package_and_is_small() -> None:
    there = {f"{one.parent.name}/{one.name}" for one in SHIPPED.parent.glob("*/*") if one.suffix != ".pyc"}
    package = files("lea.data.relief")
    assert {f"shipped/{EARTH}", f"shipped/{REGION}", "shipped/README.md"} <= there
    assert all(package.joinpath(*one.split("/")).is_file() for one in there)
    assert sum((SHIPPED / name).stat().st_size for name in DIGESTS) < 2_500_000


@pytest.mark.parametrize("name", [EARTH, REGION])
def test_shipped_relief_that_was_changed_or_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    shutil.copy(SHIPPED / name, path)
    assert check(path) == []
    assert describe(path).startswith("shipped relief, ")
    read = shipped.read_shipped.__wrapped__
    path.write_bytes((SHIPPED / name).read_bytes()[:-100])
    with pytest.raises(UserError, match=f"{name}: missing or damaged .*; install the project again"):
        read(path)
    arrays = dict(np.load(SHIPPED / name))
    arrays["metres"][0, 0] += 1
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=f"{name}: content of digest .*; expected {DIGESTS[name]}"):
        read(path)
    path.unlink()
    with pytest.raises(UserError, match="missing or damaged"):
        read(path)


def test_shipped_relief_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        read_earth().metres[0, 0] = 1
