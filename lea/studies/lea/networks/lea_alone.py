"""Nothing but a LEA on the image, trained without labels: an autoencoder of whole images if its window is the
image (Fig. 3.3 to 3.5), code maps of small windows else (Fig. 5.2).
"""

from torch import Tensor, nn

from lea.nn.coders.coder import Shape
from lea.nn.layer import MakeLea


class LEAAlone(nn.Module):
    """(b, c, h, w) -> (b, L, h', w') code maps."""

    def __init__(self, shape: Shape, *, lea: MakeLea) -> None:
        super().__init__()
        self.lea = lea(shape)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, L, h', w')."""
        maps: Tensor = self.lea(x)
        return maps
