"""Oracle: loops over cells, areas by the sphere's closed form, and the autocorrelation of smoothed noise."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from lea import registry
from lea.simulate.grid import RADIUS, Grid
from lea.simulate.seas.deeper import deeper
from lea.simulate.seas.flat import flat
from lea.simulate.seas.noisy import noisy
from lea.simulate.seas.scaled import scaled
from lea.simulate.seas.sea import kept_sea
from lea.study.pieces import check_pieces
from tests.project import REPOSITORY

pytestmark = pytest.mark.usefixtures("fresh_sources")

GRID = Grid(55.0, 140.0, 12, 16, 1.0)
OTHERS = {
    "deeper": deeper,
    "scaled": scaled,
    "noisy": noisy,
    "smooth": lambda *of, **by: noisy(*of, kilometres=200, **by),
}


def rough(rows=12, columns=16, seed=0):
    """Deeper to the north, with land and shallow water in between."""
    drawn = np.random.default_rng(seed)
    relief = drawn.uniform(-3000, 800, (rows, columns)) - 200 * np.arange(rows)[:, None]
    relief[::5, ::3], relief[1::5, ::4], relief[2, 2], relief[3, 3] = -4.0, 30.0, 0.0, -10.0
    return torch.from_numpy(relief)


def random(seed=1):
    return torch.Generator().manual_seed(seed)


def root_mean_square(values):
    return math.sqrt(sum(one * one for one in values) / len(values))


def off(other, relief, **options):
    """By how much each cell of the sea is off, one by one."""
    made = other(relief, GRID, random(), **options)
    return (made - relief)[relief < 0].tolist()


def all_sea(degrees=0.01, side=512):
    """Cells at 60 degrees north, half as wide as high."""
    grid = Grid(60 - degrees * (side - 1) / 2, 0.0, side, side, degrees)
    return grid, torch.full((side, side), -4000.0, dtype=torch.float64)


def correlation(noise, lag, axis):
    """Of cells so far apart."""
    count = noise.shape[axis] - lag
    product = noise.narrow(axis, 0, count) * noise.narrow(axis, lag, count)
    return float(product.mean() / noise.square().mean())


# --- what is kept ---


def test_land_stays_and_the_sea_has_ten_metres_or_as_much_as_it_had():
    relief, made = rough(), torch.stack([rough(seed=one) for one in (1, 2, 3)])
    kept = kept_sea(made, relief)
    for (one, row, column), found in np.ndenumerate(kept.numpy()):
        was, wanted = float(relief[row, column]), float(made[one, row, column])
        if was < 0:
            shallowest = -10.0 if was < -10 else was
            was = wanted if wanted < shallowest else shallowest
        assert found == was
    assert (kept == relief).any()
    assert (kept == made).any()


def test_a_sea_that_is_its_own_is_kept_as_it_is():
    assert torch.equal(kept_sea(rough(), rough()), rough())


def test_what_was_sea_is_sea_whatever_is_made_of_it():
    relief = rough()
    mountains = kept_sea(torch.full_like(relief, 5000.0), relief)
    assert torch.equal(mountains < 0, relief < 0)
    assert mountains[relief < 0].min() == -10


# --- what stands in its place ---


def test_a_flat_sea_has_the_mean_depth_of_its_cells_by_their_areas():
    relief, total, area = rough(), 0.0, 0.0
    for (row, _), metres in np.ndenumerate(relief.numpy()):
        south, north = (math.radians(GRID.latitude + row + half) for half in (-0.5, 0.5))
        cell = RADIUS**2 * math.radians(1) * (math.sin(north) - math.sin(south))
        if metres < 0:
            total, area = total + cell * metres, area + cell
    found = flat(relief, GRID, random())
    assert found.shape == relief.shape
    np.testing.assert_allclose(found.numpy(), total / area, rtol=1e-12)
    assert abs(float(relief[relief < 0].mean()) - total / area) > 1  # what all alike would give


@pytest.mark.parametrize("metres", [300.0, 1.5])
@pytest.mark.parametrize("name", OTHERS)
def test_the_sea_is_off_by_just_so_many_metres(name, metres):
    assert root_mean_square(off(OTHERS[name], rough(), metres=metres)) == pytest.approx(metres, rel=1e-12)


@pytest.mark.parametrize("name", OTHERS)
def test_a_hundred_metres_are_what_is_meant_if_nothing_is_said(name):
    assert root_mean_square(off(OTHERS[name], rough())) == pytest.approx(100)


def test_deeper_is_as_much_deeper_everywhere_and_scaled_in_proportion():
    relief = rough()
    assert off(deeper, relief, metres=50.0) == pytest.approx([-50.0] * int((relief < 0).sum()))
    shares = scaled(relief, GRID, random(), metres=50.0)[relief < 0] / relief[relief < 0]
    assert shares.max() == pytest.approx(float(shares.min()))
    assert shares.min() > 1


def test_a_sea_may_be_shallower():
    assert off(deeper, rough(), metres=-20.0)[0] == pytest.approx(20)
    assert root_mean_square(off(scaled, rough(), metres=-20.0)) == pytest.approx(20)
    assert (scaled(rough(), GRID, random(), metres=-20.0) / rough()).nanmedian() < 1


def test_one_seed_gives_one_noise_and_another_seed_another():
    relief = rough()
    first, again, other = (noisy(relief, GRID, random(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.isclose(first, other).any()


def test_noise_that_is_not_smoothed_is_each_cells_own():
    grid, relief = all_sea()
    noise = noisy(relief, grid, random()) - relief
    assert max(abs(correlation(noise, lag, axis)) for lag in (1, 2, 5) for axis in (0, 1)) < 0.01
    assert float((noise.abs() < 100).double().mean()) == pytest.approx(math.erf(math.sqrt(0.5)), abs=0.005)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("cells", [2, 5, 8])
def test_smoothed_noise_has_the_autocorrelation_of_a_smoothing_over_so_many_kilometres(axis, cells):
    grid, relief = all_sea()
    kilometres = 3.0
    noise = noisy(relief, grid, random(), kilometres=kilometres) - relief
    cell = math.radians(0.01) * RADIUS / 1000 * (1 if axis == 0 else math.cos(math.radians(60)))
    expected = math.exp(-((cells * cell) ** 2) / (4 * kilometres**2))
    assert 0.05 < expected < 0.97
    assert correlation(noise, cells, axis) == pytest.approx(expected, abs=0.05)


def test_the_pages_own_sea_floor_is_filled_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (REPOSITORY / "docs/extend.md").read_text()
    (block,) = re.findall(r"```python\n# stripes/my_sea\.py\n(.*?)```", page, re.DOTALL)
    (tmp_path / "my_sea.py").write_text(block)
    monkeypatch.syspath_prepend(tmp_path)
    check_pieces("sea", "my_sea:filled")
    relief = torch.tensor([[-9000.0, -5001.0], [-4000.0, 300.0]], dtype=torch.float64)
    filled = registry.load("sea", "my_sea:filled")(
        relief, Grid(0.0, 0.0, 2, 2, 1.0), torch.Generator(), depth=5000
    )
    assert filled.tolist() == [[-5000, -5000], [-4000, 300]]
