"""The convolutional network with a LEA in place of each pool (Sec. 4.7).

conv 5x5 -> LEA -> conv 3x3 -> LEA -> fc -> fc out. **Decision**: ReLU follows the convolutions, before a
LEA sees them; codes go on as they are, since they are linear. Everything else is as in `classic`.
"""

import math

import torch
from torch import Tensor, nn

from lea.nn.coders.coder import Shape
from lea.nn.layer import MakeLea
from lea.studies.lea.networks.making import Connected, Convolution, code_shape


class CNNLEA(nn.Module):
    """(b, c, h, w) -> (b, classes) logits."""

    STACKED = {"lea": 2}
    LIMITS = {"kernels": (1, 4096), "hidden": (1, 1_000_000)}

    def __init__(
        self,
        shape: Shape,
        classes: int,
        *,
        lea: MakeLea,
        kernels: tuple[int, int] = (32, 64),
        hidden: int = 1024,
    ) -> None:
        super().__init__()
        channels, height, width = shape
        first, second = kernels
        self.conv1 = Convolution(channels, first, 5, padding=2)
        self.lea1 = lea((first, height, width))
        length, height, width = code_shape(self.lea1, (first, height, width))
        self.conv2 = Convolution(length, second, 3, padding=1)
        self.lea2 = lea((second, height, width))
        self.hidden = Connected(math.prod(code_shape(self.lea2, (second, height, width))), hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, classes)."""
        x = self.lea1(self.conv1(x))  # (b, L, h', w')
        x = self.lea2(self.conv2(x))  # (b, L, h'', w'')
        x = self.hidden(torch.flatten(x, 1))  # (b, 1024)
        out: Tensor = self.out(x)
        return out
