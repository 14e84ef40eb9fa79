"""One learnt layer above many random kitchen sinks, as Rahimi and Recht (2007) have classifiers."""

from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.encoders.encoder import MakeInitialisation, Posterior, keep, learnt_posterior
from lea.nn.layouts.layout import Layout


class AboveSinks(nn.Module):
    """One layer is learnt: a mean and a log-variance, of many random projections under a leaky ReLU."""

    LIMITS = {"features": (1, 1_000_000)}

    def __init__(
        self, layout: Layout, *, features: int = 1024, initialisation: MakeInitialisation | None = None
    ) -> None:
        super().__init__()
        random, self.last = layout.many(features, 2)
        self.shape, self.random = layout.shape, keep(random, initialisation)

    def forward(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, features of a code)."""
        return learnt_posterior(self.last(F.leaky_relu(self.random(x))))
