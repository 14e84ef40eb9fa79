"""A max-pool directly on the image, and two fully connected layers (Sec. 4.7)."""

import torch
from torch import Tensor, nn

from lea.nn.coders.coder import Shape
from lea.nn.windows import positions
from lea.studies.lea.networks.making import Connected


class PoolFC(nn.Module):
    """(b, c, h, w) -> (b, classes) logits. Window and stride of the pool are the same; it rounds up."""

    CUTS = {"window": "window"}
    LIMITS = {"window": (1, 1024), "hidden": (1, 1_000_000)}

    def __init__(self, shape: Shape, classes: int, *, window: int = 2, hidden: int = 1024) -> None:
        super().__init__()
        channels, height, width = shape
        self.pool = nn.MaxPool2d(window, ceil_mode=True)
        self.hidden = Connected(channels * positions(height, window) * positions(width, window), hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, classes)."""
        x = self.hidden(torch.flatten(self.pool(x), 1))  # (b, 1024)
        out: Tensor = self.out(x)
        return out
