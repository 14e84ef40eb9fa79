"""A flow that is known exactly: a linear map, and what is normal once it is carried by it."""

import torch
from torch import Tensor, nn

from lea.nn import Density, Mapped
from lea.nn.priors.prior import log_normal


class Linear(nn.Module):
    """`t = A (x - m)`; samples of it are normal with mean m and covariance `A^-1 A^-T`."""

    matrix: Tensor
    mean: Tensor

    def __init__(self, shape: tuple[int, ...] = (3,)) -> None:
        super().__init__()
        self.shape, self.features = tuple(shape), torch.Size(shape).numel()
        generator = torch.Generator().manual_seed(self.features)
        matrix = torch.randn(self.features, self.features, generator=generator)
        self.register_buffer("matrix", matrix + 3 * torch.eye(self.features))
        self.register_buffer("mean", torch.rand(self.features, generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        return self.map(x).y

    def map(self, x: Tensor) -> Mapped:
        t = (x.flatten(1) - self.mean) @ self.matrix.T
        return Mapped(t, self.matrix.logdet().expand(len(x)))

    def inverse(self, t: Tensor) -> Tensor:
        return (torch.linalg.solve(self.matrix, t.T).T + self.mean).unflatten(1, self.shape)

    def density(self, x: Tensor) -> Density:
        t, log_determinant = self.map(x)
        return Density(log_normal(t), log_determinant)
