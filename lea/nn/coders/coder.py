"""What every coder gives, and where those with a name are found.

Encoders end in features `(n, features)`, from which an autoencoder makes its code; decoders begin with the
code and end linear, since the values to reconstruct are unrestricted. Hidden layers are ReLU.
"""

import importlib
import math
from collections.abc import Callable
from operator import index
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
    check_window(shape)
    if not is_count(code):
        raise ValueError(f"code of length {code!r}; expected at least 1, a whole number")
    make = find(coder) if isinstance(coder, str) else coder
    if isinstance(make, nn.Module) or not callable(make):
        found = f"a {type(make).__name__}" if isinstance(make, nn.Module) else repr(make)
        raise ValueError(f"coder: found {found}; expected 'fc', 'conv', 'sb', or a function that makes one")
    made = make(shape, code)
    for name in ("encode", "decode", "features"):
        if not hasattr(made, name):
            raise ValueError(f"coder: made a {type(made).__name__} without `{name}`; expected one with it")
    return made


def check_window(shape: Shape) -> None:
    """Refuse what is no shape of a window."""
    if not is_shape(shape) or shape[1] != shape[2]:
        raise ValueError(f"window shape {shape!r}; expected (channels, side, side), such as (1, 4, 4)")


def is_shape(shape: object) -> bool:
    """Whether these are channels, height and width."""
    return isinstance(shape, list | tuple) and len(shape) == 3 and all(map(is_count, shape))


def is_count(value: object) -> bool:
    """Whether this is a whole number from 1 on, of whatever library."""
    try:
        return not isinstance(value, bool) and index(value) >= 1  # type: ignore[arg-type]
    except TypeError:
        return False


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
