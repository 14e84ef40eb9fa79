"""The plain convolutional network that the study compares with (Sec. 4.7).

conv 5x5 -> max-pool 2/2 -> conv 3x3 -> max-pool 2/2 -> fc -> fc out, ReLU in between. The source gives
neither padding nor kernel counts. **Decision**: zero padding that keeps the side, 32 and 64 kernels. Pools
round up, `ceil(h / 2)`, as a LEA of stride 2 in their place does.
"""

import torch
from torch import Tensor, nn

from lea.nn.coders.coder import Shape
from lea.studies.lea.networks.making import Connected, Convolution


class Classic(nn.Module):
    """(b, c, h, w) -> (b, classes) logits."""

    LIMITS = {"kernels": (1, 4096), "hidden": (1, 1_000_000)}

    def __init__(
        self,
        shape: Shape,
        classes: int,
        *,
        kernels: tuple[int, int] = (32, 64),
        hidden: int = 1024,
    ) -> None:
        super().__init__()
        channels, height, width = shape
        first, second = kernels
        self.conv1 = Convolution(channels, first, 5, padding=2)
        self.pool1 = nn.MaxPool2d(2, ceil_mode=True)
        self.conv2 = Convolution(first, second, 3, padding=1)
        self.pool2 = nn.MaxPool2d(2, ceil_mode=True)
        self.hidden = Connected(second * -(-height // 4) * -(-width // 4), hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, classes)."""
        x = self.pool1(self.conv1(x))  # (b, 32, h/2, w/2)
        x = self.pool2(self.conv2(x))  # (b, 64, h/4, w/4)
        x = self.hidden(torch.flatten(x, 1))  # (b, 1024)
        out: Tensor = self.out(x)
        return out
