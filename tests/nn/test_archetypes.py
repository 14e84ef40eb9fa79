"""Oracle: scipy's non-negative least squares, steps by loops, data whose archetypes are known, the laws of
alternating least squares. What the package `archetypes` left is in benchmarks/archetypes.py, which makes it.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.optimize import nnls as their_nnls
from torch import Tensor

from benchmarks.archetypes import KNOWN, mixed
from lea.nn.archetypes.frank_wolfe import STEPS, descend, toward
from lea.nn.archetypes.least_squares import combine, mixtures
from lea.nn.archetypes.linear import Archetypes, Solver
from lea.nn.archetypes.non_negative import nnls
from lea.nn.archetypes.starts import extreme_points, furthest_sums

SOLVERS: tuple[Solver, ...] = ("least-squares", "frank-wolfe")


def known(noise: float = 0.0, count: int = 400, corners: int = 4, features: int = 6) -> tuple[Tensor, Tensor]:
    """Points of a simplex, its corners among them, and the corners."""
    z = torch.randn(corners, features, dtype=torch.float64)
    shares = torch.distributions.Dirichlet(torch.full((corners,), 0.7, dtype=torch.float64))
    a = torch.cat([torch.eye(corners, dtype=torch.float64), shares.sample((count - corners,))])
    return a @ z + noise * torch.randn(count, features, dtype=torch.float64), z


def fitted(
    x: Tensor, count: int, iterations: int, solver: Solver = "least-squares", **how: Any
) -> Archetypes:
    model = Archetypes(tuple(x.shape[1:]), archetypes=count)
    model.place(x, **how)
    for _ in range(iterations):
        model.improve(x, solver=solver)
    return model


def residual(model: Archetypes, x: Tensor) -> float:
    return float((model(x) - x).square().sum())


def apart(z: Tensor, other: Tensor) -> float:
    """The furthest of two matched archetypes."""
    distances = torch.cdist(z.double(), other.double()).numpy()
    return float(distances[linear_sum_assignment(distances)].max())


# --- systems ---


@pytest.mark.parametrize(("unknowns", "equations"), [(1, 5), (8, 50), (5, 2), (30, 20), (3, 3)])
def test_each_system_is_solved_as_scipy_solves_it(unknowns: int, equations: int) -> None:
    system = torch.randn(equations, unknowns, dtype=torch.float64)
    targets = torch.randn(40, equations, dtype=torch.float64)
    found = nnls(system.T @ system, targets @ system)
    theirs = np.stack([their_nnls(system.numpy(), one)[0] for one in targets.numpy()])
    assert (found >= 0).all()
    if unknowns <= equations:
        assert np.allclose(found.numpy(), theirs, atol=1e-9)
    left, their_left = ((targets - a @ system.T).norm(dim=1) for a in (found, torch.from_numpy(theirs)))
    assert torch.allclose(left, their_left, atol=1e-9)


@pytest.mark.parametrize("penalty", [1.0, 1e4])
def test_a_penalty_is_a_further_row(penalty: float) -> None:
    system, targets = torch.randn(9, 6, dtype=torch.float64), torch.randn(40, 9, dtype=torch.float64)
    found = nnls(system.T @ system, targets @ system, penalty=penalty)
    more = np.vstack([system.numpy(), np.full((1, 6), penalty**0.5)])
    theirs = [their_nnls(more, np.append(one, penalty**0.5))[0] for one in targets.numpy()]
    assert np.allclose(found.numpy(), np.stack(theirs), atol=1e-9)


def test_a_warm_start_ends_where_a_cold_one_does() -> None:
    system, targets = torch.randn(9, 6, dtype=torch.float64), torch.randn(50, 9, dtype=torch.float64)
    cold = nnls(system.T @ system, targets @ system)
    start = torch.rand(50, 6, dtype=torch.float64) * (torch.rand(50, 6) > 0.5)
    assert torch.allclose(nnls(system.T @ system, targets @ system, start), cold, atol=1e-9)


def test_equal_columns_are_no_trouble() -> None:
    one = torch.randn(7, 3, dtype=torch.float64)
    system, targets = torch.cat([one, one], 1), torch.randn(30, 7, dtype=torch.float64)
    found = nnls(system.T @ system, targets @ system)
    theirs = np.array([their_nnls(one.numpy(), target)[1] for target in targets.numpy()])
    assert np.allclose((targets - found @ system.T).norm(dim=1).numpy(), theirs, atol=1e-9)


def constrained(points: Tensor, target: Tensor) -> np.ndarray:
    """The nearest mixture by scipy: taken from the target, a system's sum scales all that is left."""
    system = np.vstack([(points - target).T.numpy(), np.ones(len(points))])
    weights, _ = their_nnls(system, np.append(np.zeros(points.shape[1]), 1.0))
    return weights / weights.sum()


