"""An autoencoder of whole images that is put together of three choices: what its layers are, how much of its
encoder is learnt, and the prior of its codes.
"""

import torch
from torch import Tensor, nn

from lea.nn.encoders.encoder import MakeEncoder, Posterior
from lea.nn.layouts.layout import MakeLayout, Shape
from lea.nn.priors.prior import MakePrior, Prior


class EncoderDecoder(nn.Module):
    """(n, c, h, w) -> (n, c, h, w), the reconstruction: of a sampled code in training, else of the mean."""

    LIMITS = {"latent": (1, 1_000_000)}
    prior: Prior

    def __init__(
        self,
        shape: Shape,
        *,
        layout: MakeLayout,
        encoder: MakeEncoder,
        prior: MakePrior,
        latent: int = 16,
    ) -> None:
        super().__init__()
        layers = layout(shape, latent)
        self.shape, self.latent = shape, latent
        self.encoder = encoder(layers)
        self.decoder = layers.decoder()
        self.prior = prior(latent, self.encoder)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c, h, w)."""
        posterior = self.encode(x)
        return self.decode(posterior.sample() if self.training else posterior.mean)

    def encode(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, latent)."""
        posterior: Posterior = self.encoder(x)
        return posterior

    def decode(self, z: Tensor) -> Tensor:
        """(n, latent) -> (n, c, h, w)."""
        images: Tensor = self.decoder(z)
        return images

    def sample(self, count: int) -> Tensor:
        """(count, c, h, w): images that the prior and the decoder make up."""
        return self.decode(self.prior.sample(count))

    def interpolate(self, count: int, steps: int) -> Tensor:
        """(count, steps + 1, c, h, w): what lies on straight lines between two samples of the prior."""
        first, second = self.prior.sample(count), self.prior.sample(count)
        share = torch.linspace(0, 1, steps + 1, device=first.device)[:, None]
        codes = first[:, None] + share * (second - first)[:, None]  # (count, steps + 1, latent)
        return self.decode(codes.flatten(0, 1)).unflatten(0, (count, steps + 1))
