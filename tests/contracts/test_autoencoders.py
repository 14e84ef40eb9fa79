"""Oracle: laws that every autoencoder of the registry keeps with every coder, alone and in a LEA."""

import copy
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from lea import registry
from lea.nn import LEA, advance, losses, watching
from lea.nn.coders.coder import make_coder

PAIRS = [(name, coder) for name in registry.PARTS["autoencoder"] for coder in registry.PARTS["coder"]]
OPTIONS = {"ksparse": {"k": 3}}  # 3 of a code that may be as short as 5
SHAPE, CODE = (3, 4, 4), 6
every_pair = pytest.mark.parametrize(("name", "coder"), PAIRS)
every_coder = pytest.mark.parametrize("coder", registry.PARTS["coder"])


def build(
    name: str, coder: str, shape: tuple[int, int, int] = SHAPE, code: int = CODE, seed: int = 0
) -> nn.Module:
    torch.manual_seed(seed)
    model: nn.Module = registry.load("autoencoder", name)(shape, code, coder=coder, **OPTIONS.get(name, {}))
    return model


@pytest.mark.parametrize("name", registry.PARTS["autoencoder"])
def test_its_coder_is_an_option_of_its_own_kind(name: str) -> None:
    coder = registry.options("autoencoder", name)["coder"]
    assert (coder.kind, coder.default) == ("coder", "fc")
    assert registry.context("autoencoder", name) == ("shape", "code")
    assert registry.options("lea", "lea")["autoencoder"].kind == "autoencoder"


def windows(shape: tuple[int, int, int] = SHAPE, count: int = 7) -> Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


def loss_of(model: nn.Module, v: Tensor) -> Tensor:
    code = model.encode(v)
    loss = model.loss(v, code, model.decode(code.z))
    assert loss.reconstruction >= 0
    assert loss.divergence is None or loss.divergence >= 0
    total: Tensor = loss.total
    return total


@every_pair
@pytest.mark.parametrize("side", range(1, 10))
@pytest.mark.parametrize(("channels", "code"), [(1, 5), (4, 8)])
def test_it_encodes_and_restores_windows_of_any_side(
    name: str, coder: str, side: int, channels: int, code: int
) -> None:
    shape = (channels, side, side)
    model, v = build(name, coder, shape, code), windows(shape)
    assert (model.shape, model.code_length) == (shape, code)
    for training in (True, False):
        z = model.train(training).encode(v).z
        assert z.shape == (7, code)
        assert model.decode(z).shape == model(v).shape == v.shape
        total = loss_of(model, v)
        assert total.shape == ()
        assert total.isfinite()


@every_pair
@pytest.mark.parametrize("side", [1, 2, 3, 4, 7])
def test_in_a_layer_it_gives_code_maps_for_any_stride(name: str, coder: str, side: int) -> None:
    x = torch.rand(2, 3, 9, 6)
    for stride in {1, 2, side} & set(range(1, side + 1)):
        layer = LEA(build(name, coder, (3, side, side)), stride)
        assert layer(x).shape == (2, CODE, -(-9 // stride), -(-6 // stride))
        loss = losses(layer)[""]
        assert loss.total.isfinite()
        assert loss.reconstruction >= 0


@every_pair
def test_alone_it_is_a_layer_whose_window_is_the_image(name: str, coder: str) -> None:
    model, v = build(name, coder).eval(), windows()
    layer = LEA(model)
    with watching(layer):
        maps = layer(v)
        total = losses(layer)[""].total
    assert maps.shape == (7, CODE, 1, 1)
    assert torch.allclose(maps.flatten(1), model.encode(v).z, atol=1e-6)
    assert torch.allclose(total, loss_of(model, v))


@every_pair
@pytest.mark.parametrize("place", ["alone", "in a layer"])
def test_the_gradient_of_its_loss_reaches_every_parameter_and_the_input(
    name: str, coder: str, place: str
) -> None:
    model = build(name, coder)
    x = (windows() if place == "alone" else torch.rand(2, 3, 9, 6)).requires_grad_()
    if place == "alone":
        loss_of(model, x).backward()
    else:
        layer = LEA(model, 2)
        advance(layer, 1, 2)
        layer(x)
        losses(layer)[""].total.backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().sum() > 0, key
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


@every_pair
def test_its_state_makes_another_the_same(name: str, coder: str) -> None:
    model, other, v = build(name, coder).eval(), build(name, coder, seed=1).eval(), windows()
    assert not torch.equal(model(v), other(v))
    assert list(model.state_dict()) == [key for key, _ in model.named_parameters()], "weights alone"
    assert other.load_state_dict(model.state_dict()) == ([], [])
    assert torch.equal(model(v), other(v))
    assert torch.equal(model.encode(v).z, other.encode(v).z)


@every_pair
def test_its_copy_is_independent(name: str, coder: str) -> None:
    model, v = build(name, coder).eval(), windows()
    before, twin = model(v), copy.deepcopy(model)
    assert torch.equal(twin(v), before)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.mul_(0.5)
    assert torch.equal(model(v), before)
    assert not torch.equal(twin(v), before)


@every_pair
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-5), (torch.bfloat16, 0.05)])
def test_it_computes_in_the_type_of_its_weights(
    name: str, coder: str, dtype: torch.dtype, tolerance: float
) -> None:
    model, v = build(name, coder).eval(), windows()
    z, r = model.encode(v).z, model.decode(model.encode(v).z)
    model.to(dtype)
    found = model.encode(v.to(dtype)).z
    assert found.dtype == model(v.to(dtype)).dtype == dtype
    together = (z != 0) & (found != 0)  # a rounded code may change places with its neighbour
    assert together.sum() > 0.9 * (z != 0).sum()
    assert torch.allclose(found[together].float(), z[together], atol=tolerance)
    assert torch.allclose(model.decode(z.to(dtype)).float(), r, atol=tolerance)
    advance(nn.Sequential(LEA(model)), 1, 2)
    assert loss_of(model.train(), v.to(dtype)).isfinite()