def test_mixtures_of_archetypes_are_the_nearest() -> None:
    z, x = torch.randn(5, 8, dtype=torch.float64), 2 * torch.randn(40, 8, dtype=torch.float64)
    found = mixtures(x, z)
    assert np.allclose(found.weights.numpy(), np.stack([constrained(z, one) for one in x]), atol=1e-6)
    assert torch.allclose(found.weights.sum(1), torch.ones(40, dtype=torch.float64), atol=1e-12)
    assert 0 < found.deviation < 1e-5


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_the_sum_is_as_good_at_every_scale_of_the_data(scale: float) -> None:
    z, x = torch.randn(5, 8, dtype=torch.float64), torch.randn(40, 8, dtype=torch.float64)
    found, scaled = mixtures(x, z), mixtures(scale * x + 3 * scale, scale * z + 3 * scale)
    assert torch.allclose(found.weights, scaled.weights, atol=1e-7)
    assert scaled.deviation.item() == pytest.approx(found.deviation.item(), rel=1e-3)


@pytest.mark.parametrize("inside", [False, True])
def test_mixtures_of_points_are_the_nearest(inside: bool) -> None:
    points = torch.randn(200, 5, dtype=torch.float64)
    target = points[:3].mean(0) / 2 if inside else 4 * torch.randn(5, dtype=torch.float64)
    start = torch.zeros(200, dtype=torch.float64).index_fill(0, torch.tensor([7]), 1.0)
    found = combine(points, target, start, torch.tensor(1e-15)).weights
    theirs = torch.from_numpy(constrained(points, target))
    assert (found >= 0).all()
    assert found.sum().item() == pytest.approx(1, abs=1e-12)
    assert torch.allclose(found @ points, theirs @ points, atol=1e-7)


# --- alternating least squares ---


@pytest.mark.parametrize(("initial", "candidates"), [("furthest", None), ("random", 50)])
def test_the_residual_never_rises(initial: Any, candidates: int | None) -> None:
    x, _ = known(noise=0.3, count=200)
    model = Archetypes((6,), archetypes=5)
    model.place(x, initial=initial, candidates=candidates)
    sums = [model.improve(x).losses.sum().item() for _ in range(25)]
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(sums))
    assert sums[-1] < 0.95 * sums[0]


@pytest.mark.parametrize(
    ("solver", "iterations", "error"), [("least-squares", 60, 0.05), ("frank-wolfe", 300, 0.1)]
)
def test_corners_of_a_simplex_are_recovered(solver: Solver, iterations: int, error: float) -> None:
    x, z = known(count=200)
    assert apart(fitted(x, 4, iterations, solver, initial="random").z, z) < error


@pytest.mark.parametrize(("solver", "iterations"), [("least-squares", 20), ("frank-wolfe", 200)])
def test_and_with_noise_up_to_the_noise(solver: Solver, iterations: int) -> None:
    x, z = known(noise=0.05, count=1000)
    assert apart(fitted(x, 4, iterations, solver).z, z) < 4 * 0.05
    assert apart(z.roll(1, 0), z) < 1e-9  # whatever their order
    assert apart(x[10:14], z) > 1


def test_the_order_of_the_points_changes_nothing() -> None:
    x, _ = known(noise=0.2)
    for candidates in (None, 50):
        torch.manual_seed(1)
        straight = fitted(x, 4, 3, candidates=candidates)
        torch.manual_seed(1)
        shuffled = Archetypes((6,), archetypes=4)
        shuffled.place(x, candidates=candidates)
        for _ in range(3):
            order = torch.randperm(len(x))
            shuffled.improve(x[order], order)
        assert torch.allclose(shuffled.z, straight.z, atol=1e-9)
        assert torch.allclose(shuffled.a, straight.a, atol=1e-9)
        assert torch.allclose(shuffled.b @ x[shuffled.rows], shuffled.z, atol=1e-9)


def test_one_archetype_is_the_mean() -> None:
    x, _ = known(noise=0.2)
    assert torch.allclose(fitted(x, 1, 2).z[0], x.mean(0), atol=1e-6)


def test_more_archetypes_than_a_plane_has_corners() -> None:
    angles = torch.arange(6, dtype=torch.float64) / 6 * 2 * torch.pi
    z = torch.stack([angles.cos(), angles.sin()], 1)
    x = torch.cat([z, torch.rand(200, 6, dtype=torch.float64).softmax(1) @ z])
    model = fitted(x, 6, 20)
    assert apart(model.z, z) < 0.05
    assert residual(model, x) / len(x) < 1e-4


# --- Frank-Wolfe ---


