"""A flow that is known exactly: a rotation, and one scale."""

import math

import torch
from torch import Tensor, nn

from lea.nn import Mapped


class Turning(nn.Module):
    """`f(x) = s Q x` of x as a vector."""

    def __init__(self, shape: tuple[int, ...], scale: float = 1.0) -> None:
        super().__init__()
        self.shape, features = shape, math.prod(shape)
        self.register_buffer("q", torch.linalg.qr(torch.randn(features, features)).Q)
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))

    def map(self, x: Tensor) -> Mapped:
        y = x.flatten(1) @ self.q.T * self.log_scale.exp()
        return Mapped(y, y.shape[1] * self.log_scale.expand(len(y)))

    def inverse(self, u: Tensor) -> Tensor:
        return (u @ self.q * (-self.log_scale).exp()).unflatten(1, self.shape)
