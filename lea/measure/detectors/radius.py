"""How far from 0 a flow carries a sample, `|t|`."""

from torch import Tensor

from lea.measure.detectors.detector import OfModel, points


class Radius(OfModel):
    """The radius alone."""

    name = "radius"

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,)."""
        return points(self.model, x, "latent").norm(dim=1)
