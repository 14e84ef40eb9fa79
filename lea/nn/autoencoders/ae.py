"""The plain autoencoder: a linear code of a window, and the window from it (Sec. 2.4).

Every autoencoder has this face: `shape` of a window and `code_length`, `encode`, `decode`, `loss`; `advance`
too if something in it changes with the progress of training. A code is a named tuple whose `z` is handed on.
"""

from typing import NamedTuple

from torch import Tensor, nn

from lea.nn.coders.coder import MakeCoder, Shape, make_coder
from lea.nn.losses import Loss, reconstruction_loss


class Code(NamedTuple):
    """Codes that are values."""

    z: Tensor  # (n, L)


class AE(nn.Module):
    """(n, c, k, k) -> (n, c, k, k) by way of a code of length L."""

    def __init__(self, shape: Shape, code: int = 10, *, coder: str | MakeCoder = "fc") -> None:
        super().__init__()
        self.shape, self.code_length = shape, code
        self.coder = make_coder(coder, shape, code)
        self.code = nn.Linear(self.coder.features, code)

    def forward(self, v: Tensor) -> Tensor:
        """(n, c, k, k) -> (n, c, k, k), the reconstruction."""
        return self.decode(self.encode(v).z)

    def encode(self, v: Tensor) -> Code:
        """(n, c, k, k) -> (n, L)."""
        return Code(self.code(self.coder.encode(v)))

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        return self.coder.decode(z)

    def loss(self, v: Tensor, code: Code, r: Tensor) -> Loss:
        """Of windows, their codes and their reconstructions: RL."""
        reconstruction = reconstruction_loss(r, v)
        return Loss(reconstruction, reconstruction)
