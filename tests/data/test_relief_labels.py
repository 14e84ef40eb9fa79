"""Oracle: tiles whose labels are known, planes, shores, flat seas; for steepness a loop over pairs."""

import numpy as np
import pytest

from lea.data.relief.relief import Relief
from lea.data.relief.synthetic import SyntheticRelief
from lea.data.relief.terrain import STEEPNESSES, labels, names, steepness_of
from lea.data.relief.tiles import turned

SIDE = 20


def flat(metres: float) -> np.ndarray:
    return np.full((SIDE, SIDE), metres)


def shore(share: float, sea: float = -3000, land: float = 50) -> np.ndarray:
    """A sea with a share of land in the west."""
    tile = flat(sea)
    tile.flat[: round(share * tile.size)] = land
    return tile


def called(tile: np.ndarray, latitude: float = 0.0, steep: float = 1e4) -> dict[str, str]:
    """What the classes of one tile are called."""
    found = labels(tile[None].astype(np.int16), np.array([latitude]), steep)
    return {name: names()[name][classes[0]] for name, classes in found.items()}


@pytest.mark.parametrize(
    ("tile", "terrain", "share", "depth"),
    [
        (flat(-5500), "deep sea", "none", "below -5000 m"),
        (flat(-5000), "deep sea", "none", "-5000 to -4000 m"),
        (flat(-2001), "deep sea", "none", "-3000 to -2000 m"),
        (flat(-2000), "shelf", "none", "-2000 to -1000 m"),
        (flat(-1), "shelf", "none", "-200 to 0 m"),
        (flat(0), "land", "all", "0 m or more"),
        (flat(3000), "land", "all", "0 m or more"),
        (shore(0.04), "deep sea", "up to 10 %", "-3000 to -2000 m"),
        (shore(0.04, sea=-100), "shelf", "up to 10 %", "-200 to 0 m"),
        (shore(0.05), "coast", "up to 10 %", "-3000 to -2000 m"),
        (shore(0.1), "coast", "10 to 50 %", "-3000 to -2000 m"),
        (shore(0.5), "coast", "50 to 90 %", "-2000 to -1000 m"),
        (shore(0.95), "coast", "90 % or more", "-200 to 0 m"),
        (shore(0.96), "land", "90 % or more", "-200 to 0 m"),
    ],
)
def test_terrain_land_share_and_depth_are_those_of_the_cells(
    tile: np.ndarray, terrain: str, share: str, depth: str
) -> None:
    found = called(tile)
    assert (found["terrain"], found["land_share"], found["depth"]) == (terrain, share, depth)


@pytest.mark.parametrize(("slope", "name"), [(0, "below 5 m"), (7, "5 to 10 m"), (300, "200 to 400 m")])
def test_a_plane_is_as_steep_as_its_slope_in_one_direction(slope: float, name: str) -> None:
    plane = slope * np.arange(SIDE)[None, :] * np.sqrt(2) + np.zeros((SIDE, 1))  # none in the other
    assert steepness_of(plane[None])[0] == pytest.approx(slope)
    assert called(plane)["steepness"] == name


def test_steepness_is_the_root_mean_square_over_all_pairs_of_neighbours() -> None:
    tiles = np.random.default_rng(0).normal(0, 300, (3, 6, 6))
    for tile, found in zip(tiles, steepness_of(tiles), strict=True):
        pairs = [tile[i, j] - tile[i, j + 1] for i in range(6) for j in range(5)]
        pairs += [tile[i, j] - tile[i + 1, j] for i in range(5) for j in range(6)]
        assert found == pytest.approx(np.sqrt(np.mean(np.square(pairs))))


def test_what_is_steep_is_steep_whatever_else_it_is() -> None:
    rough = flat(-4000) + 600 * (np.indices((SIDE, SIDE)).sum(0) % 2)
    assert called(rough, steep=600)["terrain"] == "steep"
    assert called(rough, steep=601)["terrain"] == "deep sea"
    assert called(rough)["relief"] == "500 to 1000 m"
    assert called(rough)["steepness"] == f"{STEEPNESSES[-1]} m or more"


@pytest.mark.parametrize(
    ("latitude", "name"),
    [
        (89.0, "90 N to 75 N"),
        (75.0, "75 N to 60 N"),
        (0.1, "15 N to equator"),
        (0.0, "equator to 15 S"),
        (-89.0, "75 S to 90 S"),
    ],
)
def test_a_latitude_lies_in_its_band_of_15_degrees(latitude: float, name: str) -> None:
    assert called(flat(0), latitude)["latitude"] == name


@pytest.mark.parametrize("how", ["after", "before"])
def test_a_twin_has_the_labels_of_its_tile(how: str) -> None:
    tiles = SyntheticRelief().embedded("train", 20, 24).values[..., 0]
    latitudes = np.linspace(-80, 80, 20)
    twins = turned(tiles, np.ones(20, bool), how)
    before, after = labels(tiles, latitudes, 100), labels(twins, latitudes, 100)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


@pytest.mark.parametrize("kind", [Relief, SyntheticRelief])
def test_every_class_that_is_declared_has_a_name(kind: type) -> None:
    assert {name: len(classes) for name, classes in kind().names("embedded").items()} == kind.FACTORS
    assert set(kind.ORDERED) == set(kind.FACTORS) - {"terrain"}
