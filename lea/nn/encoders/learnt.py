"""The usual encoder: all of it is learnt (L)."""

from torch import Tensor, nn

from lea.nn.encoders.encoder import Posterior, learnt_posterior
from lea.nn.layouts.layout import Layout


class Learnt(nn.Module):
    """The usual encoder, all of it learnt: a mean and a log-variance."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.shape, self.layers = layout.shape, layout.encoder(2)

    def forward(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, features)."""
        return learnt_posterior(self.layers(x))
