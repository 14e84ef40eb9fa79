"""Oracle: parameter counts by hand arithmetic; forward passes composed of the networks' named modules."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea import registry
from lea.nn import AE, LEA, VAE, leas, losses
from lea.nn.coders.coder import Shape
from lea.studies.lea.networks.cnn_lea import CNNLEA
from lea.studies.lea.networks.lea_alone import LEAAlone
from lea.studies.lea.networks.lea_fc import LEAFC
from lea.studies.lea.networks.pool_fc import PoolFC


def vae_4_2(shape: Shape) -> LEA:
    """Window 4, stride 2, 10 codes."""
    return LEA(VAE((shape[0], 4, 4), 10), 2)


def ae_2(shape: Shape) -> LEA:
    """Window 2, stride 2, 3 codes."""
    return LEA(AE((shape[0], 2, 2), 3), 2)


def ae_image(shape: Shape) -> LEA:
    """One window: the image."""
    return LEA(AE(shape, 4))


COUNTS = [  # network, shape and classes, options, parameters
    # VAE on 16: 16*32 + 32, 2 * (32*10 + 10), 10*32 + 32, 32*16 + 16; on 32x4x4: Table 3.1; on 64x4x4:
    # 1024*2048 + 2048, 2 * (2048*10 + 10), 10*2048 + 2048, 2048*1024 + 1024
    # conv1: 832; lea1: 1_081_876; conv2: 10*9*64 + 64; lea2; hidden: 10*7*7*1024 + 1024; out: 1024*10 + 10
    (
        (CNNLEA, ((1, 28, 28), 10), {"lea": vae_4_2}),
        832 + 1_081_876 + 5_824 + (2_099_200 + 40_980 + 22_528 + 2_098_176) + 502_784 + 10_250,
    ),
    # conv1: 3*25*4 + 4; lea1 on 16 values: 16*32 + 32, 32*3 + 3, 3*32 + 32, 32*16 + 16; conv2: 3*9*5 + 5;
    # lea2 on 20 values: 20*40 + 40, 40*3 + 3, 3*40 + 40, 40*20 + 20; 9 -> 5 -> 3, 6 -> 3 -> 2
    # hidden: 3*3*2*7 + 7; out: 7*2 + 2
    (
        (CNNLEA, ((3, 9, 6), 2), {"lea": ae_2, "kernels": (4, 5), "hidden": 7}),
        304 + (544 + 99 + 128 + 528) + 140 + (840 + 123 + 160 + 820) + 133 + 16,
    ),
    # hidden: 14*14*1024 + 1024; out: 1024*10 + 10
    ((PoolFC, ((1, 28, 28), 10), {}), 201_728 + 10_250),
    # ceil(9 / 4) = 3, ceil(5 / 4) = 2; hidden: 3*3*2*6 + 6; out: 6*2 + 2
    ((PoolFC, ((3, 9, 5), 2), {"window": 4, "hidden": 6}), 114 + 14),
    # lea: VAE on 16; hidden: 10*14*14*1024 + 1024; out: 1024*10 + 10
    ((LEAFC, ((1, 28, 28), 10), {"lea": vae_4_2}), (544 + 660 + 352 + 528) + 2_008_064 + 10_250),
    # lea on 12 values: 12*24 + 24, 24*3 + 3, 3*24 + 24, 24*12 + 12; hidden: 3*5*3*7 + 7; out: 7*2 + 2
    ((LEAFC, ((3, 9, 6), 2), {"lea": ae_2, "hidden": 7}), (312 + 75 + 96 + 300) + 322 + 16),
    ((LEAAlone, ((1, 28, 28),), {"lea": vae_4_2}), 544 + 660 + 352 + 528),
    # lea on 48 values: 48*96 + 96, 96*4 + 4, 4*96 + 96, 96*48 + 48
    ((LEAAlone, ((3, 4, 4),), {"lea": ae_image}), 4_704 + 388 + 480 + 4_656),
]


@pytest.mark.parametrize(("of", "count"), COUNTS)
def test_it_has_as_many_parameters_as_hand_arithmetic_gives(of: tuple, count: int) -> None:
    network, arguments, options = of
    with torch.device("meta"):
        model = network(*arguments, **options)
    assert sum(parameter.numel() for parameter in model.parameters()) == count


def images(shape: Shape, count: int = 4) -> Tensor:
    return torch.randn(count, *shape, dtype=torch.float64)


def head(model: nn.Module, maps: Tensor) -> Tensor:
    """The two fully connected layers behind code maps or pooled values."""
    hidden = F.relu(F.linear(maps.reshape(len(maps), -1), model.hidden.weight, model.hidden.bias))
    return F.linear(hidden, model.out.weight, model.out.bias)


def convolved(x: Tensor, convolution: nn.Conv2d, margin: int) -> Tensor:
    """A convolution that keeps the sides, zeros around, and its activation."""
    return F.relu(F.conv2d(F.pad(x, [margin] * 4), convolution.weight, convolution.bias))


@pytest.mark.parametrize("shape", [(1, 12, 12), (3, 9, 6), (2, 7, 10)])
@pytest.mark.parametrize("make_lea", [vae_4_2, ae_2])
def test_cnn_lea_is_the_classic_network_with_a_lea_for_each_pool(
    shape: Shape, make_lea: Callable[[Shape], LEA]
) -> None:
    model, x = CNNLEA(shape, 3, lea=make_lea, kernels=(4, 5), hidden=7).double().eval(), images(shape)
    first = model.lea1(convolved(x, model.conv1, 2))
    second = model.lea2(convolved(first, model.conv2, 1))
    halves = [math.ceil(side / 2) for side in shape[1:]]
    assert first.shape[2:] == (halves[0], halves[1])
    assert second.shape[2:] == (math.ceil(halves[0] / 2), math.ceil(halves[1] / 2))
    assert torch.allclose(model(x), head(model, second), rtol=0, atol=1e-13)
    assert model(x).shape == (4, 3)
    assert list(leas(model)) == ["lea1", "lea2"]


@pytest.mark.parametrize("shape", [(1, 12, 12), (3, 9, 6)])
@pytest.mark.parametrize("make_lea", [vae_4_2, ae_2])
def test_lea_fc_has_two_layers_behind_the_code_maps_of_one_lea(
    shape: Shape, make_lea: Callable[[Shape], LEA]
) -> None:
    model, x = LEAFC(shape, 3, lea=make_lea, hidden=7).double().eval(), images(shape)
    assert torch.allclose(model(x), head(model, model.lea(x)), rtol=0, atol=1e-13)
    assert list(leas(model)) == ["lea"]
    assert (model(x) < 0).any()


@pytest.mark.parametrize(
    ("shape", "window"), [((1, 12, 12), 2), ((3, 9, 5), 4), ((2, 6, 7), 8), ((1, 5, 5), 1)]
)
def test_pool_fc_takes_the_largest_of_each_window(shape: Shape, window: int) -> None:
    model, x = PoolFC(shape, 3, window=window, hidden=7).double(), images(shape)
    rows, columns = math.ceil(shape[1] / window), math.ceil(shape[2] / window)
    pooled = torch.empty(4, shape[0], rows, columns, dtype=torch.float64)
    for i in range(rows):
        for j in range(columns):
            inside = x[:, :, i * window : (i + 1) * window, j * window : (j + 1) * window]
            pooled[:, :, i, j] = inside.amax((2, 3))
    assert torch.allclose(model(x), head(model, pooled), rtol=0, atol=1e-13)


@pytest.mark.parametrize("make_lea", [vae_4_2, ae_image])
def test_a_lea_alone_gives_its_code_maps(make_lea: Callable[[Shape], LEA]) -> None:
    model, x = LEAAlone((1, 12, 12), lea=make_lea).double().eval(), images((1, 12, 12))
    assert torch.equal(model(x), model.lea(x))
    assert list(model.state_dict()) == [f"lea.{name}" for name in model.lea.state_dict()]


@pytest.mark.parametrize("network", [CNNLEA, LEAFC, LEAAlone])
def test_a_lea_is_made_for_the_maps_that_it_will_be_given(network: Callable[..., nn.Module]) -> None:
    asked = []

    def make_lea(shape: Shape) -> LEA:
        asked.append(shape)
        return LEA(AE((shape[0], 3, 3), 5), 3)

    classes = () if network is LEAAlone else (3,)
    options = {"kernels": (4, 6)} if network is CNNLEA else {}
    model = network((2, 14, 10), *classes, lea=make_lea, **options)
    assert asked == ([(4, 14, 10), (6, 5, 4)] if network is CNNLEA else [(2, 14, 10)])
    for module in leas(model).values():
        module.register_forward_hook(lambda _, x, y: asked.append(tuple(x[0].shape[1:])))
    model(torch.rand(1, 2, 14, 10))
    assert asked[len(asked) // 2 :] == asked[: len(asked) // 2]


def test_networks_say_what_they_are_made_of() -> None:
    for name in ("cnn-lea", "lea-fc", "lea-alone"):
        option = registry.options("model", name)["lea"]
        assert (option.kind, option.required) == ("lea", True)
        assert "lea" in registry.faces("model", name)
    for name in ("classic", "pool-fc"):
        assert "lea" not in registry.faces("model", name)
    assert registry.context("model", "lea-alone") == ("shape",)
    for name in ("classic", "cnn-lea", "pool-fc", "lea-fc"):
        assert registry.context("model", name) == ("shape", "classes")


def test_the_classification_loss_passes_through_the_leas_to_what_stands_before() -> None:
    model, x = CNNLEA((1, 12, 12), 3, lea=vae_4_2, kernels=(4, 5), hidden=7), torch.rand(4, 1, 12, 12)
    F.cross_entropy(model(x), torch.tensor([0, 1, 2, 0])).backward(retain_graph=True)
    for name, parameter in model.named_parameters():
        decodes = "widen" in name or "restore" in name
        assert (parameter.grad is None) == decodes, name
        assert decodes or parameter.grad.abs().sum() > 0, name
    of_first, of_second = (loss.total for loss in losses(model).values())
    assert torch.autograd.grad(of_second, model.conv1.weight, retain_graph=True)[0].abs().sum() > 0
    assert torch.autograd.grad(of_first, model.conv2.weight, allow_unused=True)[0] is None
