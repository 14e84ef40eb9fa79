"""The locally embedded autoencoder: one autoencoder over all windows of its input, codes put back in place
(Sec. 3.1).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from lea.nn.coders.coder import Shape, check_window, is_count, is_shape
from lea.nn.losses import Loss
from lea.nn.windows import cut_windows, join_windows, positions


class HasZ(Protocol):
    """A code: `z` is what is handed on, the rest is its autoencoder's."""

    @property
    def z(self) -> Tensor:
        """(n, L)."""
        ...


class Pass(NamedTuple):
    """What a forward pass leaves behind for the losses."""

    windows: Tensor  # (b·h'·w', c, k, k)
    code: Any  # HasZ
    size: tuple[int, int]  # h, w of the input
    weight: Tensor | None  # one of the autoencoder's in it


class Examined(NamedTuple):
    """A forward pass with its reconstruction."""

    windows: Tensor  # (b·h'·w', c, k, k)
    code: Any  # HasZ
    reconstruction: Tensor  # (b·h'·w', c, k, k)
    loss: Loss
    size: tuple[int, int]  # h, w of the input


class LEA(nn.Module):
    """(b, c, h, w) -> (b, L, h', w') code maps, `h' = ceil(h / stride)`.

    The window is the autoencoder's input shape. In training mode a forward pass leaves its losses for
    `losses(model)`; the decoder runs when they are asked for, and never in evaluation.
    """

    autoencoder: Any  # an nn.Module with an autoencoder's face

    def __init__(self, autoencoder: Any, stride: int | None = None) -> None:
        super().__init__()
        for name in ("shape", "code_length", "encode", "decode", "loss"):
            if not hasattr(autoencoder, name):
                it = repr(autoencoder).partition("(")[0] or repr(autoencoder)
                raise ValueError(
                    f"found {it}, which has no `{name}`; expected an autoencoder, such as AE((1, 4, 4), 10)"
                )
        check_window(autoencoder.shape)
        self.channels, self.window, _ = autoencoder.shape
        self.stride = self.window if stride is None else stride
        if not is_count(self.stride) or self.stride > self.window:
            raise ValueError(
                f"stride {self.stride}; expected 1 to {self.window}, the window's side: no value is dropped"
            )
        self.autoencoder = autoencoder
        self.watched = False
        self._pass: Pass | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, L, h', w')."""
        if not x.is_floating_point():
            raise ValueError(f"input of type {x.dtype}; expected floats: x.float() / 255")
        if x.ndim != 4 or x.shape[1] != self.channels:
            raise ValueError(
                f"input of shape {tuple(x.shape)}; expected (batch, {self.channels}, height, width)"
            )
        self._pass = None  # before new windows are cut: those of one batch are held, not two
        height, width = x.shape[-2:]
        v = cut_windows(x, self.window, self.stride)  # (b·h'·w', c, k, k)
        code: HasZ = self.autoencoder.encode(v)
        if self.training or self.watched:
            self._pass = Pass(v, code, (height, width), self._weight())
        return code.z.unflatten(0, (x.shape[0], *self.places(height, width))).movedim(-1, 1)  # (b, L, h', w')

    @property
    def code_length(self) -> int:
        """L, the channels of the output."""
        length: int = self.autoencoder.code_length
        return length

    def places(self, height: int, width: int) -> tuple[int, int]:
        """(h', w') for an input of this size."""
        return positions(height, self.stride), positions(width, self.stride)

    def examine(self) -> "Examined":
        """What the last forward pass was worth, once: it is forgotten here. The decoder runs now."""
        if self._pass is None:
            raise RuntimeError(
                "no losses: expected a forward pass in training mode, or inside `watching(model)`, "
                "since they were last asked for"
            )
        (v, code, size, weight), self._pass = self._pass, None
        if weight is not self._weight():
            raise RuntimeError(
                "losses asked with other weights than those of the forward pass; expected both in one call "
                "of `torch.func.functional_call`: give it a module that runs the network and its losses"
            )
        r = self.autoencoder.decode(code.z)
        return Examined(v, code, r, self.autoencoder.loss(v, code, r), size)

    def join(self, v: Tensor, size: tuple[int, int]) -> Tensor:
        """(b·h'·w', c, k, k) -> (b, c, h, w): windows put together, overlaps averaged."""
        return join_windows(v, *size, self.stride)

    def _weight(self) -> Tensor | None:
        return next(self.autoencoder.parameters(), None)

    def extra_repr(self) -> str:
        """The window and the stride."""
        return f"window={self.window}, stride={self.stride}"

    def __getstate__(self) -> dict[str, Any]:  # for copies: a pass belongs to its batch
        return {**self.__dict__, "_pass": None}


MakeAutoencoder = Callable[[Shape, int], nn.Module]  # from a window's shape and the code's length
MakeLea = Callable[[Shape], LEA]  # from its input's shape

CUTS = {"window": "stride"}  # the option that is the side of what it cuts, and by how much that moves
LIMITS = {"code_length": (1,), "window": (1,), "stride": (1, "window")}  # of what `embed` is asked for


def embed(
    shape: Shape,
    *,
    autoencoder: MakeAutoencoder,
    code_length: int = 10,
    window: int | None = None,
    stride: int | None = None,
) -> LEA:
    """A LEA for an input of this shape. Without a window it has one place: the whole input, as a square."""
    if stride is not None and window is None:
        raise ValueError(f"stride {stride}, and the window is the whole input; expected a window beside it")
    if not is_shape(shape):
        raise ValueError(f"input of shape {shape!r}; expected (channels, height, width)")
    if isinstance(window, tuple | list):
        raise ValueError(f"window {window}; expected one number: windows are squares")
    channels, *sides = shape
    side = max(sides) if window is None else window
    if side > max(sides):
        raise ValueError(f"window {side} on an input of shape {shape}; expected {max(sides)} at most")
    return LEA(autoencoder((channels, side, side), code_length), stride)


def leas(model: nn.Module) -> dict[str, LEA]:
    """All LEAs of a network, by the names of the modules before any of them was compiled."""
    named = {name: module for name, module in model.named_modules() if isinstance(module, LEA)}
    return {".".join(one for one in name.split(".") if one != "_orig_mod"): named[name] for name in named}


def losses(model: nn.Module) -> dict[str, Loss]:
    """The losses of every LEA of a network in its last forward pass, by name; the decoders run now."""
    return {name: layer.examine().loss for name, layer in leas(model).items()}


def advance(model: nn.Module, epoch: float, epochs: int) -> None:
    """Tell every LEA how many epochs are done, and of how many: capacities and warm-ups follow."""
    for layer in leas(model).values():
        if hasattr(layer.autoencoder, "advance"):
            layer.autoencoder.advance(epoch, epochs)


@contextmanager
def watching(model: nn.Module) -> Iterator[None]:
    """Inside, forward passes leave their losses in evaluation too."""
    layers = leas(model).values()
    for layer in layers:
        layer.watched = True
    try:
        yield
    finally:
        for layer in layers:
            layer.watched, layer._pass = False, None
