"""How far a sample is from its nearest inliers (Ramaswamy et al. 2000)."""

from typing import Literal

from torch import Tensor, nn

from lea.measure.detectors.detector import OfPoints
from lea.measure.distances import nearest_distances


class NearestNeighbours(OfPoints):
    """The distance to the k-th nearest."""

    NAME = "nearest neighbours"
    LIMITS = {"neighbours": (1, 100_000)}

    def __init__(
        self, model: nn.Module, *, space: Literal["data", "latent"] = "data", neighbours: int = 5
    ) -> None:
        super().__init__(model, space=space)
        self.neighbours = neighbours

    def fit_points(self, inliers: Tensor) -> None:
        """(n, d)."""
        if len(inliers) < self.neighbours:
            found = f"neighbours {self.neighbours}, of {len(inliers)} inliers"
            raise ValueError(f"{found}; expected no more than there are")
        self.inliers = inliers

    def score_points(self, x: Tensor) -> Tensor:
        """(n, d) -> (n,)."""
        return nearest_distances(x, self.inliers, self.neighbours)
