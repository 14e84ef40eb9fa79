"""Oracle: the spectrum that the surfaces are made with, measured by a periodogram; laws of nested samples."""

import numpy as np
import pytest

from lea.data.relief.grids import LEAST, MOST
from lea.data.relief.synthetic import PLAIN, SyntheticRelief, fractal, trench


@pytest.mark.parametrize("exponent", [0.0, 2.0, 3.4])
def test_power_falls_with_the_frequency_as_the_exponent_says(exponent: float) -> None:
    side, generator = 64, np.random.default_rng(0)
    window = np.outer(*2 * [np.hanning(side)])  # without it the tile's borders would add a power of their own
    power = np.zeros((side, side // 2 + 1))
    for _ in range(200):
        power += np.abs(np.fft.rfft2(fractal(generator, side, exponent) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    among = (frequency > 4 / side) & (frequency < 0.4)
    slope = np.polyfit(np.log(frequency[among]), np.log(power[among]), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.1)


def test_a_surface_has_no_mean_and_a_variance_of_one() -> None:
    surface = fractal(np.random.default_rng(0), 40, 3.0)
    assert surface.shape == (40, 40)
    assert surface.mean() == pytest.approx(0, abs=1e-12)
    assert surface.var() == pytest.approx(1)


def test_more_tiles_begin_with_the_same_and_splits_are_others() -> None:
    few, many = (SyntheticRelief().embedded("train", count, 32) for count in (5, 30))
    np.testing.assert_array_equal(few.values, many.values[:5])
    assert {name: found[:5].tolist() for name, found in many.labels.items()} == {
        name: found.tolist() for name, found in few.labels.items()
    }
    assert (many.values != SyntheticRelief().embedded("test", 30, 32).values).any((1, 2, 3)).all()
    assert len({tile.tobytes() for tile in many.values}) == 30


def test_there_are_seas_coasts_and_land_within_the_range() -> None:
    found = SyntheticRelief().embedded("train", 300, 24)
    assert found.values.shape == (300, 24, 24, 1)
    assert found.values.dtype == np.int16
    assert found.values.min() >= LEAST
    assert found.values.max() <= MOST
    assert {0, 1, 2, 3} <= set(found.labels["terrain"].tolist())


def test_trenches_alone_reach_far_below_the_abyssal_plain() -> None:
    without, all_of_them = (
        SyntheticRelief(trenches=share).embedded("train", 200, 24).values for share in (0.0, 1.0)
    )
    assert without.min() > PLAIN - 1000
    deeper = (all_of_them < without - 1000).any((1, 2, 3))
    assert deeper.mean() > 0.9
    assert (all_of_them <= without).all()
    assert 1000 < trench(np.random.default_rng(0), 64).max() <= 4000
