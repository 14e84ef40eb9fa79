"""Oracle: the model's own iterations, a step by hand, and data whose archetypes are known."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.nn.archetypes.deep import DeepArchetypes, LabelledArchetypes
from lea.nn.archetypes.linear import Archetypes
from lea.training.method import Batch, Setting
from lea.training.methods.deep_archetypal import DeepArchetypal, DeepArchetypalSide
from lea.training.methods.fit_archetypes import FitArchetypes
from tests import specs
from tests.nn.turning import Turning
from tests.training.fitting import divided, fitted

ALL = specs.fit(epochs=15, batch_size="all", optimizer=None)


def points(count: int = 150) -> Tensor:
    """In a triangle, its corners first."""
    corners = torch.tensor([[0.0, 0.0, 0.5], [1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    return torch.cat([torch.eye(3), torch.rand(count, 3).softmax(1)]) @ corners


def samples(x: Tensor) -> Samples:
    return Samples(x, None, (0.0, 1.0))


def values(past: Any, metric: str, split: str = "train") -> list[float]:
    rows = [row for epoch in past.epochs for row in epoch.measurements]
    return [row.value for row in rows if (row.split, row.metric) == (split, metric)]


# --- fit-archetypes ---


@pytest.mark.parametrize("solver", ["least-squares", "frank-wolfe"])
def test_epochs_are_iterations_of_the_model(solver: Any) -> None:
    x = points() + 0.02 * torch.randn(153, 3)
    model, alone = (Archetypes((3,), archetypes=3) for _ in range(2))
    method = partial(FitArchetypes, solver=solver, candidates=None)
    torch.manual_seed(1)
    past = fitted(model, divided(samples(x), samples(x), 0), ALL, method=method)  # type: ignore[arg-type]
    torch.manual_seed(1)
    alone.place(x)
    found = [alone.improve(x, solver=solver).losses.mean().item() for _ in range(15)]
    assert values(past, "reconstruction") == pytest.approx(found, rel=1e-2)
    assert torch.allclose(model.z, alone.z, atol=1e-3)
    assert values(past, "reconstruction", "test")[-1] <= found[-1] * (1 + 1e-4)


@pytest.mark.parametrize("split", ["train", "test"])
def test_it_says_by_how_much_a_sum_was_off(split: str) -> None:
    data = divided(samples(points()), samples(points(40) - 0.2), 0)
    found = values(
        fitted(Archetypes((3,), archetypes=3), data, ALL, method=FitArchetypes), "sum_error", split
    )
    assert all(0 <= one < 1e-5 for one in found)
    assert split == "train" or found[-1] > 0


def test_batches_that_are_not_all_are_refused() -> None:
    how = specs.fit(epochs=1, batch_size=50, optimizer=None)
    data = divided(samples(points()), samples(points()), 0)
    with pytest.raises(ValueError, match=r"50 points, .* placed among 153; expected all .*batch_size: all"):
        fitted(Archetypes((3,), archetypes=3), data, how, method=FitArchetypes)


# --- deep-archetypal ---


def batch(x: Tensor, y: Tensor | None = None) -> Batch:
    return Batch(x, y, torch.arange(len(x)))


@pytest.mark.parametrize("labels", [False, True])
def test_a_step_follows_the_weighted_means(labels: bool) -> None:
    x, y = points(20), torch.arange(23) % 2
    fit = specs.fit(optimizer=specs.part("sgd", rate=0.01))
    weights: dict[str, float] = {"likelihood": 0.5, "mixture": 2.0, "archetype": 3.0}
    made = LabelledArchetypes((3,), 2, flow=Turning) if labels else DeepArchetypes((3,), flow=Turning)
    losses = made.losses_with_labels(x, y) if labels else made.losses(x)  # type: ignore[operator]
    loss = 0.5 * losses.nats.mean() + 2 * losses.mixture.mean() + 3 * losses.archetype.mean()
    if labels:
        loss, weights = loss + 4 * losses.side.mean(), weights | {"side": 4.0}
    before = {name: one.detach().clone() for name, one in made.named_parameters()}
    gradients = torch.autograd.grad(loss, list(made.parameters()))
    kind = DeepArchetypalSide if labels else DeepArchetypal
    sums = kind(Setting(Network(made, precision="float32"), fit), **weights).step(batch(x, y))
    assert sums["network", "loss"].item() / 23 == pytest.approx(loss.item(), rel=1e-5)
    assert sums["network", "archetype"].item() / 23 == pytest.approx(losses.archetype.mean().item(), rel=1e-5)
    for (name, after), gradient in zip(made.named_parameters(), gradients, strict=True):
        assert torch.allclose(after, before[name] - 0.01 * gradient, atol=1e-6), name


def test_a_training_lowers_its_loss() -> None:
    data = divided(samples(points()), samples(points()), 0)
    how = specs.fit(
        epochs=30, batch_size=51, optimizer=specs.part("adam", rate=0.05, decay=0.0, clip_norm=None)
    )
    past = fitted(DeepArchetypes((3,), flow=Turning), data, how, method=DeepArchetypal)
    for split in ("train", "test"):
        found = values(past, "loss", split)
        assert found[-1] < found[0] - 0.5


def test_a_coarser_arithmetic_is_refused() -> None:
    network = Network(DeepArchetypes((3,), flow=Turning), precision="bfloat16")
    with pytest.raises(ValueError, match="expected float32"):
        DeepArchetypal(Setting(network, specs.fit(precision="bfloat16")))
