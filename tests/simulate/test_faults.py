"""Oracle: published magnitudes, laws (symmetry, volume, a slope's closed form), and files written here."""

import math

import pytest
import torch

from lea.errors import UserError
from lea.simulate.faults import Rectangle, magnitude, read_faults, uplift
from lea.simulate.grid import RADIUS

METRE = math.radians(1) * RADIUS  # of a degree
TOP_HEADER = "latitude,longitude,depth_of_top_km,length_km,width_km,strike,dip,rake,slip_m"
CENTRE_HEADER = TOP_HEADER.replace("top", "centre")
TWO = f"""{TOP_HEADER}
38.8,144.0,5.1,186.2,128.5,203.5,15.8,100.8,24.7
37.33,142.8,17.0,193.9,87.9,203.4,14.7,83.2,6.1
"""


def thrust(**changes):
    """A thrust under the equator that dips to the west, in metres and degrees."""
    usual = {
        "latitude": 0.0,
        "longitude": 140.0,
        "depth": 20e3,
        "position": "centre",
        "length": 100e3,
        "width": 50e3,
        "strike": 180.0,
        "dip": 15.0,
        "rake": 90.0,
        "slip": 10.0,
    }
    return Rectangle(**(usual | changes))


def degrees(first, last, count):
    return torch.linspace(first, last, count, dtype=torch.float64)


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "fault.csv"
        path.write_text(text)
        return path

    return write


def test_two_published_rectangles_have_the_magnitudes_8_8_and_8_3(written):
    north, south = read_faults(written(TWO))

    assert round(magnitude([north]), 1) == 8.8
    assert round(magnitude([south]), 1) == 8.3
    assert magnitude([north, south]) > magnitude([north])


def test_the_magnitude_of_a_moment_of_1e21_newton_metres_is_7_93():
    fault = thrust(length=1e5, width=1e5, slip=10.0)

    assert magnitude([fault], rigidity=1e10) == pytest.approx((21 - 9.1) / 1.5)
    assert magnitude([fault]) == pytest.approx(magnitude([fault], rigidity=30e9))


def test_a_file_of_top_edges_gives_metres_and_the_start_of_strike(written):
    north, _ = read_faults(written(TWO))

    assert north.position == "top, start of strike"
    assert (north.depth, north.length, north.width) == pytest.approx((5100, 186200, 128500))
    assert (north.latitude, north.longitude, north.strike) == (38.8, 144.0, 203.5)
    assert (north.dip, north.rake, north.slip) == (15.8, 100.8, 24.7)


def test_a_file_of_centres_gives_centres(written):
    (fault,) = read_faults(written(f"{CENTRE_HEADER}\n39,144,20,50,25,193,14,90,1.5\n"))

    assert fault.position == "centre"
    assert fault.depth_of_top == pytest.approx(20e3 - 12.5e3 * math.sin(math.radians(14)))
    assert fault.depth_of_bottom == pytest.approx(20e3 + 12.5e3 * math.sin(math.radians(14)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            r"fault.csv, line 1: columns none; expected latitude, .*one of depth_of_centre_km and ",
        ),
        (TWO.replace("rake", "rack"), r"line 1: columns .*rack.*; expected .*rake"),
        (TOP_HEADER, r"fault.csv: no rectangle; expected a line for each"),
        (TWO.replace("24.7", "much"), r"line 2, slip_m: 'much'; expected a number"),
        (TWO.replace(",6.1", ""), r"line 3, slip_m: ''; expected a number"),
        (TWO.replace("193.9", "nan"), r"line 3, length_km: 'nan'; expected a number"),
        (
            TWO.replace("203.4", "23.4"),
            r"line 3: a strike of 23.4 degrees, a dip to the east; expected 90 to 270",
        ),
        (TWO.replace("128.5", "-1"), r"line 2: a rectangle's width of -1000 m; expected more than 0"),
        (TWO.replace("14.7", "91"), r"line 3: a dip of 91 degrees; expected more than 0 and at most 90"),
    ],
)
def test_a_file_that_is_no_fault_is_refused_with_its_line(written, text, message):
    with pytest.raises(UserError, match=message):
        read_faults(written(text))


def test_a_rectangle_above_the_surface_is_refused():
    with pytest.raises(UserError, match=r"top lies 1470.48 m above the surface; expected below it"):
        thrust(depth=5000)


def test_a_fault_without_slip_has_no_magnitude():
    with pytest.raises(UserError, match=r"a fault without slip"):
        magnitude([thrust(slip=0.0)])


def test_the_centre_and_the_start_of_the_top_edge_are_two_names_of_one_rectangle():
    centre, dip = thrust(strike=200.0), math.radians(15)
    up, along = 25e3 * math.cos(dip), 50e3
    strike = math.radians(200)
    north = -along * math.cos(strike) + up * math.sin(strike)  # up the dip: to the left of the strike
    east = -along * math.sin(strike) - up * math.cos(strike)
    top = thrust(
        strike=200.0,
        position="top, start of strike",
        latitude=north / METRE,
        longitude=140 + east / METRE,
        depth=centre.depth_of_top,
    )
    at = degrees(-2, 2, 9), degrees(138, 142, 11)

    torch.testing.assert_close(uplift([top], *at), uplift([centre], *at), rtol=1e-4, atol=1e-4)


