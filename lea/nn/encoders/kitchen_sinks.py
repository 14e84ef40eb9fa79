"""Random kitchen sinks: one random layer, of which nothing is learnt (RKS)."""

from torch import Tensor, nn

from lea.nn.encoders.encoder import MakeInitialisation, Posterior, constant_posterior, keep
from lea.nn.layouts.layout import Layout


class KitchenSinks(nn.Module):
    """Nothing is learnt: one random layer gives the mean, the variance is 1e-6."""

    def __init__(self, layout: Layout, *, initialisation: MakeInitialisation | None = None) -> None:
        super().__init__()
        self.shape, self.layer = layout.shape, keep(layout.sinks(), initialisation)

    def forward(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, features)."""
        return constant_posterior(self.layer(x))
