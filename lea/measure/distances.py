"""How far two sets of points, features of images, lie apart: (n, d) and (m, d) -> a number.

All are symmetric but for density and coverage, which ask of the second set how it lies among the first.
"""

import torch
from torch import Tensor

ROWS = 1024  # of a block of a matrix of pairs


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """`|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))` of the sets' means and covariances: the squared
    distance of the two normal distributions that have these (Heusel et al. 2017).

    Of few points it is too large: for n and m of alike sets, by about `s^2 (d + d (d + 1) / 4) (1/n + 1/m)`.
    """
    (mean_a, cov_a), (mean_b, cov_b) = _moments(a), _moments(b)
    root = _root(cov_a)
    # tr (C_a C_b)^(1/2) is that of a symmetric matrix with the same eigenvalues
    cross = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()
    return float((mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross)


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """The unbiased squared maximum mean discrepancy with the kernel `(x.y / d + 1)^3` (Binkowski et al.
    2018): 0 on average of alike sets, however few points.
    """
    within = [(_kernels(one, one) - _own(one)) / (len(one) * (len(one) - 1)) for one in (a, b)]
    return within[0] + within[1] - 2 * _kernels(a, b) / (len(a) * len(b))


def density_and_coverage(real: Tensor, made: Tensor, neighbours: int = 5) -> tuple[float, float]:
    """Of points that were made (Naeem et al. 2020): how many real points' neighbourhoods each lies in, over
    the number that is expected; and the share of real points with one in their neighbourhood. A neighbourhood
    reaches to a real point's k-th nearest other.
    """
    reach = torch.cat([_distances(one, real).kthvalue(neighbours + 1, dim=1)[0] for one in real.split(ROWS)])
    inside, covered = 0, torch.zeros(len(real), dtype=torch.bool, device=real.device)
    for some in made.split(ROWS):
        near = _distances(some, real) < reach  # (rows, n)
        inside += int(near.sum())
        covered |= near.any(0)
    return inside / (neighbours * len(made)), float(covered.double().mean())


def nearest_distances(points: Tensor, among: Tensor) -> Tensor:
    """(n,): how far each point is from the nearest of others."""
    return torch.cat([_distances(some, among).amin(1) for some in points.split(ROWS)])


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.double()
    return x.mean(0), torch.atleast_2d(torch.cov(x.T))


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def _kernels(a: Tensor, b: Tensor) -> float:
    """The kernel's sum over all pairs."""
    return float(sum(_kernel(some @ b.double().T, a.shape[1]).sum() for some in a.double().split(ROWS)))


def _own(x: Tensor) -> float:
    """The kernel's sum over points and themselves."""
    return float(_kernel(x.double().square().sum(1), x.shape[1]).sum())


def _kernel(product: Tensor, features: int) -> Tensor:
    return (product / features + 1) ** 3


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """(n, m), by one product in float64: many times as fast as pair by pair, and right to 1e-7."""
    return torch.cdist(a.double(), b.double(), compute_mode="use_mm_for_euclid_dist")
