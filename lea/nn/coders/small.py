"""Convolutions of small windows. PyTorch's own are slow at thousands of windows of a few values each; there
one product does the same, with a matrix of what the convolution makes of each unit window.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.nn.coders.coder import Shape, flat, unflat

MOST = 2**14  # values of a window times those that become of it; benchmarks/coders.py

Convolution = Callable[[Tensor, Tensor | None], Tensor]  # of windows, with a bias or without


def convolve(convolution: Convolution, x: Tensor, bias: Tensor | None, made: Shape) -> Tensor:
    """(n, c, h, w) -> (n, *made)."""
    shape = (x.shape[1], x.shape[2], x.shape[3])
    values = math.prod(shape)
    if values * math.prod(made) > MOST:
        return convolution(x, bias)
    units = unflat(torch.eye(values, dtype=x.dtype, device=x.device), shape)
    matrix = convolution(units, None)  # (c·h·w, *made)
    offset = None if bias is None else bias.repeat(made[1] * made[2])
    return unflat(F.linear(flat(x), flat(matrix).T, offset), made)
