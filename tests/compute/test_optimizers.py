"""Oracle: PyTorch's own optimizers and its limit on norms, to the bit."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lea import registry
from lea.compute.optimizers import SGD, Adam, Bare, Idle, RMSprop

Make = Callable[..., Any]
KINDS: dict[str, tuple[Make, dict[str, Any], Make, dict[str, Any]]] = {  # ours, and PyTorch's
    "adam": (Adam, {"rate": 1e-2}, torch.optim.Adam, {"lr": 1e-2, "fused": True}),
    "adam, decay": (
        Adam,
        {"rate": 3e-2, "decay": 0.1},
        torch.optim.Adam,
        {"lr": 3e-2, "weight_decay": 0.1, "fused": True},
    ),
    "sgd": (SGD, {"rate": 1e-2}, torch.optim.SGD, {"lr": 1e-2}),
    "sgd, momentum and decay": (
        SGD,
        {"rate": 1e-2, "momentum": 0.9, "decay": 0.1},
        torch.optim.SGD,
        {"lr": 1e-2, "momentum": 0.9, "weight_decay": 0.1},
    ),
    "rmsprop": (RMSprop, {"rate": 1e-3}, torch.optim.RMSprop, {"lr": 1e-3}),
    "rmsprop, all": (
        RMSprop,
        {"rate": 1e-3, "smoothing": 0.9, "momentum": 0.5, "decay": 0.1},
        torch.optim.RMSprop,
        {"lr": 1e-3, "alpha": 0.9, "momentum": 0.5, "weight_decay": 0.1},
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS)
clipped = pytest.mark.parametrize("clip_norm", [None, 0.5, 1e6])


class Model(nn.Module):
    """Weights of every layout: channels last, a single number, one that is never used."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.hidden = nn.Linear(16, 5)
        self.scale = nn.Parameter(torch.tensor(1.5))
        self.unused = nn.Parameter(torch.ones(2))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.scale * self.hidden(self.conv(x).relu().flatten(1))
        return out


def losses(model: Model, step: int) -> None:
    """Leave gradients: every other step of the last layer alone."""
    x = torch.randn(4, 3, 4, 4, generator=torch.Generator().manual_seed(step))
    inputs = None if step % 2 else list(model.hidden.parameters())
    model(x).square().sum().backward(inputs=inputs)


def theirs_steps(model: Model, kind: str, clip_norm: float | None, steps: int) -> None:
    optimizer = KINDS[kind][2](model.parameters(), **KINDS[kind][3])
    for step in range(steps):
        optimizer.zero_grad()
        losses(model, step)
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimizer.step()


def ours_steps(model: Model, optimizer: Bare, steps: range) -> None:
    for step in steps:
        optimizer.zero_grad()
        assert all(weight.grad is None for weight in model.parameters())
        losses(model, step)
        optimizer.step()


def same(model: Model, expected: Model) -> None:
    for weight, other in zip(model.parameters(), expected.parameters(), strict=True):
        assert torch.equal(weight, other)
        assert weight.stride() == other.stride()
        assert weight.is_leaf
        assert weight.requires_grad


def made(kind: str, model: Model, clip_norm: float | None) -> Bare:
    optimizer: Bare = KINDS[kind][0](model.parameters(), **KINDS[kind][1], clip_norm=clip_norm)
    return optimizer


@clipped
@every_kind
def test_steps_are_pytorchs_and_leave_no_graph(kind: str, clip_norm: float | None) -> None:
    ours = Model()
    start, theirs = deepcopy(ours), deepcopy(ours)
    ours_steps(ours, made(kind, ours, clip_norm), range(6))
    theirs_steps(theirs, kind, clip_norm, 6)
    same(ours, theirs)
    pairs = zip(ours.parameters(), start.parameters(), strict=True)
    assert [torch.equal(one, other) for one, other in pairs].count(True) == 1  # the one that is not used


