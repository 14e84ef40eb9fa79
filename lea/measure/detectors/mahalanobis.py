"""How far a sample is from the mean of the inliers, in their own standard deviations in every direction
(Mahalanobis 1936).
"""

from typing import Literal

import torch
from torch import Tensor, nn

from lea.measure.detectors.detector import OfPoints


class Mahalanobis(OfPoints):
    """`sqrt((x - m)' C^-1 (x - m))`. So much of C as `shrinkage` says is its mean variance in all directions,
    without which a value that never varies among the inliers would count without end.
    """

    NAME = "mahalanobis"
    LIMITS = {"shrinkage": (0, 1)}

    def __init__(
        self, model: nn.Module, *, space: Literal["data", "latent"] = "data", shrinkage: float = 1e-3
    ) -> None:
        super().__init__(model, space=space)
        self.shrinkage = shrinkage

    def fit_points(self, inliers: Tensor) -> None:
        """(n, d)."""
        self.mean = inliers.mean(0)
        covariance = torch.atleast_2d(torch.cov(inliers.T, correction=0))
        alike = covariance.diagonal().mean() * torch.eye(len(covariance)).to(covariance)
        self.root, failed = torch.linalg.cholesky_ex(torch.lerp(covariance, alike, self.shrinkage))
        if failed:
            found = f"shrinkage {self.shrinkage}: the inliers do not vary in all directions"
            raise ValueError(f"{found}; expected some, or a larger one")

    def score_points(self, x: Tensor) -> Tensor:
        """(n, d) -> (n,)."""
        return torch.linalg.solve_triangular(self.root, (x - self.mean).T, upper=False).norm(dim=0)
