"""A LEA directly on the image, and two fully connected layers (Sec. 4.7)."""

import math

import torch
from torch import Tensor, nn

from lea.nn.coders.coder import Shape
from lea.nn.layer import MakeLea
from lea.studies.lea.networks.making import Connected, code_shape


class LEAFC(nn.Module):
    """(b, c, h, w) -> (b, classes) logits."""

    LIMITS = {"hidden": (1, 1_000_000)}

    def __init__(self, shape: Shape, classes: int, *, lea: MakeLea, hidden: int = 1024) -> None:
        super().__init__()
        self.lea = lea(shape)
        self.hidden = Connected(math.prod(code_shape(self.lea, shape)), hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, classes)."""
        x = self.hidden(torch.flatten(self.lea(x), 1))  # (b, 1024)
        out: Tensor = self.out(x)
        return out
