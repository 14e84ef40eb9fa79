"""How few random cuts set a sample apart from the inliers (Liu et al. 2008). Needs the extra `outliers`."""

from typing import Any, Literal

import torch
from torch import nn

from lea.measure.detectors.detector import OfLibrary


class IsolationForest(OfLibrary):
    """The fewer, the more of an outlier: the mean over the trees, drawn from PyTorch's random stream."""

    NAME = "isolation forest"
    LIMITS = {"trees": (1, 100_000)}

    def __init__(
        self, model: nn.Module, *, space: Literal["data", "latent"] = "data", trees: int = 100
    ) -> None:
        super().__init__(model, space=space)
        self.trees = trees

    def make(self) -> Any:
        """The library's."""
        from sklearn.ensemble import IsolationForest as Library

        return Library(n_estimators=self.trees, random_state=int(torch.randint(2**31, ())))
