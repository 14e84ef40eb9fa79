"""What a network of features is: it makes maps of tiles, and nothing of it is learnt."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from lea.nn.losses import charbonnier


class Features(Protocol):
    """The face of a part of kind `features`: an `nn.Module`."""

    weights: Sequence[float]  # of each map

    def read(self, tiles: Tensor) -> list[Tensor]:
        """(n, 1, h, w) in [0, 1] -> maps, each (n, ...); gradients pass."""
        ...

    def to(self, device: torch.device) -> Any:
        """Move there."""
        ...


MakeFeatures = Callable[[], Features]


def distance(features: Features, restored: Tensor, tiles: Tensor) -> Tensor:
    """(n, 1, h, w), (n, 1, h, w) -> (n,): the weighted sum of Charbonnier's distances of their maps."""
    pairs = zip(features.weights, features.read(restored), features.read(tiles), strict=True)
    return sum((weight * charbonnier(r, v) for weight, r, v in pairs), tiles.new_zeros(len(tiles)))


def kept(layers: Iterable[nn.Module], numbers: Sequence[int], x: Tensor) -> list[Tensor]:
    """What layers one behind the other make of x, of those with these numbers."""
    maps = list[Tensor]()
    for number, layer in enumerate(layers):
        x = layer(x)
        if number in numbers:
            maps.append(x)
    return maps


def listen(network: nn.Module, layers: Sequence[nn.Module], tiles: Tensor) -> list[Tensor]:
    """What some layers of a network give while it is shown tiles, in the order of the layers."""
    heard = dict[int, Tensor]()

    def hear(layer: nn.Module, _: object, out: Tensor) -> None:
        heard[id(layer)] = out.clone()  # what comes next may write into it

    handles = [layer.register_forward_hook(hear) for layer in layers]
    try:
        network(tiles)
    finally:
        for handle in handles:
            handle.remove()
    return [heard[id(layer)] for layer in layers]