def test_a_thrust_that_dips_to_the_west_lifts_the_sea_in_the_east_and_sinks_the_coast():
    rise = uplift([thrust(depth=10e3)], degrees(-0.2, 0.2, 3), degrees(138, 142, 401))[1]
    highest = 138 + 0.01 * int(rise.argmax())

    assert 2 < rise.max() < 7  # of a slip of 10 m
    assert 140 < highest < 140.3  # towards the upper edge, 24 km east of the centre
    assert rise[:180].min() < -0.5  # to the west
    assert rise[:180].min() < rise[230:].min()


def test_a_fault_on_the_equator_lifts_north_and_south_alike():
    rise = uplift([thrust()], degrees(-1, 1, 21), degrees(138, 142, 41))

    torch.testing.assert_close(rise, rise.flip(0))


def test_a_turned_fault_lifts_a_turned_sea():
    at = degrees(-1, 1, 21)
    south = uplift([thrust(longitude=0.0)], at, at)
    west = uplift([thrust(longitude=0.0, strike=270.0)], at, at)  # turned a quarter to the right

    torch.testing.assert_close(west, south.rot90(-1, (1, 0)).contiguous(), rtol=1e-9, atol=1e-12)


def test_a_degree_of_longitude_is_half_as_wide_at_sixty_degrees_north():
    equator = uplift([thrust()], degrees(0, 0.1, 2), degrees(139, 141, 41))[0]
    north = uplift([thrust(latitude=60.0)], degrees(60, 60.1, 2), degrees(138, 142, 41))[0]

    torch.testing.assert_close(north, equator, rtol=1e-9, atol=1e-12)


def test_a_fault_lifts_the_same_on_both_sides_of_the_date_line():
    crossing = uplift([thrust(longitude=-179.5)], degrees(-1, 1, 5), degrees(178, 182, 9))
    plain = uplift([thrust(longitude=100.5)], degrees(-1, 1, 5), degrees(98, 102, 9))

    torch.testing.assert_close(crossing, plain, rtol=1e-9, atol=1e-12)


def test_the_volume_lifted_is_that_of_the_slip_in_a_half_space():
    # By reciprocity: what a load on a large square would squeeze; an eighth at a Poisson's ratio of .25
    at = degrees(-30, 30, 151)
    cell = (0.4 * METRE) ** 2
    fault = thrust(longitude=0.0, dip=45.0, depth=50e3)
    volume = float(uplift([fault], at, at).sum()) * cell

    assert volume == pytest.approx(10 * 100e3 * 50e3 * math.sin(2 * math.radians(45)) / 8, rel=0.1)


def test_slopes_that_move_sideways_lift_by_their_steepness():
    north, east = degrees(-1, 1, 21), degrees(139, 141, 41)
    plain = uplift([thrust()], north, east)
    flat = uplift([thrust()], north, east, torch.full((21, 41), -4000.0, dtype=torch.float64))
    falling = (-0.05 * METRE * (east - 139)).expand(21, 41)  # to the east, by a twentieth
    double = 2 * falling

    torch.testing.assert_close(flat, plain)
    gained = uplift([thrust()], north, east, falling) - plain
    torch.testing.assert_close(uplift([thrust()], north, east, double) - plain, 2 * gained)
    assert 0.05 < gained.max() < 0.5  # some metres to the east, times a twentieth


def test_a_slope_to_the_north_counts_by_the_motion_to_the_north():
    turned = {"strike": 270.0, "longitude": 0.0}  # dips to the north: the ground moves to the south
    at = degrees(-1, 1, 41)
    falling = (0.05 * METRE * at)[:, None].expand(41, 41)  # to the south
    east = uplift([thrust(longitude=0.0)], at, at, (-0.05 * METRE * at).expand(41, 41))

    found = uplift([thrust(**turned)], at, at, falling)

    torch.testing.assert_close(found, east.rot90(-1, (1, 0)).contiguous(), rtol=1e-3, atol=1e-3)


def test_relief_on_other_points_is_refused():
    with pytest.raises(UserError, match=r"relief of shape \(3, 3\); expected \(21, 41\)"):
        uplift([thrust()], degrees(-1, 1, 21), degrees(139, 141, 41), torch.zeros(3, 3))


def test_forty_eight_rectangles_lift_by_what_their_sum_does():
    faults = [thrust(longitude=139 + 0.02 * one, depth=20e3 + 100 * one) for one in range(48)]
    at = degrees(-1, 1, 5), degrees(138, 142, 9)

    total = sum(uplift([one], *at) for one in faults)

    torch.testing.assert_close(uplift(faults, *at), total)
