"""Oracle: the sphere's closed forms; linear fields, which bilinear reading and refining must not change."""

import math

import pytest
import torch

from lea.errors import UserError
from lea.simulate.grid import RADIUS, Grid, Place, name_place, refine

TOHOKU = Grid(28.8, 138.0, 192, 192, 0.1)


def linear(grid):
    """A field that rises by 2 for a degree to the north and by 3 for one to the east."""
    return 2 * grid.latitudes[:, None] + 3 * grid.longitudes


def test_centres_go_from_the_southwest_to_the_northeast():
    assert TOHOKU.latitudes[[0, -1]].tolist() == pytest.approx([28.8, 47.9])
    assert TOHOKU.longitudes[[0, -1]].tolist() == pytest.approx([138.0, 157.1])


def test_cells_from_pole_to_pole_have_the_area_of_the_sphere_between_them():
    grid = Grid(-88.5, -179.5, 178, 360, 1.0)

    area = float(grid.areas.sum()) * grid.columns

    assert area == pytest.approx(4 * math.pi * RADIUS**2 * math.sin(math.radians(89)))


def test_cells_are_as_wide_as_their_parallel_is_long():
    grid = Grid(59.5, 0.0, 2, 2, 1.0)

    assert grid.height == pytest.approx(111_194.9, abs=0.1)
    assert grid.edges.tolist() == pytest.approx(
        [grid.height * math.cos(math.radians(d)) for d in (59, 60, 61)]
    )
    assert grid.widths[0] == pytest.approx(grid.height * math.cos(math.radians(59.5)), rel=2e-5)
    assert (grid.widths * grid.height).tolist() == pytest.approx(grid.areas.tolist())


def test_a_refined_grid_covers_the_same_region():
    fine = TOHOKU.refined(4)

    assert (fine.rows, fine.columns, fine.degrees) == (768, 768, 0.025)
    assert 4 * float(fine.areas.sum()) == pytest.approx(float(TOHOKU.areas.sum()))
    assert fine.edges[[0, -1]].tolist() == pytest.approx((TOHOKU.edges[[0, -1]] / 4).tolist())
    assert float(fine.longitudes.mean()) == pytest.approx(float(TOHOKU.longitudes.mean()))
    assert TOHOKU.refined(1) == TOHOKU


@pytest.mark.parametrize("factor", [2, 3])
def test_refining_keeps_what_is_linear(factor):
    grid = Grid(10.0, 20.0, 5, 7, 0.5)
    inside = slice(factor, -factor)

    fine = refine(linear(grid), factor)

    expected = linear(grid.refined(factor))
    torch.testing.assert_close(fine[inside, inside], expected[inside, inside])


def test_refining_keeps_the_values_of_the_outer_edge():
    field = torch.tensor([[1.0, 3.0], [5.0, 7.0]], dtype=torch.float64)

    fine = refine(field[None, None], 2)  # leading dimensions stay

    assert fine.shape == (1, 1, 4, 4)
    assert fine[0, 0, 0].tolist() == [1, 1.5, 2.5, 3]
    assert fine[0, 0, :, 3].tolist() == [3, 4, 6, 7]


@pytest.mark.parametrize("factor", [0, 1.5])
def test_a_grid_is_refined_by_whole_factors_alone(factor):
    with pytest.raises(UserError, match=rf"cells refined {factor} times; expected a whole number from 1"):
        TOHOKU.refined(factor)


def test_a_place_among_wet_cells_reads_a_linear_field_exactly():
    places = [Place("a", 38.711, 148.694), Place("b", 28.8, 138.0), Place("c", 47.9, 157.1)]
    wet = torch.ones(192, 192, dtype=torch.bool)

    found = TOHOKU.reading(places, wet).of(linear(TOHOKU))

    assert found.tolist() == pytest.approx([2 * one.latitude + 3 * one.longitude for one in places])


def test_a_place_beside_land_reads_the_wet_cells_in_their_proportion():
    grid = Grid(0.0, 0.0, 2, 2, 1.0)
    field = torch.tensor([[1.0, 10.0], [100.0, 1000.0]], dtype=torch.float64)
    wet = torch.tensor([[[True, True], [False, True]], [[True, False], [False, False]]])  # of two beds

    found = grid.reading([Place("a", 0.25, 0.5)], wet).of(field.expand(2, 2, 2))

    # weights are 3/8, 3/8, 1/8, 1/8 from the southwest
    assert found[:, 0].tolist() == pytest.approx([(3 * 1 + 3 * 10 + 1000) / 7, 1.0])


def test_no_places_read_nothing():
    wet = torch.ones(3, 192, 192, dtype=torch.bool)

    assert TOHOKU.reading([], wet).of(wet.double()).shape == (3, 0)


def test_a_place_on_land_is_refused_with_its_name():
    wet = torch.ones(2, 192, 192, dtype=torch.bool)
    wet[1, :50] = False

    with pytest.raises(
        UserError, match=r"'802G' at 30.000 N 142.100 E: land in all cells around it; expected water"
    ):
        TOHOKU.reading([Place("sea", 40.0, 150.0), Place("802G", 30.0, 142.1)], wet)


@pytest.mark.parametrize(("latitude", "longitude"), [(28.7, 140), (48, 140), (30, 137.9), (30, 157.2)])
def test_a_place_outside_is_refused_with_the_region(latitude, longitude):
    wet = torch.ones(192, 192, dtype=torch.bool)
    expected = r"'x' at .*: outside the grid; expected between .*28.800 N 138.000 E and 47.900 N 157.100 E"

    with pytest.raises(UserError, match=expected):
        TOHOKU.reading([Place("x", latitude, longitude)], wet)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 0.0, 1, 5, 1.0), "a grid of 1 x 5 cells of 1 degrees; expected two or more each way"),
        ((0.0, 0.0, 5, 5, 0.0), "cells of 0 degrees; expected two or more each way, of a positive size"),
        ((80.0, 0.0, 10, 5, 1.0), "a grid from 79.5 to 89.5 degrees north; expected between -89 and 89"),
        ((-90.0, 0.0, 10, 5, 1.0), "a grid from -90.5 to -80.5 degrees north; expected between -89 and 89"),
        ((0.0, 0.0, 5, 361, 1.0), "a grid of 361 columns of 1 degrees; expected at most 360 degrees"),
    ],
)
def test_what_is_no_region_is_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        Grid(*arguments)


def test_a_field_of_another_grid_or_without_numbers_is_refused():
    grid = Grid(0.0, 10.0, 2, 3, 1.0)
    holed = torch.zeros(4, 2, 3)
    holed[2, 1, 0] = torch.nan

    grid.check("relief", torch.zeros(4, 2, 3))
    with pytest.raises(UserError, match=r"relief of shape \(3, 2\); expected \(..., 2, 3\), the grid's rows"):
        grid.check("relief", torch.zeros(3, 2))
    with pytest.raises(UserError, match=r"relief: no number at 1.000 N 10.000 E; expected one in every cell"):
        grid.check("relief", holed)


def test_places_are_named_by_their_hemispheres():
    assert name_place(-33.5, -70.25) == "33.500 S 70.250 W"