def read_again(kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """As a file has them: in one layout, of nobody else's memory."""
    return {name: tensor.detach().contiguous().clone() for name, tensor in kept.items()}


@clipped
@pytest.mark.parametrize("done", [0, 1, 3])  # at 1 some weights have had no gradient yet
@every_kind
def test_what_is_kept_goes_on_in_the_same_bits(kind: str, done: int, clip_norm: float | None) -> None:
    ours = Model()
    theirs = deepcopy(ours)
    theirs_steps(theirs, kind, clip_norm, 6)
    first = made(kind, ours, clip_norm)
    ours_steps(ours, first, range(done))
    kept, going_on = read_again(first.kept()), deepcopy(ours)
    second = made(kind, going_on, clip_norm)
    second.take_up(kept)
    for one, other in zip(second.kept().values(), first.kept().values(), strict=True):
        assert one.stride() == other.stride()
    ours_steps(going_on, second, range(done, 6))
    same(going_on, theirs)


def test_what_was_taken_up_is_its_own() -> None:
    model = Model()
    first = made("adam", model, None)
    ours_steps(model, first, range(2))
    kept = first.kept()
    before = {name: one.clone() for name, one in kept.items()}
    second = made("adam", deepcopy(model), None)
    second.take_up(kept)
    for one in second.kept().values():
        one.zero_()
    assert all(torch.equal(one, before[name]) for name, one in kept.items())


def test_a_limit_shortens_the_gradient_of_all_weights_together() -> None:
    weights = [nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(2, 2))]
    optimizer = SGD(weights, rate=1.0, clip_norm=2.0)
    for weight, value in zip(weights, (3.0, 4.0), strict=True):
        weight.grad = torch.full_like(weight, value)
    length = (3 * 9.0 + 4 * 16.0) ** 0.5
    optimizer.step()
    for weight, value in zip(weights, (3.0, 4.0), strict=True):
        assert torch.allclose(weight, torch.full_like(weight, -2 * value / length), rtol=1e-5)


def test_the_first_step_of_rmsprop_and_sgd_in_closed_form() -> None:
    for optimizer, expected in (
        (RMSprop([nn.Parameter(torch.tensor([5.0]))], rate=0.1, smoothing=0.75), 5 - 0.1 / (0.25**0.5)),
        (SGD([nn.Parameter(torch.tensor([5.0]))], rate=0.1, momentum=0.9, decay=0.5), 5 - 0.1 * (3 + 2.5)),
    ):
        (weight,) = optimizer.weights
        weight.grad = torch.tensor([3.0])
        optimizer.step()
        assert weight.item() == pytest.approx(expected, rel=1e-6)


def test_an_idle_one_has_nothing_and_says_nothing() -> None:
    idle = Idle()
    idle.zero_grad()
    idle.step()
    idle.take_up(idle.kept())
    assert (idle.weights, idle.kept()) == ([], {})


def test_the_registry_reads_what_each_can_be_told() -> None:
    shared = {"rate", "decay", "clip_norm"}
    for name, more in {"adam": set(), "sgd": {"momentum"}, "rmsprop": {"momentum", "smoothing"}}.items():
        options = registry.options("optimizer", name)
        assert set(options) == shared | more
        assert [key for key, option in options.items() if option.required] == ["rate"]
        assert set(registry.constant("optimizer", name, "LIMITS")) == set(options)


STEPS = """
import sys, torch
from torch import nn
from lea.compute import optimizers
for name in ("Adam", "SGD", "RMSprop"):
    model = nn.Linear(3, 2)
    optimizer = getattr(optimizers, name)(model.parameters(), rate=0.1, decay=0.1, clip_norm=1.0)
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.ones(4, 3)).sum().backward(inputs=optimizer.weights)
        optimizer.step()
    optimizer.take_up(optimizer.kept())
print([name for name in sys.modules if name.startswith(("torch._dynamo", "torch._inductor"))])
"""


def test_nothing_imports_pytorchs_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
