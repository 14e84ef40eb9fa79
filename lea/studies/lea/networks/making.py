"""What networks are made of: layers with their ReLU, and the shape of what a LEA hands on."""

from torch import Tensor, nn

from lea.nn.coders.coder import Shape
from lea.nn.layer import LEA


class Convolution(nn.Conv2d):
    """With its ReLU one layer, as the source counts layers."""

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, K, h', w')."""
        return super().forward(x).relu_()


class Connected(nn.Linear):
    """Fully connected; with its ReLU one layer."""

    def forward(self, x: Tensor) -> Tensor:
        """(b, values) -> (b, n)."""
        return super().forward(x).relu_()


def code_shape(layer: LEA, shape: Shape) -> Shape:
    """(c, h, w) of a LEA's input -> (L, h', w') of its code maps."""
    _, height, width = shape
    return layer.code_length, *layer.places(height, width)
