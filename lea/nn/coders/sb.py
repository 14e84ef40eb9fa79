"""Spatial broadcast: the convolutional encoder; the code laid over every place, with its coordinates, and
convolved there (Sec. 3.3.1, Watters et al. 2019).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.coders.coder import Shape, flat, unflat
from lea.nn.coders.conv import Encoder
from lea.nn.coders.small import convolve


class Same(nn.Conv2d):
    """A convolution that keeps the sides."""

    def __init__(self, channels: int, kernels: int, kernel_size: int) -> None:
        super().__init__(channels, kernels, kernel_size, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, K, h, w)."""

        def convolution(v: Tensor, bias: Tensor | None) -> Tensor:
            return F.conv2d(v, self.weight, bias, padding="same")

        return convolve(convolution, x, self.bias, (self.out_channels, x.shape[-2], x.shape[-1]))


class Broadcast(nn.Conv2d):
    """A convolution of codes that are the same in every place, beside its coordinates. They are not laid out:
    one product with what it makes of each unit code does the same.
    """

    coordinates: Tensor

    def __init__(self, code: int, side: int, kernels: int, kernel_size: int) -> None:
        super().__init__(code + 2, kernels, kernel_size, padding="same")
        ramp = torch.linspace(-1, 1, side)
        self.register_buffer("coordinates", torch.stack(torch.meshgrid(ramp, ramp, indexing="xy")), False)

    def forward(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, K, k, k)."""
        weight, codes, side = self.weight, z.shape[1], self.coordinates.shape[-1]
        units = torch.eye(codes, dtype=weight.dtype, device=weight.device)[:, :, None, None]
        matrix = F.conv2d(units.expand(-1, -1, side, side), weight[:, :codes], padding="same")  # (L, K, k, k)
        places = self.coordinates.to(weight.dtype)[None]
        offset = F.conv2d(places, weight[:, codes:], self.bias, padding="same")  # (1, K, k, k)
        made = F.linear(z, flat(matrix).T, flat(offset)[0])
        return unflat(made, (self.out_channels, side, side))


class SB(nn.Module):
    """Convolutions of stride 2 before the code; three of stride 1 behind it, the last one linear."""

    LIMITS = {"kernels": (1, 4096), "kernel_size": (1, 31)}

    def __init__(self, shape: Shape, code: int, *, kernels: int = 32, kernel_size: int = 3) -> None:
        super().__init__()
        channels, side, _ = shape
        self.encode = Encoder(shape, kernels, kernel_size)
        self.features = self.encode.features
        self.first = Broadcast(code, side, kernels, kernel_size)
        self.second = Same(kernels, kernels, kernel_size)
        self.restore = Same(kernels, channels, kernel_size)

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        v = self.first(z).relu_()  # (n, K, k, k)
        v = self.second(v).relu_()  # (n, K, k, k)
        restored: Tensor = self.restore(v)
        return restored
