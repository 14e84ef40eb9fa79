"""Oracle: another solver's first peak on this very grid (1.25 m), the time at which a buoy recorded it, and
the magnitude and uplift that seismologists found for the earthquake of 11 March 2011.
"""

import pytest
import torch

from lea.data.measured import path_of
from lea.data.relief.shipped import read_region
from lea.simulate.faults import magnitude, read_faults, uplift
from lea.simulate.grid import Grid, Place
from lea.simulate.waves import Course, simulate


def test_the_waves_of_tohoku_reach_a_buoy_as_they_did() -> None:
    region = read_region()
    relief = torch.from_numpy(region.metres.copy()).double().flip(0)  # from the south
    south, west = region.latitudes.min(), region.longitudes.min()
    grid = Grid(float(south), float(west), *relief.shape, 0.1)
    faults = read_faults(path_of("subfaults-48"))
    assert magnitude(faults) == pytest.approx(9.0, abs=0.15)
    lift = uplift(faults, grid.latitudes, grid.longitudes, relief)
    assert 10 < lift.max() < 25
    buoy = Place("21418", 38.711, 148.694)
    waves = simulate(grid, relief, lift, [buoy], Course(seconds=2400))
    peak = waves.levels[0].argmax()
    assert waves.levels[0, peak].item() == pytest.approx(1.25, rel=0.03)
    assert waves.seconds[peak].item() == pytest.approx(1956, abs=120)  # recorded
