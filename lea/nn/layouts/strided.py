"""Strided convolutions for images of 28x28, as the search study's autoencoders have them.

Down: n, 2n and 4n kernels, 3 wide, which move by 2 places, to maps of 15x15, 8x8 and 3x3; flattened, a layer
of 64, the code. Up: the same backwards by transposed convolutions, to 7x7, 14x14 and 28x28; a sigmoid behind
the last. ReLUs everywhere else; by option one on the code, too, as the source's "each layer" may be read.

Decision: the source's variational autoencoder has "some" batch normalisation and does not say where. By
option it stands behind the encoder's second convolution and the decoder's first two transposed ones, before
their ReLU, as published tutorials on this very network have it; with weights of its own.
"""

import math

from torch import nn

from lea.nn.layouts.fc import FCLayout
from lea.nn.layouts.layout import Shape

KERNEL, STRIDE = 3, 2
PLACES = 3  # a side of the last maps


class StridedLayout(FCLayout):
    """Images of 28x28: three convolutions and two fully connected layers, and back, to values in [0, 1]."""

    SIDE = 28
    LIMITS = {"channels": (1, 100_000), "hidden": (1, 1_000_000)}

    def __init__(
        self,
        shape: Shape,
        latent: int = 14,
        *,
        channels: int = 8,
        hidden: int = 64,
        relu_on_code: bool = False,
        normalise_convolutions: bool = False,
    ) -> None:
        if tuple(shape[1:]) != (self.SIDE, self.SIDE):
            found = "x".join(map(str, shape[1:]))
            raise ValueError(f"images of {found}; the strided layout expects {self.SIDE}x{self.SIDE}")
        super().__init__(shape, latent)
        self.channels, self.hidden, self.maps = channels, hidden, (4 * channels, PLACES, PLACES)
        self.relu_on_code, self.normalise_convolutions = relu_on_code, normalise_convolutions

    def encoder(self, outputs: int, *, normalise: bool = False, dropout: float = 0.0) -> nn.Sequential:
        """(n, c, 28, 28) -> (n, outputs * latent)."""
        if self.relu_on_code and outputs != 1:
            raise ValueError("relu_on_code: on means alone; expected an encoder with a constant variance")

        def behind(norm: type[nn.Module], count: int, own: bool = False) -> list[nn.Module]:
            norms = [norm(count, affine=own)] if own or normalise else []
            return [*norms, nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]

        n, values = self.channels, math.prod(self.maps)
        return nn.Sequential(
            nn.Conv2d(self.shape[0], n, KERNEL, STRIDE, padding=2),  # (n, 15, 15)
            *behind(nn.BatchNorm2d, n),
            nn.Conv2d(n, 2 * n, KERNEL, STRIDE, padding=1),  # (2n, 8, 8)
            *behind(nn.BatchNorm2d, 2 * n, self.normalise_convolutions),
            nn.Conv2d(2 * n, 4 * n, KERNEL, STRIDE),  # (4n, 3, 3)
            *behind(nn.BatchNorm2d, 4 * n),
            nn.Flatten(),
            nn.Linear(values, self.hidden),
            *behind(nn.BatchNorm1d, self.hidden),
            nn.Linear(self.hidden, outputs * self.latent),
            *([nn.ReLU()] if self.relu_on_code else []),
        )

    def decoder(self) -> nn.Sequential:
        """(n, latent) -> (n, c, 28, 28), in [0, 1]."""

        def behind(count: int) -> list[nn.Module]:
            return [*([nn.BatchNorm2d(count)] if self.normalise_convolutions else []), nn.ReLU()]

        n, values = self.channels, math.prod(self.maps)
        return nn.Sequential(
            nn.Linear(self.latent, self.hidden),
            nn.ReLU(),
            nn.Linear(self.hidden, values),
            nn.ReLU(),
            nn.Unflatten(1, self.maps),
            nn.ConvTranspose2d(4 * n, 2 * n, KERNEL, STRIDE),  # (2n, 7, 7)
            *behind(2 * n),
            nn.ConvTranspose2d(2 * n, n, KERNEL, STRIDE, padding=1, output_padding=1),  # (n, 14, 14)
            *behind(n),
            nn.ConvTranspose2d(n, self.shape[0], KERNEL, STRIDE, padding=1, output_padding=1),  # (c, 28, 28)
            nn.Sigmoid(),
        )
