"""An encoder of which nothing is learnt (NL)."""

from torch import Tensor, nn

from lea.nn.encoders.encoder import MakeInitialisation, Posterior, constant_posterior, keep
from lea.nn.layouts.layout import Layout


class Fixed(nn.Module):
    """Nothing is learnt: a random mean, and a constant variance of 1e-6."""

    LIMITS = {"dropout": (0, 0.99)}

    def __init__(
        self,
        layout: Layout,
        *,
        initialisation: MakeInitialisation | None = None,
        normalise: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.shape = layout.shape
        self.layers = keep(layout.encoder(1, normalise=normalise, dropout=dropout), initialisation)

    def forward(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, features)."""
        return constant_posterior(self.layers(x))
