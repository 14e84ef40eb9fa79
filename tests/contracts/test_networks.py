"""Oracle: laws that every network of the registry keeps, with the options that it has by default."""

import copy
import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea import registry
from lea.nn import LEA, VAE, FCLayout, Flow, Learnt, RealNVP, TrunkLayout, losses

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 9, 9), (2, 13, 17), (1, 8, 8), (4, 31, 30)]
CLASSES = 5
MODELS = list(registry.PARTS["model"])
UNLEARNT = ("lea.nn.compressors", "lea.nn.archetypes.linear")
COMPRESSORS = [name for name in MODELS if registry.module_of("model", name) in UNLEARNT]
DEEP = [name for name in MODELS if registry.module_of("model", name) == "lea.nn.archetypes.deep"]
NETWORKS = [name for name in MODELS if name not in COMPRESSORS]
CLASSIFIERS = [name for name in NETWORKS if "classes" in registry.context("model", name) and name not in DEEP]
WITH_LEAS = [name for name in NETWORKS if "lea" in registry.options("model", name)]
every_model = pytest.mark.parametrize("name", MODELS)
every_network = pytest.mark.parametrize("name", NETWORKS)
every_classifier = pytest.mark.parametrize("name", CLASSIFIERS)


def make_lea(shape: tuple[int, int, int]) -> LEA:
    return LEA(VAE((shape[0], 4, 4), 5), stride=2)


def build(name: str, shape: tuple[int, int, int] = (1, 12, 12), seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    given = {"shape": shape, "classes": CLASSES}
    trunk = partial(TrunkLayout, filters=(3, 4), hidden=6)
    layout = trunk if name == "vae-gan" else FCLayout
    parts = {"lea": make_lea, "layout": layout, "encoder": Learnt, "prior": RealNVP, "flow": Flow}
    options: dict[str, Any] = {
        key: parts[key]
        for key, one in registry.options("model", name).items()
        if key in parts and one.kind != registry.TRAINED
    }
    if name in COMPRESSORS and "latent" in registry.options("model", name):
        options["latent"] = shape[0] * 9
    context = [given[one] for one in registry.context("model", name)]
    network: nn.Module = registry.load("model", name)(*context, **options)
    return network


def images(shape: tuple[int, int, int] = (1, 12, 12), count: int = 6) -> Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(1))


def labels(count: int = 6) -> Tensor:
    return torch.arange(count) % CLASSES


@every_classifier
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 6])
def test_it_gives_a_finite_logit_for_each_class(name: str, shape: tuple[int, int, int], count: int) -> None:
    logits = build(name, shape)(images(shape, count))
    assert logits.shape == (count, CLASSES)
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", [name for name in WITH_LEAS if name not in CLASSIFIERS])
@pytest.mark.parametrize("shape", SHAPES)
def test_without_labels_it_gives_finite_code_maps(name: str, shape: tuple[int, int, int]) -> None:
    maps = build(name, shape)(images(shape))
    assert maps.shape == (6, 5, -(-shape[1] // 2), -(-shape[2] // 2))
    assert maps.isfinite().all()


def objective(name: str, weight: float, model: nn.Module, x: Tensor) -> Tensor:
    """The classification loss, where there is one, and the losses of the LEAs, where they have a weight."""
    y = model(x)
    if name in ("encoder-decoder", "vae-gan"):
        mean, log_sigma = model.encode(x)  # type: ignore[operator]
        told = model.discriminator(x)[1].square().sum() if name == "vae-gan" else torch.zeros(())  # type: ignore[operator]
        return told + y.square().sum() + log_sigma.sum() - model.prior.density(mean).total.sum()  # type: ignore[operator,union-attr]
    if name in ("flow", "multi-scale-flow"):
        return -model.density(x).total.sum()  # type: ignore[operator]
    if name == "discriminator":
        return F.binary_cross_entropy_with_logits(y[:, 0], labels() % 2.0)
    if name in DEEP:
        told = model.losses_with_labels(x, labels()) if name.startswith("labelled") else model.losses(x)  # type: ignore[operator]
        return torch.stack([one.sum() for one in told if one is not None]).sum()
    total = F.cross_entropy(y, labels()) if name in CLASSIFIERS else torch.zeros(())
    return total + weight * sum(loss.total for loss in losses(model).values()) if weight else total


@pytest.mark.parametrize(
    ("name", "weight"),
    [*((name, 1.0) for name in NETWORKS), *((name, 0.0) for name in WITH_LEAS if name in CLASSIFIERS)],
)
def test_the_gradient_of_its_objective_reaches_every_parameter_and_the_input(
    name: str, weight: float
) -> None:
    model, x = build(name), images().requires_grad_()
    objective(name, weight, model, x).backward()
    unused = () if weight else ("widen", "restore")  # the decoder, which nobody asks
    for key, parameter in model.named_parameters():
        if key.split(".")[-2] in unused:
            assert parameter.grad is None, key
        else:
            assert parameter.grad is not None, key
            assert parameter.grad.abs().sum() > 0, key
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize("name", WITH_LEAS)
def test_each_lea_has_its_losses_after_a_forward_pass(name: str) -> None:
    model = build(name)
    model(images())
    found = losses(model)
    assert len(found) == sum(isinstance(module, LEA) for module in model.modules()) > 0
    for loss in found.values():
        assert loss.total.isfinite()
        assert loss.total >= loss.reconstruction >= 0


@every_network
def test_its_state_makes_another_network_the_same(name: str) -> None:
    model, other = build(name).eval(), build(name, seed=1).eval()
    assert not torch.equal(model(images()), other(images()))
    assert other.load_state_dict(model.state_dict()) == ([], [])
    assert torch.equal(model(images()), other(images()))


@every_network
def test_its_copy_is_independent(name: str) -> None:
    model = build(name).eval()
    before, twin = model(images()), copy.deepcopy(model)
    assert torch.equal(twin(images()), before)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1)
    assert torch.equal(model(images()), before)
    assert not torch.equal(twin(images()), before)


@every_model
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-5), (torch.bfloat16, 0.1)])
def test_it_computes_in_the_type_of_its_weights(name: str, dtype: torch.dtype, tolerance: float) -> None:
    model = build(name).eval()
    expected = model(images())
    found = model.to(dtype)(images().to(dtype))
    assert found.dtype == dtype
    assert torch.allclose(found.float(), expected, atol=tolerance)


@every_model
def test_evaluation_is_deterministic_and_sees_each_picture_alone(name: str) -> None:
    model, x = build(name).eval(), images()
    whole = model(x)
    assert torch.equal(model(x), whole)
    assert torch.allclose(model(x.to(memory_format=torch.channels_last)), whole, atol=1e-6)
    assert torch.allclose(torch.cat([model(one[None]) for one in x]), whole, atol=1e-6)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    assert torch.allclose(model(x[order]), whole[order], atol=1e-6)


@every_network
def test_initialisation_follows_the_seed(name: str) -> None:
    one, same, other = build(name), build(name), build(name, seed=1)
    for key, value in one.state_dict().items():
        assert torch.equal(same.state_dict()[key], value), key
    assert any(not torch.equal(other.state_dict()[key], value) for key, value in one.state_dict().items())


@every_classifier
def test_an_untrained_network_is_about_as_good_as_a_guess(name: str) -> None:
    loss = F.cross_entropy(build(name)(images()), labels()).item()
    assert abs(loss - math.log(CLASSES)) < 0.3
