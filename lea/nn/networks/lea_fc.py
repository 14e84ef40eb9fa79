"""A LEA directly on the image, and two fully connected layers (Sec. 4.7)."""

import math

import torch
from torch import Tensor, nn

from lea.nn.networks.making import Connected, MakeLEA, code_shape


class LEAFC(nn.Module):
    """(b, c, h, w) -> (b, classes) logits."""

    LEAS = True
    LIMITS = {"hidden": (1, 1_000_000)}

    def __init__(
        self, shape: tuple[int, int, int], classes: int, make_lea: MakeLEA, *, hidden: int = 1024
    ) -> None:
        super().__init__()
        self.lea = make_lea(shape)
        self.hidden = Connected(math.prod(code_shape(self.lea, shape)), hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, classes)."""
        x = self.hidden(torch.flatten(self.lea(x), 1))  # (b, 1024)
        out: Tensor = self.out(x)
        return out