def test_a_step_is_the_loops() -> None:
    weights, slopes = torch.rand(7, 4, dtype=torch.float64).softmax(1), torch.randn(7, 4, dtype=torch.float64)
    found = toward(weights, slopes, 3)
    for row in range(7):
        corner = [1.0 if one == slopes[row].min() else 0.0 for one in slopes[row]]
        expected = [w + 2 / 5 * (c - w) for w, c in zip(weights[row].tolist(), corner, strict=True)]
        assert found[row].tolist() == pytest.approx(expected)
    assert torch.equal(toward(weights, slopes, 0).sort(1).values[:, -1], torch.ones(7, dtype=torch.float64))


@pytest.mark.parametrize("done", [0, 4])
def test_an_iteration_follows_autograds_slopes(done: int) -> None:
    x, _ = known(noise=0.2, count=30)
    a, b = (
        torch.rand(30, 3, dtype=torch.float64).softmax(1),
        torch.rand(3, 30, dtype=torch.float64).softmax(1),
    )
    found = descend(x, x, a, b, b @ x, done)
    for t in range(done * STEPS, (done + 1) * STEPS):
        a = stepped(a, lambda a: (x - a @ b @ x).square().sum(), t)
    for t in range((done + 1) * STEPS, (done + 2) * STEPS):
        b = stepped(b, lambda b: (x - a @ b @ x).square().sum(), t)
    assert torch.allclose(found.a, a, atol=1e-12)
    assert torch.allclose(found.b, b, atol=1e-12)
    assert torch.allclose(found.z, b @ x, atol=1e-12)


def stepped(weights: Tensor, error: Any, t: int) -> Tensor:
    weights = weights.clone().requires_grad_()
    (slopes,) = torch.autograd.grad(error(weights), weights)
    moved = weights.detach().clone()
    for row, slope in zip(moved, slopes, strict=True):
        row *= 1 - 2 / (t + 2)
        row[slope.argmin()] += 2 / (t + 2)
    return moved


# --- where they begin ---


def test_furthest_sums_are_those_of_a_loop() -> None:
    x = torch.randn(60, 3, dtype=torch.float64)
    found = furthest_sums(x, 4).tolist()
    distances = torch.cdist(x, x)
    assert len(set(found)) == 4
    for last in (
        found[-1:],
        found[:1],
    ):  # each is furthest from the others when it is chosen, at last all are
        others = [one for one in found if one not in last]
        sums = distances[others].sum(0)
        sums[others] = -1
        assert int(sums.argmax()) in last


def test_candidates_are_corners_of_the_hull() -> None:
    angles = torch.rand(50) * 2 * torch.pi
    border = torch.stack([angles.cos(), angles.sin()], 1)
    x = torch.cat([0.5 * border, border])
    found = extreme_points(x, 30)
    assert len(found) == 30
    assert (found >= 50).all()


def test_of_candidates_no_more_is_left_than_a_little() -> None:
    x, _ = known(noise=0.2, count=2000)
    exact, over_some = fitted(x, 4, 12), fitted(x, 4, 12, candidates=200)
    assert len(over_some.rows) <= 204
    assert residual(over_some, x) < 1.01 * residual(exact, x)


# --- the package ---


def test_no_more_is_left_than_the_package_archetypes_leaves() -> None:
    x = torch.from_numpy(mixed(KNOWN["count"], KNOWN["features"], KNOWN["archetypes"]))
    found = residual(fitted(x, KNOWN["archetypes"], 30), x)
    assert found < KNOWN["nnls"]
    assert found == pytest.approx(KNOWN["pgd"], rel=1e-4)


# --- what is refused ---


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(3, 2), "3 points for 4 archetypes"),
        (torch.zeros(0, 2), "0 points for 4 archetypes"),
        (torch.tensor([[0.0, torch.nan]] * 5), "not finite"),
        (torch.tensor([[0.0, torch.inf]] * 5), "not finite"),
    ],
)
def test_points_that_do_not_do_are_refused(x: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Archetypes((2,), archetypes=4).place(x)


def test_no_archetype_and_half_of_the_points_are_refused() -> None:
    with pytest.raises(ValueError, match="0 archetypes; expected at least 1"):
        Archetypes((2,), archetypes=0)
    x, _ = known()
    with pytest.raises(ValueError, match="200 points, and the archetypes were placed among 400"):
        fitted(x, 4, 1).improve(x[:200])


def test_it_keeps_as_an_autoencoder_does() -> None:
    x, _ = known(noise=0.2)
    model = fitted(x.unflatten(1, (1, 2, 3)), 4, 5)
    kept = model.encode(x.unflatten(1, (1, 2, 3))).mean
    assert kept.shape == (400, 4)
    assert torch.allclose(model.decode(kept).flatten(1), kept @ model.z)
    other = Archetypes((1, 2, 3), archetypes=4)
    other.load_state_dict(model.state_dict())
    assert set(model.state_dict()) == {"z"}
    images = x.unflatten(1, (1, 2, 3))
    assert torch.allclose(other(images.float()), model(images).float(), atol=1e-3)
