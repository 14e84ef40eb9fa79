"""How badly an autoencoder that learnt from inliers restores a sample."""

from torch import Tensor

from lea.measure.detectors.detector import OfModel
from lea.nn.losses import window_losses


class Reconstruction(OfModel):
    """The sum of squares of what is left, by the mean of the sample's code."""

    name = "reconstruction"

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,)."""
        return window_losses(self.model.decode(self.model.encode(x).mean), x)
