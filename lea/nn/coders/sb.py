"""Spatial broadcast: the convolutional encoder; the code laid over every place, with its coordinates, and
convolved there (Sec. 3.3.1, Watters et al. 2019).
"""

import torch
from torch import Tensor, nn

from lea.nn.coders.coder import Shape
from lea.nn.coders.conv import Encoder


class SB(nn.Module):
    """Convolutions of stride 2 before the code; three of stride 1 behind it, the last one linear."""

    LIMITS = {"kernels": (1, 4096), "kernel_size": (1, 31)}
    coordinates: Tensor

    def __init__(self, shape: Shape, code: int, *, kernels: int = 32, kernel_size: int = 3) -> None:
        super().__init__()
        channels, side, _ = shape
        self.encode = Encoder(shape, kernels, kernel_size)
        self.features = self.encode.features
        self.first = nn.Conv2d(code + 2, kernels, kernel_size, padding="same")
        self.second = nn.Conv2d(kernels, kernels, kernel_size, padding="same")
        self.restore = nn.Conv2d(kernels, channels, kernel_size, padding="same")
        ramp = torch.linspace(-1, 1, side)
        self.register_buffer("coordinates", torch.stack(torch.meshgrid(ramp, ramp, indexing="xy")), False)

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        side = self.coordinates.shape[-1]
        tiled = z[:, :, None, None].expand(-1, -1, side, side)
        places = self.coordinates.to(z.dtype).expand(z.shape[0], -1, -1, -1)
        v = torch.cat([tiled, places], 1)  # (n, L + 2, k, k)
        v = v.movedim(1, -1).contiguous().movedim(-1, 1)  # channels last in memory
        v = self.second(self.first(v).relu_()).relu_()  # (n, K, k, k)
        restored: Tensor = self.restore(v)
        return restored
