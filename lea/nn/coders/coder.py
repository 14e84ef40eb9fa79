"""What every coder gives, and where those with a name are found.

Encoders end in features `(n, features)`, from which an autoencoder makes its code; decoders begin with the
code and end linear, since the values to reconstruct are unrestricted. Hidden layers are ReLU.
"""

import importlib
import math
from collections.abc import Callable
from typing import Protocol, cast

from torch import Tensor, nn

Shape = tuple[int, int, int]  # channels, height, width of a window


class Coder(Protocol):
    """An `nn.Module` built from the windows' shape and the code's length."""

    features: int

    def encode(self, v: Tensor) -> Tensor:
        """(n, c, k, k) -> (n, features)."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        ...


MakeCoder = Callable[[Shape, int], Coder]


def make_coder(coder: str | MakeCoder, shape: Shape, code: int) -> Coder:
    """The coder of a name, `lea/nn/coders/<name>.py`, or what a function of shape and code length makes."""
    _, height, width = shape
    if height != width or min(shape) < 1:
        raise ValueError(f"window shape {shape}; expected (channels, side, side)")
    if code < 1:
        raise ValueError(f"code of length {code}; expected at least 1")
    return (find(coder) if isinstance(coder, str) else coder)(shape, code)


def find(name: str) -> MakeCoder:
    """The class of this name, however capitalised, in the file of this name."""
    unknown = ValueError(f"no coder '{name}'; expected 'fc', 'conv', 'sb', or a function that makes one")
    try:
        module = importlib.import_module(f"{__package__}.{name}")
    except ModuleNotFoundError as error:
        raise unknown from error
    for key, one in vars(module).items():
        if key.lower() == name and isinstance(one, type) and issubclass(one, nn.Module):
            return cast(MakeCoder, one)
    raise unknown


def flat(v: Tensor) -> Tensor:
    """(n, c, k, k) -> (n, k·k·c), without a copy if the channels lie last in memory."""
    return v.movedim(1, -1).flatten(1)


def unflat(values: Tensor, shape: Shape) -> Tensor:
    """(n, k·k·c) -> (n, c, k, k), channels last in memory."""
    channels, height, width = shape
    return values.unflatten(1, (height, width, channels)).movedim(-1, 1)


def halvings(side: int, kernel_size: int) -> int:
    """How many convolutions of stride 2 a window takes (Eq. 3.3)."""
    return 0 if kernel_size > side else math.ceil(math.log2(side / kernel_size)) + 1


def halved(side: int, times: int) -> int:
    """The side that they leave (Eq. 3.4)."""
    return -(-side // 2**times)
