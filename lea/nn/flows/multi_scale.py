"""A flow of images at several scales, convolutional (Sec. 2.2.2, 2.2.3; Dinh et al. 2017)."""

import math
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from lea.nn.flows.coupling import Mapped, back, through
from lea.nn.flows.downsampling import to_channels, to_places
from lea.nn.flows.flow import Invertible, check_shape, coupling, couplings
from lea.nn.flows.subnetworks import Convolutional, MakeSubnetwork


class MultiScaleFlow(Invertible):
    """(n, c, h, w) -> (n, c·h·w). At each scale sides are halved and `blocks` couplings follow; then half of
    the channels leaves, but for the last scale. What left first comes first in the end.
    """

    LIMITS = {"scales": (1, 16), "blocks": (2, 1000), "bound": (0.01, 100)}

    def __init__(
        self,
        shape: tuple[int, int, int],
        *,
        scales: int = 2,
        order: Literal["block", "channel"] = "block",
        law: Literal["affine", "additive"] = "affine",
        blocks: int = 4,
        subnetwork: MakeSubnetwork | None = None,
        clamp: Literal["tanh", "arctan", "none"] = "tanh",
        bound: float = 2.0,
    ) -> None:
        super().__init__()
        self.shape, self.features, self.order = tuple(shape), math.prod(shape), order
        self.maps = list(_maps(self.shape, scales))  # before each split
        make = partial(coupling, law, subnetwork or Convolutional, clamp, bound)
        self.scales = nn.ModuleList(couplings(blocks, channels, make) for channels, _, _ in self.maps)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c·h·w), where the flow carries them."""
        return self.map(x).y

    def map(self, x: Tensor) -> Mapped:
        """(n, c, h, w) -> (n, c·h·w), and (n,)."""
        check_shape(x, self.shape)
        left, log_determinant = list[Tensor](), x.new_zeros(len(x))
        for number, scale in enumerate(self.scales, 1):
            x, its = through(scale, to_channels(x, self.order))  # type: ignore[arg-type]
            log_determinant = log_determinant + its
            if number < len(self.scales):
                leaves, x = x.chunk(2, dim=1)
                left.append(leaves.flatten(1))
        return Mapped(torch.cat([*left, x.flatten(1)], dim=1), log_determinant)

    def inverse(self, u: Tensor) -> Tensor:
        """(n, c·h·w) -> (n, c, h, w), the images that are carried there."""
        parts = u.split(self._leaving(), dim=1)
        x = parts[-1].unflatten(1, self.maps[-1])
        for number in reversed(range(len(self.scales))):
            if number < len(self.scales) - 1:
                channels, height, width = self.maps[number]
                leaves = parts[number].unflatten(1, (channels // 2, height, width))
                x = torch.cat([leaves, x], dim=1)
            x = to_places(back(self.scales[number], x), self.order)  # type: ignore[arg-type]
        return x

    def _leaving(self) -> list[int]:
        """How many values leave at each scale: half of them, and at the last all."""
        sizes = [math.prod(maps) for maps in self.maps]
        return [size // 2 for size in sizes[:-1]] + sizes[-1:]


def _maps(shape: tuple[int, ...], scales: int) -> list[tuple[int, int, int]]:
    """The channels and sides of each scale."""
    if len(shape) != 3:
        raise ValueError(f"samples of shape {shape}; expected images, (channels, height, width)")
    if scales < 1:
        raise ValueError(f"scales {scales}; expected at least 1")
    channels, height, width = shape
    if height % 2**scales or width % 2**scales:
        found = f"images of {height}x{width} cannot be halved {scales} times"
        raise ValueError(f"{found}; expected multiples of {2**scales}: pad them, or choose fewer scales")
    return [(channels * 2**k * 2, height // 2**k, width // 2**k) for k in range(1, scales + 1)]
