"""An encoder of which the last layer alone is learnt (PNL)."""

from torch import Tensor, nn

from lea.nn.encoders.encoder import MakeInitialisation, Posterior, keep, learnt_posterior
from lea.nn.layouts.layout import Layout


class LastLearnt(nn.Module):
    """Only the last layer is learnt: a mean and a log-variance, of random features."""

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
        layers = layout.encoder(2, normalise=normalise, dropout=dropout)
        self.shape, self.last = layout.shape, layers[-1]
        self.random = keep(layers[:-1], initialisation)

    def forward(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, features)."""
        return learnt_posterior(self.last(self.random(x)))
