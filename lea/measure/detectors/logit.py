"""What a classifier says that learnt to tell outliers from inliers (lea/training/methods/discriminate.py)."""

from torch import Tensor

from lea.measure.detectors.detector import OfModel
from lea.nn.discriminator import outlier_logits


class Logit(OfModel):
    """The logit of its answer, one or that of two classes of which the second is the outliers'."""

    name = "logit"

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,)."""
        return outlier_logits(self.model(x))
