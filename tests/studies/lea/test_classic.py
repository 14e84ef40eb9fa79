"""Oracle: parameter counts by hand arithmetic; the network as loops over every output value in NumPy."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lea.studies.lea.networks.classic import Classic

COUNTS = {
    # conv1: 5*5*1*32 + 32; conv2: 3*3*32*64 + 64; hidden: 64*16*16*1024 + 1024; out: 1024*3 + 3
    ((1, 64, 64), 3): 832 + 18_496 + 16_778_240 + 3_075,
    # 28 -> 14 -> 7; hidden: 64*7*7*1024 + 1024; out: 1024*10 + 10
    ((1, 28, 28), 10): 832 + 18_496 + 3_212_288 + 10_250,
    # conv1: 5*5*3*32 + 32; 32 -> 16 -> 8; hidden: 64*8*8*1024 + 1024
    ((3, 32, 32), 10): 2_432 + 18_496 + 4_195_328 + 10_250,
    # 9 -> 5 -> 3 and 5 -> 3 -> 2, rounded up; hidden: 64*3*2*1024 + 1024; out: 1024*2 + 2
    ((1, 9, 5), 2): 832 + 18_496 + 394_240 + 2_050,
}


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(("shape", "classes"), COUNTS)
def test_it_has_as_many_parameters_as_hand_arithmetic_gives(
    shape: tuple[int, int, int], classes: int
) -> None:
    with torch.device("meta"):
        model = Classic(shape, classes, kernels=(32, 64), hidden=1024)
    assert parameters(model) == COUNTS[shape, classes]


def test_the_sources_network_on_sprites_has_16800643_parameters() -> None:
    with torch.device("meta"):
        model = Classic((1, 64, 64), 3)
    assert parameters(model) == 16_800_643
    assert {name: value.numel() for name, value in model.named_parameters() if name.endswith("weight")} == {
        "conv1.weight": 800,
        "conv2.weight": 18_432,
        "hidden.weight": 16_777_216,
        "out.weight": 3_072,
    }


@pytest.mark.parametrize("side", range(1, 14))
def test_sides_are_halved_twice_and_rounded_up(side: int) -> None:
    model = Classic((1, side, 12), 2, kernels=(2, 3), hidden=4)
    assert model.hidden.in_features == 3 * int(np.ceil(np.ceil(side / 2) / 2)) * 3
    assert model(torch.rand(2, 1, side, 12)).shape == (2, 2)


def convolve(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(c, h, w) -> (kernels, h, w), zeros around."""
    kernels, _, size, _ = weight.shape
    margin = size // 2
    padded = np.pad(x, ((0, 0), (margin, margin), (margin, margin)))
    out = np.empty((kernels, *x.shape[1:]))
    for kernel, row, column in np.ndindex(*out.shape):
        window = padded[:, row : row + size, column : column + size]
        out[kernel, row, column] = (window * weight[kernel]).sum() + bias[kernel]
    return out


def pool(x: np.ndarray) -> np.ndarray:
    """(c, h, w) -> (c, ceil(h / 2), ceil(w / 2)): the largest of each two by two, cut off at the edge."""
    channels, height, width = x.shape
    out = np.empty((channels, -(-height // 2), -(-width // 2)))
    for channel, row, column in np.ndindex(*out.shape):
        out[channel, row, column] = x[channel, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].max()
    return out


def by_hand(weights: dict[str, np.ndarray], x: np.ndarray, pool_first: bool) -> np.ndarray:
    """(c, h, w) -> (classes,)."""
    for layer in ("conv1", "conv2"):
        x = convolve(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
        x = np.maximum(pool(x), 0) if pool_first else pool(np.maximum(x, 0))
    hidden = np.maximum(weights["hidden.weight"] @ x.reshape(-1) + weights["hidden.bias"], 0)
    return weights["out.weight"] @ hidden + weights["out.bias"]


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 7, 5), (3, 9, 6)])
@pytest.mark.parametrize("pool_first", [True, False])
def test_outputs_equal_loops_over_every_value_with_the_activation_before_or_behind_the_pool(
    shape: tuple[int, int, int], pool_first: bool
) -> None:
    model = Classic(shape, 4, kernels=(3, 2), hidden=5).double().eval()
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    x = torch.randn(3, *shape, dtype=torch.float64)
    with torch.no_grad():
        found = model(x).numpy()
    expected = np.stack([by_hand(weights, one, pool_first) for one in x.numpy()])
    assert np.allclose(found, expected, atol=1e-12)
    assert np.ptp(expected) > 0.01


def test_with_kernels_that_pass_the_middle_on_it_pools_twice() -> None:
    model = Classic((1, 8, 8), 4, kernels=(1, 1), hidden=4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.conv1.weight[0, 0, 2, 2] = model.conv2.weight[0, 0, 1, 1] = 1
        model.hidden.weight.copy_(torch.eye(4))
        model.out.weight.copy_(torch.eye(4))
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(model(x), F.max_pool2d(x, 4).flatten(1))
    assert torch.equal(model(-x), torch.zeros(2, 4))


def test_it_is_not_linear_in_any_of_its_layers() -> None:
    model = Classic((1, 8, 8), 3, kernels=(4, 4), hidden=8).double()
    x, y = torch.randn(2, 5, 1, 8, 8, dtype=torch.float64)
    assert not torch.allclose(model(x + y) + model(0 * x), model(x) + model(y))
