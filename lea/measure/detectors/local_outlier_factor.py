"""How much sparser it is around a sample than around its nearest inliers (Breunig et al. 2000). Needs the
extra `outliers`.
"""

from typing import Any, Literal

from torch import nn

from lea.measure.detectors.detector import OfLibrary


class LocalOutlierFactor(OfLibrary):
    """1 where it is alike."""

    NAME = "local outlier factor"
    LIMITS = {"neighbours": (1, 100_000)}

    def __init__(
        self, model: nn.Module, *, space: Literal["data", "latent"] = "data", neighbours: int = 20
    ) -> None:
        super().__init__(model, space=space)
        self.neighbours = neighbours

    def make(self) -> Any:
        """The library's."""
        from sklearn.neighbors import LocalOutlierFactor as Library

        return Library(n_neighbors=self.neighbours, novelty=True)
