"""Oracle: a bilinear field, which bilinear reading gives back, and the uplift of the faults themselves."""

import itertools
import random

import pytest
import torch

from lea.data.measured import path_of
from lea.errors import UserError
from lea.simulate.faults import read_faults, uplift
from lea.simulate.grid import Grid
from lea.simulate.uplifts import read_uplift

HEADER = "latitude,longitude,uplift_m"
LATITUDES, LONGITUDES = (36.5, 37.0, 38.5, 39.25), (141.0, 141.25, 143.5)  # not evenly apart
GRID = Grid(35.0, 140.0, 25, 30, 0.2)


def field(latitude, longitude):
    return 2 + 3 * (latitude - 37) - (longitude - 142) + 0.5 * (latitude - 37) * (longitude - 142)


def points(latitudes=LATITUDES, longitudes=LONGITUDES):
    """Lines of that field, in no order."""
    lines = [
        f"{north},{east},{field(north, east)!r}" for north, east in itertools.product(latitudes, longitudes)
    ]
    random.Random(0).shuffle(lines)
    return lines


@pytest.fixture
def written(tmp_path):
    def write(lines, header=HEADER):
        path = tmp_path / "uplift.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    return write


def test_points_are_read_bilinearly_and_there_is_nothing_beyond_them(written):
    found = read_uplift(written(points()), GRID)
    assert found.shape == (25, 30)
    assert found.dtype == torch.float64
    inside = 0
    for row, north in enumerate(GRID.latitudes.tolist()):
        for column, east in enumerate(GRID.longitudes.tolist()):
            within = 36.5 <= north <= 39.25 and 141 <= round(east, 6) <= 143.5
            inside += within
            wanted = field(north, east) if within else 0
            assert found[row, column] == pytest.approx(wanted, abs=1e-9)
    assert 0 < inside < 25 * 30


def test_other_columns_change_nothing(written):
    lines = [f"point,{line},far" for line in points()]
    other = read_uplift(written(lines, f"name,{HEADER},place"), GRID)
    assert torch.equal(other, read_uplift(written(points()), GRID))


def test_points_that_are_the_grids_own_are_read_at_its_edges_too(written):
    grid = Grid(28.8, 138.0, 192, 192, 0.1)  # of which 28.8 + 0.1 * 191 is not 47.9
    tenths = [one / 10 for one in range(288, 480)], [one / 10 for one in range(1380, 1572)]
    found = read_uplift(written(points(*tenths)), grid)
    wanted = field(torch.tensor(tenths[0])[:, None].double(), torch.tensor(tenths[1]).double())
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-3)


def turned(lines, turns):
    """The same points, their longitudes written so many degrees further east, in turn."""
    parts = [line.split(",") for line in lines]
    by = itertools.cycle(turns)
    return [f"{north},{float(east) + next(by)!r},{lift}" for north, east, lift in parts]


@pytest.mark.parametrize("turns", [(-360,), (360,), (0, -360)], ids=str)
def test_longitudes_may_be_written_either_way_round_the_earth(written, turns):
    wanted = read_uplift(written(points()), GRID)
    torch.testing.assert_close(read_uplift(written(turned(points(), turns)), GRID), wanted)
    assert wanted.abs().max() > 1


@pytest.mark.parametrize("turns", [(0,), (360,), (-360, 0)], ids=str)
def test_a_region_may_lie_on_both_sides_of_the_date_line(written, turns):
    east = (178.0, 179.5, 181.0, 182.25)
    grid = Grid(35.0, 177.0, 25, 40, 0.2)
    found = read_uplift(written(turned(points(longitudes=east), turns)), grid)
    inside = (grid.latitudes >= 36.5)[:, None] & (grid.latitudes <= 39.25)[:, None]
    inside = inside & (grid.longitudes >= 178) & (grid.longitudes.round(decimals=6) <= 182.25)
    wanted = field(grid.latitudes[:, None], grid.longitudes)
    torch.testing.assert_close(found, torch.where(inside, wanted, 0.0), rtol=0, atol=1e-9)


FIRST = "35.000 N 140.000 E"  # of the grid's cells; its last is at 39.8 N 145.8 E


