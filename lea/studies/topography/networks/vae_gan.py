"""An autoencoder of tiles with a discriminator beside it, which tells real tiles from others (Sec. 2.5.2)."""

import math

from torch import Tensor, nn
from torch.nn.utils import parametrizations

from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.encoder import MakeEncoder
from lea.nn.layouts.layout import MakeLayout, Shape
from lea.nn.layouts.trunk import EPSILON, SLOPE, TrunkLayout
from lea.nn.priors.prior import MakePrior


class Discriminator(nn.Module):
    """(n, c, h, w) -> (n, features), layer l, and (n,), how much rather real than made, as a logit."""

    def __init__(self, layout: TrunkLayout, features: int, spectral: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *layout.down(),
            nn.Flatten(),
            nn.Linear(math.prod(layout.maps), features),
            nn.BatchNorm1d(features, EPSILON, layout.momentum),
            nn.LeakyReLU(SLOPE),
        )
        self.last = nn.Linear(features, 1)
        for module in list(self.modules()) if spectral else ():
            if isinstance(module, nn.Conv2d | nn.Linear):
                parametrizations.spectral_norm(module)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, c, h, w) -> (n, features), (n,)."""
        features = self.layers(x)
        return features, self.last(features).squeeze(1)


class VAEGAN(EncoderDecoder):
    """The discriminator has the encoder's trunk and one layer of `features` behind it, layer l; with
    `spectral` the largest singular value of each of its layers is 1 (Miyato et al. 2018).
    """

    LIMITS = {"latent": (1, 1_000_000), "features": (1, 1_000_000)}

    def __init__(
        self,
        shape: Shape,
        *,
        layout: MakeLayout,
        encoder: MakeEncoder,
        prior: MakePrior,
        latent: int = 100,
        features: int = 512,
        spectral: bool = False,
    ) -> None:
        super().__init__(shape, layout=layout, encoder=encoder, prior=prior, latent=latent)
        layers = layout(shape, latent)
        if not isinstance(layers, TrunkLayout):
            raise ValueError("layout: not a trunk, which the discriminator is made of; expected `trunk`")
        self.discriminator = Discriminator(layers, features, spectral)
