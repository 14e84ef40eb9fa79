"""How unlikely a sample is by a model's own density: a flow gives simpler images a higher one than those that
it learnt from (Nalisnick et al. 2019), and takes them for inliers.
"""

from torch import Tensor

from lea.measure.detectors.detector import OfModel
from lea.nn.discriminator import flow_of


class Likelihood(OfModel):
    """`-log p(x)`, in nats."""

    name = "likelihood"

    def score(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n,)."""
        log_density: Tensor = flow_of(self.model).density(x).total
        return -log_density