@pytest.mark.parametrize(
    ("latitudes", "longitudes", "found"),
    [
        ((40.0, 41.0), LONGITUDES, "40.000 N 141.000 E to 41.000 N 143.500 E"),
        ((-37.0, 34.9), LONGITUDES, "37.000 S 141.000 E to 34.900 N 143.500 E"),
        (LATITUDES, (146.0, 150.0), "36.500 N 146.000 E to 39.250 N 150.000 E"),
        (LATITUDES, (-20.0, 139.5), "36.500 N 20.000 W to 39.250 N 139.500 E"),
        ((-12.0, -11.0), (-77.0, -76.0), "12.000 S 283.000 E to 11.000 S 284.000 E"),
    ],
    ids=["north", "south", "east", "west", "another ocean"],
)
def test_points_of_which_none_is_near_the_region_are_refused(written, latitudes, longitudes, found):
    path = written(points(latitudes, longitudes))
    with pytest.raises(UserError) as caught:
        read_uplift(path, GRID)
    expected = f"expected some of the region, about {FIRST} and onwards"
    assert str(caught.value) == f"{path}: points from {found}; {expected}"


@pytest.mark.parametrize(
    ("latitudes", "longitudes"),
    [((39.75, 41.0), LONGITUDES), ((30.0, 35.1), LONGITUDES), (LATITUDES, (145.7, 150.0))],
    ids=["north", "south", "east"],
)
def test_points_that_reach_a_cell_of_the_region_are_read_there_alone(written, latitudes, longitudes):
    lifted = read_uplift(written(points(latitudes, longitudes)), GRID) != 0
    within = (GRID.latitudes >= latitudes[0])[:, None] & (GRID.latitudes <= latitudes[-1])[:, None]
    within = (
        within & (GRID.longitudes >= longitudes[0]) & (GRID.longitudes.round(decimals=6) <= longitudes[-1])
    )
    assert lifted.any()
    assert torch.equal(lifted, within)


def test_points_have_no_slopes_that_lift(written):
    path, relief = written(points()), 100 * GRID.longitudes.expand(25, 30)
    assert torch.equal(read_uplift(path, GRID, relief), read_uplift(path, GRID))


@pytest.mark.parametrize("name", ["rectangles-2", "subfaults-48"])
def test_a_file_of_faults_lifts_as_these_do_with_slopes_and_without(name):
    faults, at = read_faults(path_of(name)), (GRID.latitudes, GRID.longitudes)
    falling = (-4000 - 3000 * (GRID.longitudes - 143)).expand(25, 30)
    plain, sloping = read_uplift(path_of(name), GRID), read_uplift(path_of(name), GRID, falling)
    assert torch.equal(plain, uplift(faults, *at))
    assert torch.equal(sloping, uplift(faults, *at, falling))
    assert (sloping - plain).abs().max() > 0.1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda lines: lines[1:], "11 points on 4 latitudes and 3 longitudes"),
        (lambda lines: [*lines, lines[0]], "13 points on 4 latitudes and 3 longitudes"),
        (lambda lines: [*lines[1:], lines[1]], "12 points on 4 latitudes and 3 longitudes"),
        (
            lambda lines: [one for one in lines if one.startswith("37.0")],
            "3 points on 1 latitudes and 3 longitudes",
        ),
    ],
    ids=["one is missing", "one stands twice", "one stands for another", "all on a line"],
)
def test_points_that_are_no_grid_are_refused_with_their_file(written, change, found):
    path = written(change(points()))
    with pytest.raises(UserError) as caught:
        read_uplift(path, GRID)
    assert (
        str(caught.value)
        == f"{path}: {found}; expected each longitude on each latitude once, two or more of both"
    )


def test_a_point_that_is_no_number_is_refused_with_its_line(written):
    with pytest.raises(UserError, match=r"uplift\.csv, line 3, uplift_m: 'much'; expected a number"):
        read_uplift(written(["36,141,1", "36,142,much"]), GRID)


def test_a_file_that_is_neither_is_refused_as_no_fault(written):
    with pytest.raises(UserError, match=r"uplift\.csv, line 1: columns latitude, .*; expected .*slip_m"):
        read_uplift(written(["36,141,1"], "latitude,longitude,rise"), GRID)
