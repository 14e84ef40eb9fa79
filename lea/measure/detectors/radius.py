"""How far from 0 a flow carries a sample, `|t|`."""

from torch import Tensor

from lea.measure.detectors.detector import OfModel
from lea.nn.discriminator import carried


class Radius(OfModel):
    """The radius alone."""

    name = "radius"

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,)."""
        return carried(self.model, x).double().norm(dim=1)
