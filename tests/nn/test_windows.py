"""Oracle: slices of the zero-padded input and loops in NumPy; PyTorch's unfold and fold; adjoint laws."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F

from lea.nn.windows import add_windows, cut_windows, join_windows, positions, same_padding

CASES = [  # (height, width), size, stride
    ((1, 1), 1, 1),
    ((8, 8), 4, 2),
    ((9, 7), 4, 2),
    ((7, 10), 3, 2),
    ((5, 8), 4, 3),
    ((9, 4), 3, 3),
    ((6, 11), 4, 4),
    ((6, 11), 1, 1),
    ((5, 6), 4, 1),
    ((11, 6), 5, 2),
    ((10, 5), 5, 4),
    ((6, 6), 6, 6),
    ((3, 2), 5, 1),
    ((2, 3), 5, 4),
    ((1, 1), 4, 2),
    ((4, 13), 8, 5),
]
every_case = pytest.mark.parametrize(("sides", "size", "stride"), CASES)
LAYOUTS = {
    "contiguous": lambda x: x.contiguous(),
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "every second value": lambda x: x.repeat_interleave(2, 0).repeat_interleave(2, 3)[::2, :, :, ::2],
    "transposed": lambda x: x.mT.contiguous().mT,
}


def images(sides: tuple[int, int], count: int = 2, channels: int = 3) -> Tensor:
    return torch.randn(count, channels, *sides, dtype=torch.float64)


def some_windows(sides: tuple[int, int], size: int, stride: int, count: int = 2, channels: int = 3) -> Tensor:
    number = count * math.ceil(sides[0] / stride) * math.ceil(sides[1] / stride)
    return torch.randn(number, channels, size, size, dtype=torch.float64)


def zeros(side: int, size: int, stride: int) -> tuple[int, int]:
    """The zeros missing for a window at every `stride`-th value, one more behind than before if odd."""
    missing = (math.ceil(side / stride) - 1) * stride + size - side
    return math.floor(missing / 2), math.ceil(missing / 2)


def corners(sides: tuple[int, int], stride: int) -> list[tuple[int, int]]:
    """Where windows begin in the padded image, row by row."""
    return [(row, column) for row in range(0, sides[0], stride) for column in range(0, sides[1], stride)]


def cut_by_hand(x: np.ndarray, size: int, stride: int) -> np.ndarray:
    sides = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), *(zeros(side, size, stride) for side in sides)))
    places = corners(sides, stride)
    return np.stack([image[:, i : i + size, j : j + size] for image in padded for i, j in places])


def add_by_hand(v: np.ndarray, sides: tuple[int, int], stride: int) -> tuple[np.ndarray, np.ndarray]:
    """The sum at each value, and how many windows hold it: loops over each value of each window."""
    size, places = v.shape[2], corners(sides, stride)
    (top, _), (left, _) = (zeros(side, size, stride) for side in sides)
    total = np.zeros((len(v) // len(places), v.shape[1], *sides))
    number = np.zeros_like(total)
    for window, row, column in np.ndindex(len(v), size, size):
        image, place = divmod(window, len(places))
        i, j = places[place][0] + row - top, places[place][1] + column - left
        if 0 <= i < sides[0] and 0 <= j < sides[1]:
            total[image, :, i, j] += v[window, :, row, column]
            number[image, :, i, j] += 1
    return total, number


@every_case
def test_windows_are_slices_of_the_padded_image(sides: tuple[int, int], size: int, stride: int) -> None:
    x = images(sides)
    assert np.array_equal(cut_windows(x, size, stride).numpy(), cut_by_hand(x.numpy(), size, stride))


@every_case
def test_there_is_a_window_for_every_stride_begun(sides: tuple[int, int], size: int, stride: int) -> None:
    rows, columns = (sum(1 for _ in range(0, side, stride)) for side in sides)
    assert (positions(sides[0], stride), positions(sides[1], stride)) == (rows, columns)
    assert cut_windows(images(sides), size, stride).shape == (2 * rows * columns, 3, size, size)


@every_case
def test_every_value_is_in_a_window(sides: tuple[int, int], size: int, stride: int) -> None:
    x = torch.arange(1, 1 + math.prod(sides), dtype=torch.float64).reshape(1, 1, *sides)
    assert set(cut_windows(x, size, stride).flatten().tolist()) - {0} == set(x.flatten().tolist())


@pytest.mark.parametrize("size", range(1, 9))
def test_padding_is_the_least_that_drops_nothing_and_nearly_the_same_on_both_sides(size: int) -> None:
    for stride in range(1, size + 1):
        for side in range(1, 20):
            before, after = same_padding(side, size, stride)
            windows = -(-side // stride)
            assert before + side + after == size + stride * (windows - 1)
            assert after - before in (0, 1)
            assert before >= 0
            assert before + side > stride * (windows - 1), "a window without a value"


@pytest.mark.parametrize(
    ("side", "size", "stride", "expected"),
    [
        (28, 4, 2, (1, 1)),
        (9, 4, 2, (1, 2)),
        (8, 4, 4, (0, 0)),
        (9, 4, 4, (1, 2)),
        (28, 28, 28, (0, 0)),
        (3, 8, 8, (2, 3)),
        (5, 4, 1, (1, 2)),
        (7, 5, 3, (2, 2)),
    ],
)
def test_padding_is_what_hand_arithmetic_gives(
    side: int, size: int, stride: int, expected: tuple[int, int]
) -> None:
    assert same_padding(side, size, stride) == expected


@every_case
def test_joining_undoes_cutting(sides: tuple[int, int], size: int, stride: int) -> None:
    x = images(sides)
    joined = join_windows(cut_windows(x, size, stride), *sides, stride)
    assert torch.allclose(joined, x, rtol=0, atol=1e-15)


@every_case
def test_adding_and_joining_equal_loops_over_every_value(
    sides: tuple[int, int], size: int, stride: int
) -> None:
    v = some_windows(sides, size, stride)
    total, number = add_by_hand(v.numpy(), sides, stride)
    assert number.min() >= 1
    assert np.allclose(add_windows(v, *sides, stride).numpy(), total, rtol=0, atol=1e-13)
    assert np.allclose(join_windows(v, *sides, stride).numpy(), total / number, rtol=0, atol=1e-14)


@every_case
def test_adding_is_the_adjoint_of_cutting(sides: tuple[int, int], size: int, stride: int) -> None:
    x, v = images(sides), some_windows(sides, size, stride)
    cut, added = cut_windows(x, size, stride), add_windows(v, *sides, stride)
    assert torch.allclose((cut * v).sum(), (x * added).sum(), rtol=1e-12)


@every_case
def test_gradients_are_the_adjoints(sides: tuple[int, int], size: int, stride: int) -> None:
    x, v = images(sides).requires_grad_(), some_windows(sides, size, stride).requires_grad_()
    towards_v, towards_x = torch.randn_like(v), torch.randn_like(x)
    (of_cut,) = torch.autograd.grad(cut_windows(x, size, stride), x, towards_v)
    (of_add,) = torch.autograd.grad(add_windows(v, *sides, stride), v, towards_x)
    (of_join,) = torch.autograd.grad(join_windows(v, *sides, stride), v, towards_x)
    _, number = add_by_hand(v.detach().numpy(), sides, stride)
    assert np.allclose(of_cut.numpy(), add_by_hand(towards_v.numpy(), sides, stride)[0], rtol=0, atol=1e-13)
    assert np.array_equal(of_add.numpy(), cut_by_hand(towards_x.numpy(), size, stride))
    assert np.allclose(of_join.numpy(), cut_by_hand(towards_x.numpy() / number, size, stride), atol=1e-14)


@pytest.mark.parametrize(("sides", "size", "stride"), [((2, 3), 3, 2), ((4, 1), 2, 2), ((3, 2), 2, 1)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_first_and_second_derivatives_are_those_of_finite_differences(
    sides: tuple[int, int], size: int, stride: int, layout: str
) -> None:
    x = LAYOUTS[layout](images(sides, channels=2)).detach().requires_grad_()
    v = LAYOUTS[layout](some_windows(sides, size, stride, channels=2)).detach().requires_grad_()
    for check in (gradcheck, gradgradcheck):
        assert check(lambda x: cut_windows(x, size, stride), x)
        assert check(lambda x: cut_windows(x, size, stride).sin(), x)
        for together in (join_windows, add_windows):
            assert check(lambda v, together=together: together(v, *sides, stride), v)
            assert check(lambda v, together=together: together(v, *sides, stride).sin(), v)


@every_case
def test_cutting_and_adding_equal_unfold_and_fold(sides: tuple[int, int], size: int, stride: int) -> None:
    x, v = images(sides), some_windows(sides, size, stride)
    (top, bottom), (left, right) = (zeros(side, size, stride) for side in sides)
    padded = F.pad(x, (left, right, top, bottom))
    unfolded = F.unfold(padded, size, stride=stride)  # (b, c * k * k, windows)
    assert torch.equal(cut_windows(x, size, stride), unfolded.mT.reshape(-1, 3, size, size))
    columns = v.reshape(2, -1, 3 * size * size).mT
    folded = F.fold(columns, padded.shape[2:], size, stride=stride)
    expected = folded[:, :, top : top + sides[0], left : left + sides[1]]
    assert torch.allclose(add_windows(v, *sides, stride), expected, rtol=0, atol=1e-13)


@every_case
@pytest.mark.parametrize("axis", [0, 2, -1])
def test_many_batches_at_once_are_those_batches(
    sides: tuple[int, int], size: int, stride: int, axis: int
) -> None:
    x, v = images(sides, 3 * 2), some_windows(sides, size, stride, 3 * 2)
    for function, batches in (
        (lambda x: cut_windows(x, size, stride), x.chunk(3)),
        (lambda v: add_windows(v, *sides, stride), v.chunk(3)),
        (lambda v: join_windows(v, *sides, stride), v.chunk(3)),
    ):
        found = torch.vmap(function, axis, axis)(torch.stack(batches, axis))
        assert torch.equal(found, torch.stack([function(batch) for batch in batches], axis))

        def slope(batch: Tensor, function: Callable[[Tensor], Tensor] = function) -> Tensor:
            return torch.func.grad(lambda batch: function(batch).sin().sum())(batch)

        slopes = torch.vmap(slope, axis, axis)(torch.stack(batches, axis))
        assert torch.allclose(slopes, torch.stack([slope(batch) for batch in batches], axis), rtol=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("sides", "size", "stride"), [((9, 7), 4, 2), ((6, 8), 2, 2), ((5, 4), 5, 5)])
def test_the_order_of_values_in_memory_changes_no_result(
    layout: str, sides: tuple[int, int], size: int, stride: int
) -> None:
    x, v = images(sides), some_windows(sides, size, stride)
    cut = cut_windows(LAYOUTS[layout](x), size, stride)
    assert torch.equal(cut, cut_windows(x, size, stride))
    assert cut.is_contiguous(memory_format=torch.channels_last)
    for together in (join_windows, add_windows):
        assert torch.equal(together(LAYOUTS[layout](v), *sides, stride), together(v, *sides, stride))


@every_case
def test_whole_numbers_in_bfloat16_come_back_exactly(sides: tuple[int, int], size: int, stride: int) -> None:
    x = torch.randint(-4, 5, (2, 3, *sides)).to(torch.bfloat16).requires_grad_()
    v = cut_windows(x, size, stride)
    assert v.dtype == torch.bfloat16
    assert np.array_equal(v.detach().float().numpy(), cut_by_hand(x.detach().float().numpy(), size, stride))
    joined = join_windows(v, *sides, stride)
    assert joined.dtype == torch.bfloat16
    assert torch.equal(joined, x)
    joined.sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == torch.bfloat16


def test_cutting_leaves_its_input_as_it_was() -> None:
    x, v = images((5, 5)), some_windows((5, 5), 2, 2)
    before = x.clone(), v.clone()
    cut_windows(x, 1, 1).add_(1)
    cut_windows(x, 5, 5).add_(1)
    join_windows(v, 5, 5, 2).add_(1)
    add_windows(v, 5, 5, 2).add_(1)
    assert torch.equal(x, before[0])
    assert torch.equal(v, before[1])
