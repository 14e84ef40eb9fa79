"""How far two sets of points, features of images, lie apart: a number.

All are symmetric but for density and coverage, which ask of the second set how it lies among the first.
"""

from functools import cached_property

import torch
from torch import Tensor

ROWS = 256  # of a block of a matrix of pairs, which a cache can hold


class Points:
    """A set of points, (n, d); what any distance from it needs is worked out once."""

    def __init__(self, values: Tensor) -> None:
        self.values = values.double()
        self.reaches = dict[int, Tensor]()

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def mean(self) -> Tensor:
        """(d,)."""
        return self.values.mean(0)

    @cached_property
    def covariance(self) -> Tensor:
        """(d, d)."""
        return torch.atleast_2d(torch.cov(self.values.T))

    @cached_property
    def root(self) -> Tensor:
        """(d, d), of the covariance."""
        values, vectors = torch.linalg.eigh(self.covariance)
        return vectors * values.clamp(min=0).sqrt() @ vectors.T

    @cached_property
    def mean_kernel(self) -> float:
        """The mean of the kernel over pairs of two points."""
        own = float(_kernel(self.values.square().sum(1), self.values.shape[1]).sum())
        return (_kernel_sum(self.values, self.values) - own) / (len(self) * (len(self) - 1))

    def reach(self, neighbours: int) -> Tensor:
        """(n,): how far each point's k-th nearest other is."""
        if neighbours not in self.reaches:
            of_blocks = (_distances(some, self.values) for some in self.values.split(ROWS))
            found = [block.kthvalue(neighbours + 1, dim=1)[0] for block in of_blocks]
            self.reaches[neighbours] = torch.cat(found)
        return self.reaches[neighbours]


def frechet_distance(a: Points, b: Points) -> float:
    """`|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))` of the sets' means and covariances: the squared
    distance of the two normal distributions that have these (Heusel et al. 2017).

    Of few points it is too large: for n and m of alike sets, by about `s^2 (d + d (d + 1) / 4) (1/n + 1/m)`.
    """
    # tr (C_a C_b)^(1/2) is that of a symmetric matrix with the same eigenvalues
    cross = torch.linalg.eigvalsh(a.root @ b.covariance @ a.root).clamp(min=0).sqrt().sum()
    return float((a.mean - b.mean).square().sum() + (a.covariance + b.covariance).trace() - 2 * cross)


def kernel_distance(a: Points, b: Points) -> float:
    """The unbiased squared maximum mean discrepancy with the kernel `(x.y / d + 1)^3` (Binkowski et al.
    2018): 0 on average of alike sets, however few points.
    """
    return a.mean_kernel + b.mean_kernel - 2 * _kernel_sum(a.values, b.values) / (len(a) * len(b))


def density_and_coverage(real: Points, made: Points, neighbours: int = 5) -> tuple[float, float]:
    """Of points that were made (Naeem et al. 2020): how many real points' neighbourhoods each lies in, over
    the number that is expected; and the share of real points with one in their neighbourhood. A neighbourhood
    reaches to a real point's k-th nearest other.
    """
    inside, covered = 0, torch.zeros(len(real), dtype=torch.bool, device=real.values.device)
    for some in made.values.split(ROWS):
        near = _distances(some, real.values) < real.reach(neighbours)  # (rows, n)
        inside += int(near.sum())
        covered |= near.any(0)
    return inside / (neighbours * len(made)), float(covered.double().mean())


def nearest_distances(points: Tensor, among: Tensor, neighbours: int = 1) -> Tensor:
    """(n,): how far each point is from the nearest of others, or from the k-th nearest."""
    among = among.double()
    blocks = (_distances(some.double(), among) for some in points.split(ROWS))
    return torch.cat([block.kthvalue(neighbours, dim=1)[0] for block in blocks])


def _kernel_sum(a: Tensor, b: Tensor) -> float:
    """The kernel's sum over all pairs."""
    return float(sum(_kernel(some @ b.T, a.shape[1]).sum() for some in a.split(ROWS)))


def _kernel(product: Tensor, features: int) -> Tensor:
    return (product / features + 1) ** 3


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """(n, m), by one product, in float64: many times as fast as pair by pair, and right to 1e-7."""
    return torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist")
