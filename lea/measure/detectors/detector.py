"""What a detector is: it has seen inliers, and says of samples how much of an outlier each is.

A detector is a class built from the model of the run. Some ask the model itself; others are of points:
samples as they are, or where the model carries them (`space: latent`), a flow's normal values or an
autoencoder's codes.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Literal, Protocol

import torch
from torch import Tensor, nn

from lea.nn.discriminator import carried

Space = Literal["data", "latent"]
BATCH = 500


class Detector(Protocol):
    """The face of a part of kind `detector`."""

    name: str  # what rows call it

    def fit(self, inliers: Tensor) -> None:
        """(n, ...): see what is none."""
        ...

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,): the larger, the more of an outlier."""
        ...


MakeDetector = Callable[[nn.Module], Detector]


class OfModel:
    """What needs no fitting, since the model has learnt already."""

    def __init__(self, model: nn.Module) -> None:
        self.model: Any = model

    def fit(self, inliers: Tensor) -> None:
        """Nothing to see."""


class OfPoints:
    """What is fitted to points, and scores points."""

    NAME: ClassVar[str]

    def __init__(self, model: nn.Module, *, space: Literal["data", "latent"] = "data") -> None:
        self.model, self.space = model, space

    @property
    def name(self) -> str:
        """What rows call it."""
        return self.NAME if self.space == "data" else f"{self.NAME} in latent space"

    def fit(self, inliers: Tensor) -> None:
        """(n, ...)."""
        self.fit_points(points(self.model, inliers, self.space))

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,)."""
        return self.score_points(points(self.model, x, self.space))

    def fit_points(self, inliers: Tensor) -> None:
        """(n, d) float64."""
        raise NotImplementedError

    def score_points(self, x: Tensor) -> Tensor:
        """(n, d) float64 -> (n,)."""
        raise NotImplementedError


class OfLibrary(OfPoints):
    """One of scikit-learn's, whose own scores are the larger, the more of an inlier; on the CPU."""

    LIBRARIES = {"sklearn": "outliers"}

    def make(self) -> Any:
        """The library's."""
        raise NotImplementedError

    def fit_points(self, inliers: Tensor) -> None:
        """(n, d)."""
        self.made = self.make().fit(inliers.cpu().numpy())

    def score_points(self, x: Tensor) -> Tensor:
        """(n, d) -> (n,)."""
        return torch.from_numpy(-self.made.score_samples(x.cpu().numpy())).to(x.device)


def points(model: nn.Module, x: Tensor, space: Space) -> Tensor:
    """(n, ...) -> (n, d) float64, in a space."""
    if space == "data":
        return x.flatten(1).double()
    return torch.cat([_latent(model, some) for some in x.split(BATCH)]).double()


def _latent(model: Any, x: Tensor) -> Tensor:
    if hasattr(model, "inverse"):
        return carried(model, x)
    if hasattr(model, "encode"):
        code: Tensor = model.encode(x).mean
        return code.flatten(1)
    found = f"{type(model).__name__} has neither `inverse` nor `encode`"
    raise ValueError(f"{found}; expected a flow or an autoencoder, which has a latent space")
