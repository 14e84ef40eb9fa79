"""Oracle: other libraries on the same points (scipy, torchmetrics, prdc, scikit-learn), closed
forms, and loops.
"""

from typing import Any

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from scipy import linalg
from sklearn.neighbors import NearestNeighbors
from torch import Tensor
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from lea.measure.distances import (
    Points,
    density_and_coverage,
    frechet_distance,
    kernel_distance,
    nearest_distances,
)


def points(count: int, features: int = 6, shift: float = 0.0, spread: float = 1.0) -> Tensor:
    bent = torch.randn(count, features) @ torch.linspace(0.2, 1.5, features).diag()
    return (spread * bent + shift).relu()  # as features of a network


def test_the_frechet_distance_is_that_by_scipys_root_of_a_matrix() -> None:
    a, b = points(300), points(200, shift=0.3, spread=1.4)
    covs = [np.cov(one.double().numpy().T) for one in (a, b)]
    root = linalg.sqrtm(covs[0] @ covs[1]).real
    gap = (a.double().mean(0) - b.double().mean(0)).square().sum().item()
    expected = gap + np.trace(covs[0] + covs[1] - 2 * root)
    assert frechet_distance(Points(a), Points(b)) == pytest.approx(expected, rel=1e-9)


def test_it_is_torchmetrics() -> None:
    a, b = points(300), points(200, shift=0.3, spread=1.4)
    moments = [moment for one in (a, b) for moment in (one.double().mean(0), torch.cov(one.double().T))]
    assert frechet_distance(Points(a), Points(b)) == pytest.approx(_compute_fid(*moments).item(), rel=1e-6)


def test_of_normal_distributions_it_is_the_closed_form() -> None:
    """Independent features: `(m_a - m_b)^2 + (s_a - s_b)^2`, summed."""
    torch.manual_seed(1)
    a, b = torch.randn(200_000, 3) * torch.tensor([1.0, 2, 3]), 1 + torch.randn(200_000, 3)
    assert frechet_distance(Points(a), Points(b)) == pytest.approx(3 + 0 + 1 + 4, rel=0.02)


def test_it_is_zero_of_a_set_and_itself_and_symmetric() -> None:
    a, b = points(100), points(150, shift=0.5)
    assert frechet_distance(Points(a), Points(a)) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(Points(a), Points(b)) == pytest.approx(frechet_distance(Points(b), Points(a)))


def test_it_does_not_break_where_features_never_vary() -> None:
    a, b = points(40), points(40, shift=0.5)
    a[:, 0] = b[:, 0] = 0
    assert 0 < frechet_distance(Points(a), Points(b)) < 10
    assert frechet_distance(Points(points(4, 30)), Points(points(5, 30))) > 0  # fewer points than features


@pytest.mark.parametrize(("features", "count"), [(4, 400), (10, 100)])
def test_of_alike_sets_it_is_about_what_its_page_says(features: int, count: int) -> None:
    pairs = [[Points(torch.randn(count, features)) for _ in range(2)] for _ in range(100)]
    found = [frechet_distance(*pair) for pair in pairs]
    floor = (features + features * (features + 1) / 4) * (2 / count)
    assert np.mean(found) == pytest.approx(floor, rel=0.15)


def test_the_kernel_distance_is_torchmetrics() -> None:
    a, b = points(250).double(), points(250, shift=0.3).double()
    assert kernel_distance(Points(a), Points(b)) == pytest.approx(poly_mmd(a, b).item(), rel=1e-9)


def test_the_kernel_distance_is_a_loop_over_pairs() -> None:
    a, b = points(7), points(5, shift=1)

    def kernel(x: Tensor, y: Tensor) -> float:
        return float((x.double() @ y.double() / 6 + 1) ** 3)

    expected = (
        sum(kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j) / 42
        + sum(kernel(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j) / 20
        - 2 * sum(kernel(x, y) for x in a for y in b) / 35
    )
    assert kernel_distance(Points(a), Points(b)) == pytest.approx(expected)


def test_of_alike_sets_the_kernel_distance_is_zero_on_average() -> None:
    found = [kernel_distance(Points(points(30)), Points(points(40))) for _ in range(200)]
    assert abs(np.mean(found)) < 4 * np.std(found) / 200**0.5
    assert min(found) < 0


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_density_and_coverage_are_prdcs(neighbours: int) -> None:
    real, made = points(120), points(80, shift=0.2)
    expected: dict[str, Any] = compute_prdc(real.double().numpy(), made.double().numpy(), neighbours)
    density, coverage = density_and_coverage(Points(real), Points(made), neighbours)
    assert density == pytest.approx(expected["density"])
    assert coverage == pytest.approx(expected["coverage"])


def test_what_lies_far_away_covers_nothing() -> None:
    assert density_and_coverage(Points(points(50)), Points(points(50) + 100)) == (0, 0)


def test_the_nearest_is_scikit_learns() -> None:
    a, b = points(90), points(70)
    expected = NearestNeighbors(n_neighbors=1).fit(b.numpy()).kneighbors(a.numpy())[0][:, 0]
    assert np.allclose(nearest_distances(a, b).numpy(), expected, atol=1e-6)


def test_sets_of_more_than_a_block_are_those_of_one() -> None:
    a, b = points(2500), points(1500, shift=0.3)
    whole = torch.cdist(a.double(), b.double()).amin(1)
    assert torch.allclose(nearest_distances(a, b), whole, atol=1e-6)
    k = [(one.double() @ two.double().T / 6 + 1) ** 3 for one, two in ((a, a), (b, b), (a, b))]
    assert kernel_distance(Points(a), Points(b)) == pytest.approx(_mmd(*k))


def _mmd(aa: Tensor, bb: Tensor, ab: Tensor) -> float:
    within = sum(float((one.sum() - one.trace()) / (len(one) * (len(one) - 1))) for one in (aa, bb))
    return within - 2 * float(ab.mean())
