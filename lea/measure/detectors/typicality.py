"""How far a flow carries a sample from the shell in which normal values lie: `abs(|t| - E|X|)`, X of as many
standard normal values. What is too near to 0 is as strange as what is too far.
"""

from torch import Tensor

from lea.measure.detectors.detector import OfModel
from lea.nn.discriminator import carried
from lea.nn.extremes import mean_radius


class Typicality(OfModel):
    """The distance from the shell."""

    name = "typicality"

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,)."""
        t = carried(self.model, x).double()
        return (t.norm(dim=1) - mean_radius(t.shape[1])).abs()
