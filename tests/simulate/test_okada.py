"""Oracle: the printed numbers of Okada (1985, Table 2); laws of elasticity; a point source's closed form."""

import math

import pytest
import torch

from lea.simulate.okada import Dislocation, displacement

KINDS = ("strike_slip", "dip_slip", "tensile")
TABLE = [
    (2, 3, 70, "strike_slip", (-8.689e-3, -4.298e-3, -2.747e-3)),
    (2, 3, 70, "dip_slip", (-4.682e-3, -3.527e-2, -3.564e-2)),
    (2, 3, 70, "tensile", (-2.660e-4, 1.056e-2, 3.214e-3)),
    (0, 0, 90, "strike_slip", (0, 5.253e-3, 0)),
    (0, 0, 90, "dip_slip", (0, 0, 0)),
    (0, 0, 90, "tensile", (1.223e-2, 0, -1.606e-2)),
    (0, 0, -90, "strike_slip", (0, -1.303e-3, 0)),
    (0, 0, -90, "dip_slip", (0, 0, 0)),
    (0, 0, -90, "tensile", (3.507e-3, 0, -7.740e-3)),
]


def points(*coordinates):
    return torch.tensor(coordinates, dtype=torch.float64)


def moved(x, y, poisson=None, **fault):
    given = {} if poisson is None else {"poisson": poisson}
    found = displacement(points(*x), points(*y), Dislocation(**fault), **given)
    return torch.stack(found)  # (3, points)


@pytest.mark.parametrize(("x", "y", "dip", "kind", "printed"), TABLE)
def test_displacements_are_those_that_the_paper_prints(x, y, dip, kind, printed):
    found = moved([x], [y], depth=4, dip=dip, length=3, width=2, **{kind: 1.0})[:, 0]

    for ours, theirs in zip(found.tolist(), printed, strict=True):
        assert abs(ours) < 1e-15 if theirs == 0 else f"{ours:.3e}" == f"{theirs:.3e}"


@pytest.mark.parametrize("kind", KINDS)
def test_slips_add_up(kind):
    fault = {"depth": 4, "dip": 40, "length": 3, "width": 2}
    one, three = (moved([1, -5], [2, 7], **fault, **{kind: slip}) for slip in (1.0, 3.0))
    both = moved([1, -5], [2, 7], **fault, dip_slip=2.0, **({kind: 1.0} if kind != "dip_slip" else {}))
    dipping = moved([1, -5], [2, 7], **fault, dip_slip=2.0)

    torch.testing.assert_close(three, 3 * one)
    torch.testing.assert_close(both, dipping + (one if kind != "dip_slip" else 0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_rectangle_moves_the_ground_as_its_two_halves_do(kind):
    fault = {"depth": 9.0, "dip": 35, "width": 4, kind: 1.0}
    whole = moved([1, 20], [2, -30], length=6, **fault)
    first, second = moved([1, 20], [2, -30], length=3, **fault), moved([-2, 17], [2, -30], length=3, **fault)

    torch.testing.assert_close(whole, first + second)


@pytest.mark.parametrize("kind", KINDS)
def test_an_upright_rectangle_is_the_limit_of_steep_ones(kind):
    fault = {"depth": 4, "length": 3, "width": 2, kind: 1.0}

    torch.testing.assert_close(
        moved([2, 0.5], [3, -1], dip=90, **fault),
        moved([2, 0.5], [3, -1], dip=90 - 2e-3, **fault),
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize(("kind", "signs"), [("strike_slip", (1, -1, -1)), ("dip_slip", (-1, 1, 1))])
def test_both_ends_of_a_fault_move_alike(kind, signs):
    fault = {"depth": 5, "dip": 60, "length": 4, "width": 3, kind: 1.0}

    here, there = moved([2 + 3], [1.5], **fault), moved([2 - 3], [1.5], **fault)

    torch.testing.assert_close(there[:, 0], here[:, 0] * points(*signs))


def test_far_away_an_opening_crack_that_lies_flat_is_a_point_source():
    depth, area = 10.0, 0.01
    distances = points(5, 20, 40)
    found = moved(
        (distances + 0.05).tolist(), [0.05] * 3, depth=depth, dip=0, length=0.1, width=0.1, tensile=1.0
    )

    r = (distances**2 + depth**2).sqrt()
    factor = 3 * area * depth**2 / (2 * math.pi * r**5)  # Eq. 13 at a dip of 0
    torch.testing.assert_close(found[2], factor * depth, rtol=1e-4, atol=0)
    torch.testing.assert_close(found[0], factor * distances, rtol=1e-4, atol=0)


def test_a_flat_crack_opens_the_same_volume_whatever_the_ground_is_made_of():
    grid = torch.linspace(-400, 400, 321, dtype=torch.float64)
    x, y = torch.meshgrid(grid, grid, indexing="ij")
    fault = Dislocation(depth=5, dip=0, length=2, width=2, tensile=1.0)

    for poisson in (0.25, 0.4):
        assert 2.5**2 * displacement(x, y, fault, poisson).z.sum() == pytest.approx(4.0, rel=0.03)


def test_poissons_ratio_counts():
    fault = {"depth": 4, "dip": 70, "length": 3, "width": 2, "strike_slip": 1.0}

    assert (moved([2], [3], poisson=0.4, **fault) - moved([2], [3], **fault)).abs().max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dip", [-90, -30, 1e-3, 45, 90])
def test_points_on_the_lines_of_a_fault_are_as_those_beside_them(kind, dip):
    depth, length, width = 4.0, 3.0, 2.0
    down = (
        depth / math.tan(math.radians(dip)) if abs(dip) > 1 else 0.0
    )  # where the fault's plane cuts the surface
    x, y = [0, length, length / 2, -1, 7], [down, down, down, 0, down]
    fault = {"depth": depth, "dip": dip, "length": length, "width": width, kind: 1.0}
    aside = 1e-5

    on = moved(x, y, **fault)
    beside = moved([one + aside for one in x], [one + aside for one in y], **fault)

    assert on.isfinite().all()
    torch.testing.assert_close(on, beside, rtol=1e-3, atol=2e-5)


def test_a_fault_that_cuts_the_surface_gives_numbers_everywhere():
    width = 2.0
    depth = width * math.sin(math.radians(30))
    trace = width * math.cos(math.radians(30))
    x, y = [0, 3, 1.5, -4, 6], [trace] * 5

    for kind in KINDS:
        assert moved(x, y, depth=depth, dip=30, length=3, width=width, **{kind: 1.0}).isfinite().all()
