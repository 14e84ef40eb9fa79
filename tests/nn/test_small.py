"""Oracle: PyTorch's own convolutions of the same windows, one by one, and their gradients."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.coders.conv import Doubling, Halving
from lea.nn.coders.sb import SB, Same
from lea.nn.coders.small import convolve

SIDES = [1, 2, 3, 4, 7, 20]  # at the last a window's matrix would be too large


def with_gradients(function: Callable[[Tensor], Tensor], x: Tensor, layer: nn.Module) -> list[Tensor]:
    """What it gives, and the gradients of a loss of it: of its input, its weights."""
    x = x.clone().requires_grad_()
    made = function(x)
    loss = (made * torch.linspace(-1, 2, made.numel(), dtype=made.dtype).view(made.shape)).sum()
    return [made, *torch.autograd.grad(loss, [x, *layer.parameters()])]


def windows(channels: int, side: int) -> Tensor:
    return torch.randn(7, side, side, channels, dtype=torch.float64).movedim(-1, 1)


def one_by_one(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda x: torch.cat([function(one[None].contiguous()) for one in x])


def agree(found: list[Tensor], expected: list[Tensor]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])
def test_halving_is_a_convolution_of_stride_2(side: int, kernel_size: int) -> None:
    layer, x = Halving(3, 5, kernel_size).double(), windows(3, side)
    zeros = max(max(kernel_size, 2) + 2 * (-(-side // 2) - 1) - side, 0)
    before = zeros // 2  # an odd zero comes last

    def expected(v: Tensor) -> Tensor:
        v = F.pad(v, (before, zeros - before) * 2)
        return F.conv2d(v, layer.weight, layer.bias, stride=2)

    agree(with_gradients(layer, x, layer), with_gradients(one_by_one(expected), x, layer))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kernel_size", [2, 3, 4, 5])
def test_doubling_is_its_transpose(side: int, kernel_size: int) -> None:
    """By the law of transposes: `<double x, y> = <x, halve y>` without biases, for the same kernels."""
    layer, x = Doubling(4, kernel_size).double(), windows(4, side)
    halving = Halving(4, 4, kernel_size).double()
    with torch.no_grad():
        halving.weight.copy_(layer.weight)  # (in, out) of the one are (out, in) of the other
        halving.bias.zero_()
        y = windows(4, 2 * side)
        left = ((layer(x) - layer.bias[:, None, None]) * y).sum()
        right = (x * halving(y)).sum()
    assert left.item() == pytest.approx(right.item(), rel=1e-10)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])
def test_doubling_is_pytorchs_transposed_convolution_cut_to_twice_the_side(
    side: int, kernel_size: int
) -> None:
    layer, x = Doubling(4, kernel_size).double(), windows(4, side)
    before = max(kernel_size - 2, 0) // 2

    def expected(v: Tensor) -> Tensor:
        whole = F.conv_transpose2d(v, layer.weight, layer.bias, 2, output_padding=int(kernel_size < 2))
        return whole[..., before : before + 2 * side, before : before + 2 * side]

    agree(with_gradients(layer, x, layer), with_gradients(one_by_one(expected), x, layer))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kernel_size", [1, 2, 3])
def test_same_keeps_the_sides(side: int, kernel_size: int) -> None:
    layer, x = Same(3, 5, kernel_size).double(), windows(3, side)

    def expected(v: Tensor) -> Tensor:
        return F.conv2d(v, layer.weight, layer.bias, padding="same")

    agree(with_gradients(layer, x, layer), with_gradients(one_by_one(expected), x, layer))


@pytest.mark.parametrize("side", [3, 4, 12])
def test_a_spatial_broadcast_lays_its_code_over_every_place(side: int) -> None:
    """As it is written: the code in every place, the two coordinates, then convolutions."""
    coder = SB((2, side, side), 3, kernels=4).double()
    ramp = torch.linspace(-1, 1, side).double()

    def expected(z: Tensor) -> Tensor:
        x, y = ramp.expand(side, side), ramp[:, None].expand(side, side)
        v = torch.stack(
            [torch.cat([code[:, None, None].expand(-1, side, side), x[None], y[None]]) for code in z]
        )
        for layer in (coder.first, coder.second):
            v = F.conv2d(v, layer.weight, layer.bias, padding="same").relu()
        return F.conv2d(v, coder.restore.weight, coder.restore.bias, padding="same")

    z = torch.randn(6, 3, dtype=torch.float64)
    decoder = nn.ModuleList([coder.first, coder.second, coder.restore])
    agree(with_gradients(coder.decode, z, decoder), with_gradients(expected, z, decoder))


def test_a_convolution_may_have_no_bias() -> None:
    weight, x = torch.randn(5, 3, 3, 3, dtype=torch.float64), windows(3, 4)
    found = convolve(lambda v, bias: F.conv2d(v, weight, bias, padding=1), x, None, (5, 4, 4))
    assert torch.allclose(found, F.conv2d(x, weight, padding=1), rtol=1e-12, atol=1e-12)
