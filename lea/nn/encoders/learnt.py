"""The usual encoder: all of it is learnt (L)."""

from torch import Tensor, nn

from lea.nn.encoders.encoder import Posterior, constant_posterior, learnt_posterior
from lea.nn.layouts.layout import Layout


class Learnt(nn.Module):
    """The usual encoder, all of it learnt: a mean, and a log-variance or the constant one of 1e-6."""

    def __init__(self, layout: Layout, *, constant: bool = False) -> None:
        super().__init__()
        self.shape, self.layers = layout.shape, layout.encoder(1 if constant else 2)
        self.constant = constant

    def forward(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, features)."""
        return (constant_posterior if self.constant else learnt_posterior)(self.layers(x))