@every_pair
def test_evaluation_is_deterministic_and_sees_each_window_alone(name: str, coder: str) -> None:
    model, v = build(name, coder).eval(), windows()
    whole = model(v)
    assert torch.equal(model(v), whole)
    assert torch.allclose(torch.cat([model(one[None]) for one in v]), whole, atol=1e-6)
    order = torch.tensor([3, 0, 6, 5, 1, 4, 2])
    assert torch.allclose(model(v[order]), whole[order], atol=1e-6)
    assert torch.allclose(model(v.to(memory_format=torch.channels_last)), whole, atol=1e-6)


@every_pair
def test_in_a_layer_evaluation_sees_each_image_alone(name: str, coder: str) -> None:
    layer, x = LEA(build(name, coder), 2).eval(), torch.randn(4, 3, 9, 6)
    whole = layer(x)
    assert torch.equal(layer(x), whole)
    assert torch.allclose(torch.cat([layer(one[None]) for one in x]), whole, atol=1e-6)


@every_pair
def test_initialisation_and_training_follow_the_seed(name: str, coder: str) -> None:
    one, same, other = build(name, coder), build(name, coder), build(name, coder, seed=1)
    for key, value in one.state_dict().items():
        assert torch.equal(same.state_dict()[key], value), key
    assert any(not torch.equal(other.state_dict()[key], value) for key, value in one.named_parameters())
    found = []
    for model in (one, same):
        torch.manual_seed(2)
        found.append(model.train()(windows()))
    assert torch.equal(*found)


@every_pair
def test_training_makes_its_loss_smaller(name: str, coder: str) -> None:
    model, v = build(name, coder).eval(), windows()
    before = loss_of(model, v).item()
    optimizer = torch.optim.Adam(model.train().parameters(), 3e-3)
    for _ in range(15):
        optimizer.zero_grad()
        loss_of(model, v).backward()
        optimizer.step()
    assert loss_of(model.eval(), v).item() < before


@every_coder
def test_a_coder_is_the_one_that_the_registry_names(coder: str) -> None:
    assert type(make_coder(coder, SHAPE, CODE)) is registry.load("coder", coder)
    for name in registry.PARTS["autoencoder"]:
        assert type(build(name, coder).coder) is registry.load("coder", coder)


@every_coder
@pytest.mark.parametrize("side", [1, 2, 5, 8])
def test_a_coder_gives_as_many_features_as_it_says_and_restores_codes(coder: str, side: int) -> None:
    model, v = make_coder(coder, (3, side, side), CODE), windows((3, side, side))
    assert model.encode(v).shape == (7, model.features)
    assert model.encode(v).min() >= 0, "hidden layers are rectified"
    assert model.decode(torch.randn(7, CODE)).shape == v.shape


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("coder", ["conv", "sb"])
@pytest.mark.parametrize("kernel_size", range(1, 7))
def test_any_kernel_fits_any_window(coder: str, kernel_size: int) -> None:
    for side in range(1, 8):
        of = partial(registry.load("coder", coder), kernels=3, kernel_size=kernel_size)
        model = registry.load("autoencoder", "ae")((2, side, side), CODE, coder=of)
        assert model(windows((2, side, side))).shape == (7, 2, side, side)
