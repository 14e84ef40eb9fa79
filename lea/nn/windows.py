"""Windows: an image or feature map cut into them, and put together again (Sec. 3.1).

A window of size `k` starts every `s` values. Zeros around the input make it `ceil(h / s)` positions a side,
so that no value is dropped. Windows lie in memory with their channels last: they are then copied in runs of
`k * c` values, and a layer that reads all values of a window reads them without another copy.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def positions(side: int, stride: int) -> int:
    """Windows along a side: `ceil(side / stride)`."""
    return (side + stride - 1) // stride  # of no negative number, which ONNX divides otherwise


def same_padding(side: int, size: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, so that `positions(side, stride)` windows cover every value."""
    missing = (positions(side, stride) - 1) * stride + size - side
    return missing // 2, missing - missing // 2


def cut_windows(x: Tensor, size: int, stride: int) -> Tensor:
    """(b, c, h, w) -> (b·h'·w', c, k, k), channels last in memory; `stride <= size`."""
    if stride == size and x.shape[-2:] == (size, size):  # one window: the image
        return x.movedim(1, -1).clone(memory_format=torch.contiguous_format).movedim(-1, 1)
    cut = Cut.apply if x.requires_grad else gather_windows  # which is there at once
    windows: Tensor = cut(x, size, stride)
    return windows


def join_windows(v: Tensor, height: int, width: int, stride: int) -> Tensor:
    """(b·h'·w', c, k, k) -> (b, c, h, w): the inverse of cutting, overlaps averaged."""
    one = v.new_ones(positions(height, stride) * positions(width, stride), 1, *v.shape[2:])
    summed: Tensor = Add.apply(v, height, width, stride)
    return summed / add_windows(one, height, width, stride)


def gather_windows(x: Tensor, size: int, stride: int) -> Tensor:
    """What `cut_windows` computes."""
    height, width = x.shape[-2:]
    x = F.pad(x, same_padding(width, size, stride) + same_padding(height, size, stride))
    x = x.movedim(1, -1)  # (b, h, w, c)
    v = x.unfold(1, size, stride).unfold(2, size, stride)  # (b, h', w', c, k, k)
    v = v.movedim(3, -1).reshape(-1, size, size, x.shape[-1])  # (b·h'·w', k, k, c), the only copy
    return v.contiguous().movedim(-1, 1)  # a lone window may be no copy yet


def add_windows(v: Tensor, height: int, width: int, stride: int) -> Tensor:
    """(b·h'·w', c, k, k) -> (b, c, h, w): every window added where it was cut, the adjoint of cutting.

    A window is `ceil(k / s)` blocks of a stride high and as many wide, and blocks of one place lie side by
    side: so all windows are added in as many whole-image sums as a window has blocks.
    """
    size = v.shape[-1]
    rows, columns, blocks = positions(height, stride), positions(width, stride), -(-size // stride)
    v = v.movedim(1, -1)  # (b·h'·w', k, k, c)
    v = v.unflatten(0, (v.shape[0] // (rows * columns), rows, columns))  # (b, h', w', k, k, c)
    out = v.new_zeros(v.shape[0], rows + blocks - 1, stride, columns + blocks - 1, stride, v.shape[-1])
    for i in range(blocks):
        for j in range(blocks):
            block = v[:, :, :, i * stride : (i + 1) * stride, j * stride : (j + 1) * stride]
            high, wide = block.shape[3:5]  # a stride, less where a window ends
            out[:, i : i + rows, :high, j : j + columns, :wide] += block.transpose(2, 3)
    out = out.flatten(3, 4).flatten(1, 2)  # (b, h + zeros, w + zeros, c)
    top, left = same_padding(height, size, stride)[0], same_padding(width, size, stride)[0]
    return out[:, top : top + height, left : left + width].movedim(-1, 1)  # (b, c, h, w)


def apply_mapped(
    function: type[torch.autograd.Function], axes: tuple[Any, ...], x: Tensor, *told: int
) -> tuple[Tensor, int]:
    """A function under `torch.vmap`: the axis that is mapped over joins the batch and is first again."""
    x = x.movedim(axes[0], 0)  # (n, b, ...)
    return function.apply(x.flatten(0, 1), *told).unflatten(0, (x.shape[0], -1)), 0


class Cut(torch.autograd.Function):
    """Cutting, with adding as its gradient: PyTorch's own for overlapping views is many times slower."""

    @staticmethod
    def forward(x: Tensor, size: int, stride: int) -> Tensor:  # type: ignore[override]
        """(b, c, h, w) -> (b·h'·w', c, k, k)."""
        return gather_windows(x, size, stride)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """What the gradient has to know."""
        x, _, stride = inputs
        ctx.place = (*x.shape[-2:], stride)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        """(b·h'·w', c, k, k) -> (b, c, h, w)."""
        add = Add.apply if gradient.requires_grad else add_windows
        return add(gradient, *ctx.place), None, None

    @staticmethod
    def vmap(_: Any, axes: tuple[Any, ...], x: Tensor, *told: int) -> tuple[Tensor, int]:
        """(n, b, c, h, w) -> (n, b·h'·w', c, k, k)."""
        return apply_mapped(Cut, axes, x, *told)


class Add(torch.autograd.Function):
    """Adding, with cutting as its gradient."""

    @staticmethod
    def forward(v: Tensor, height: int, width: int, stride: int) -> Tensor:  # type: ignore[override]
        """(b·h'·w', c, k, k) -> (b, c, h, w)."""
        return add_windows(v, height, width, stride)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """What the gradient has to know."""
        v, _, _, stride = inputs
        ctx.cut = (v.shape[-1], stride)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:  # type: ignore[override]
        """(b, c, h, w) -> (b·h'·w', c, k, k)."""
        return Cut.apply(gradient, *ctx.cut), None, None, None

    @staticmethod
    def vmap(_: Any, axes: tuple[Any, ...], v: Tensor, *told: int) -> tuple[Tensor, int]:
        """(n, b·h'·w', c, k, k) -> (n, b, c, h, w)."""
        return apply_mapped(Add, axes, v, *told)
