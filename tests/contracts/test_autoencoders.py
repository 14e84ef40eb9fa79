"""Oracle: laws that every autoencoder of the registry keeps with every coder, alone and in a LEA."""

import copy
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.func import functional_call, grad, jacrev, stack_module_state, vmap

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


class Objective(nn.Module):
    """A network with a LEA and what it minimises, in one module: what `functional_call` has to be given."""

    def __init__(self, model: nn.Module, stride: int | None = 2) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), LEA(model, stride))
        advance(self.network, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.network(x)
        total: Tensor = maps.sin().sum()
        return total + losses(self.network)["1"].total if self.training else total

    def weights(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self.named_parameters()}


def one_channel(count: int, height: int = 9, width: int = 6) -> Tensor:
    return torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(1))


EXPORTED = {  # stride, sizes that are exported for: the example's, then others
    "any batch": (2, [(3, 9, 6), (1, 9, 6), (8, 9, 6)]),
    "any batch, the image a window": (None, [(3, 4, 4), (1, 4, 4), (8, 4, 4)]),
    "any batch and any size": (2, [(3, 9, 6), (1, 4, 11), (8, 12, 5)]),
}


def dimensions(sizes: list[tuple[int, int, int]]) -> tuple[dict[int, Dim]]:
    """What differs among the sizes."""
    names = [(0, "batch"), (2, "height"), (3, "width")]
    changes = [len(set(values)) > 1 for values in zip(*sizes, strict=True)]
    pairs = zip(names, changes, strict=True)
    return ({axis: Dim(name, min=0 if axis == 0 else 3) for (axis, name), change in pairs if change},)


@every_pair
@pytest.mark.parametrize("case", EXPORTED)
def test_a_network_with_it_is_exported_for(name: str, coder: str, case: str) -> None:
    stride, sizes = EXPORTED[case]
    network = Objective(build(name, coder), stride).network.eval()
    exported = torch.export.export(network, (one_channel(*sizes[0]),), dynamic_shapes=dimensions(sizes))
    for size in sizes:
        x = one_channel(*size)
        assert torch.allclose(exported.module()(x), network(x), rtol=0, atol=1e-6)


@every_pair
def test_onnx_runtime_computes_the_same_for_any_batch_and_any_size(
    name: str, coder: str, tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    stride, sizes = EXPORTED["any batch and any size"]
    network, file = Objective(build(name, coder), stride).network.eval(), tmp_path / "network.onnx"
    example = (one_channel(*sizes[0]),)
    torch.onnx.export(network, example, file, dynamo=True, dynamic_shapes=dimensions(sizes), verbose=False)
    session = runtime.InferenceSession(file)
    for size in sizes:
        x = one_channel(*size)
        (maps,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        assert torch.allclose(torch.from_numpy(maps), network(x), rtol=0, atol=1e-6)


def same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    for key, value in expected.items():
        assert torch.allclose(found[key], value, rtol=1e-4, atol=1e-5), key


@every_pair
@pytest.mark.parametrize("training", [True, False])
def test_gradients_as_functions_are_those_of_a_backward_pass(name: str, coder: str, training: bool) -> None:
    objective, x = Objective(build(name, coder)).train(training), one_channel(4).requires_grad_()
    torch.manual_seed(2)
    objective(x).backward()
    expected = {key: torch.zeros_like(value) for key, value in objective.named_parameters()}
    expected |= {key: value.grad for key, value in objective.named_parameters() if value.grad is not None}
    torch.manual_seed(2)
    found, of_x = grad(partial(functional_call, objective), (0, 1))(objective.weights(), x.detach())
    same({"x": of_x, **found}, {"x": x.grad, **expected})
    assert training == any("restore" in key and value.any() for key, value in found.items())


@every_pair
@pytest.mark.parametrize("training", [True, False])
def test_gradients_of_each_sample_are_those_of_the_sample_alone(
    name: str, coder: str, training: bool
) -> None:
    objective, x = Objective(build(name, coder)).train(training), one_channel(4)
    gradient = grad(lambda weights, one: functional_call(objective, weights, (one[None],)))
    torch.manual_seed(2)
    found = vmap(gradient, (None, 0), randomness="same")(objective.weights(), x)
    for place, one in enumerate(x):
        torch.manual_seed(2)
        same({key: value[place] for key, value in found.items()}, gradient(objective.weights(), one))


@every_pair
@pytest.mark.parametrize("training", [True, False])
def test_many_models_at_once_are_those_models(name: str, coder: str, training: bool) -> None:
    models = [Objective(build(name, coder, seed=seed)).train(training) for seed in range(3)]
    x, gradient = one_channel(4), grad(partial(functional_call, copy.deepcopy(models[0]).to("meta")))
    weights, buffers = stack_module_state(models)
    weights = {key: value.detach() for key, value in weights.items()}
    torch.manual_seed(2)
    state = vmap(lambda *state: gradient({**state[0], **state[1]}, x), randomness="same")(weights, buffers)
    for place, model in enumerate(models):
        torch.manual_seed(2)
        expected = grad(partial(functional_call, model))(model.weights(), x)
        same({key: value[place] for key, value in state.items()}, expected)


@every_pair
def test_jacobians_are_those_of_autograd(name: str, coder: str) -> None:
    layer, x = LEA(build(name, coder), 2).eval(), torch.rand(1, 3, 5, 4)
    assert torch.allclose(jacrev(layer)(x), torch.autograd.functional.jacobian(layer, x), atol=1e-6)
    with pytest.raises(RuntimeError, match="no losses"):
        losses(layer)


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
