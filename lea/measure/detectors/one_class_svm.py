"""On which side of a boundary around the inliers a sample lies, and how far (Schoelkopf et al. 2001), with a
Gaussian kernel as wide as the inliers' mean variance. Needs the extra `outliers`.
"""

from typing import Any, Literal

from torch import nn

from lea.measure.detectors.detector import OfLibrary


class OneClassSVM(OfLibrary):
    """At most so many of the inliers as `outside` says are left out."""

    NAME = "one-class svm"
    LIMITS = {"outside": (1e-6, 1)}

    def __init__(
        self, model: nn.Module, *, space: Literal["data", "latent"] = "data", outside: float = 0.5
    ) -> None:
        super().__init__(model, space=space)
        self.outside = outside

    def make(self) -> Any:
        """The library's."""
        from sklearn.svm import OneClassSVM as Library

        return Library(nu=self.outside)
