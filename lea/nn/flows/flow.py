"""Flows: a density of samples, by the couplings that carry them to a standard normal one (Sec. 2.2.3)."""

import math
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from lea.nn.flows.coupling import Additive, Affine, Clamp, Coupling, Mapped, back, check_halves, through
from lea.nn.flows.subnetworks import Connected, MakeSubnetwork
from lea.nn.priors.prior import Density, log_normal

Law = Literal["affine", "additive"]


class Invertible(nn.Module):
    """A map onto so many features that can be undone, and the density that it gives its samples:
    `log p(x) = log N(f(x); 0, 1) + log |det df/dx|` (Eq. 2.7 to 2.10).

    Deviation: in Eq. 2.7 the determinant of the inverse has the exponent -1, and Eq. 2.10 leaves out the half
    of the square and the constant; so written, the density is not 1 in all.
    """

    features: int

    @abstractmethod
    def map(self, x: Tensor) -> Mapped:
        """(n, ...) -> (n, features), and (n,)."""

    @abstractmethod
    def inverse(self, u: Tensor) -> Tensor:
        """(n, features) -> the samples that are mapped to it."""

    def density(self, x: Tensor) -> Density:
        """(n, ...) -> twice (n,)."""
        u, log_determinant = self.map(x)
        return Density(log_normal(u), log_determinant)

    def sample(self, count: int) -> Tensor:
        """(count, ...), drawn from PyTorch's random stream."""
        weight = next(self.parameters())
        return self.inverse(torch.randn(count, self.features, device=weight.device, dtype=weight.dtype))


class Flow(Invertible):
    """(n, ...) -> (n, features): couplings of vectors, and of images as vectors; fully connected ones unless
    another subnetwork is given.
    """

    LIMITS = {"blocks": (2, 1000), "bound": (0.01, 100)}

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        law: Literal["affine", "additive"] = "affine",
        blocks: int = 8,
        subnetwork: MakeSubnetwork | None = None,
        clamp: Literal["tanh", "arctan", "none"] = "tanh",
        bound: float = 2.0,
    ) -> None:
        super().__init__()
        self.shape, self.features = tuple(shape), math.prod(shape)
        make = partial(coupling, law, subnetwork or Connected, clamp, bound)
        self.couplings = couplings(blocks, self.features, make)

    def forward(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n, features), where the flow carries them."""
        return self.map(x).y

    def map(self, x: Tensor) -> Mapped:
        """(n, ...) -> (n, features), and (n,)."""
        check_shape(x, self.shape)
        return through(self.couplings, x.flatten(1))

    def inverse(self, u: Tensor) -> Tensor:
        """(n, features) -> (n, ...), the samples that are carried there."""
        return back(self.couplings, u).unflatten(1, self.shape)


def coupling(law: Law, make: MakeSubnetwork, clamp: Clamp, bound: float, half: int) -> Coupling:
    """One of halves with so many features or channels."""
    if law == "affine":
        return Affine(make(half, 2 * half), clamp=clamp, bound=bound)
    if law == "additive":
        return Additive(make(half, half))
    raise ValueError(f"law '{law}'; expected affine or additive")


def couplings(blocks: int, features: int, make: Callable[[int], Coupling]) -> nn.ModuleList:
    """So many, one behind another."""
    check_halves(features)
    if blocks < 2:
        raise ValueError(f"blocks {blocks}; expected at least 2: one leaves half of the values as they are")
    return nn.ModuleList(make(features // 2) for _ in range(blocks))


def check_shape(x: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse samples of another shape than a flow was made for."""
    if x.shape[1:] != shape:
        expected = f"(batch, {', '.join(map(str, shape))})"
        raise ValueError(f"samples of shape {tuple(x.shape)}; expected {expected}, as the flow was made for")
