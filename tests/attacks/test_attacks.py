"""Oracle: a linear classifier, whose smallest perturbation is known in closed form; brute force on tiny
images; turns and shifts by scipy."""

from collections.abc import Callable
from itertools import product

import foolbox
import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor, nn

from lea import registry
from lea.attacks.search import Attack, Search, cross_entropy, margin
from lea.attacks.spatial import shifted, turned

NAMES = sorted(registry.PARTS["attack"])
BOUNDS = (0.0, 1.0)
CLASSES, SIDE, COUNT = 4, 6, 12


class Linear(nn.Module):
    """(b, 1, h, w) -> (b, classes), without a bend."""

    def __init__(self, side: int = SIDE, classes: int = CLASSES, scale: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = scale * torch.randn(classes, side * side, generator=generator)
        self.queries = 0

    def forward(self, x: Tensor) -> Tensor:
        self.queries += len(x)
        return (x - 0.5).flatten(1) @ self.weight.T.to(x.dtype)


def images(side: int = SIDE, count: int = COUNT, low: float = 0.4, high: float = 0.6) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return low + (high - low) * torch.rand(count, 1, side, side, generator=generator)


def attack(name: str, **options: object) -> Attack:
    made: Attack = registry.load("attack", name)(**options)
    return made


def run(name: str, model: nn.Module, x: Tensor, labels: Tensor | None = None, **options: object) -> Search:
    labels = model(x).argmax(1) if labels is None else labels
    return attack(name, **options).search(model, BOUNDS, x, labels)


def smallest(model: Linear, x: Tensor) -> Tensor:
    """(n,) mean square of the way to the nearest boundary, where no bound is in the way."""
    logits = model(x).double()
    label = logits.argmax(1)
    ways = []
    for sample, own in enumerate(label.tolist()):
        others = [k for k in range(CLASSES) if k != own]
        ways.append(
            min(
                (logits[sample, own] - logits[sample, k]).item()
                / (model.weight[own] - model.weight[k]).double().norm().item()
                for k in others
            )
        )
    return torch.tensor(ways, dtype=torch.float64) ** 2 / x[0].numel()


@pytest.mark.parametrize("name", NAMES)
def test_no_attack_beats_the_closed_form(name: str) -> None:
    model, x = Linear(), images()
    least = smallest(model, x)
    found = run(name, model, x)
    assert (found.distance[found.found] >= least[found.found] * (1 - 1e-4)).all()


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("deepfool", 1.06),
        ("deepfool-tie-safe", 1.06),
        ("slsqp-corrected", 1.03),
        ("projected-gradient", 1.7),
        ("projected-gradient-margin", 1.7),
    ],
)
def test_attacks_that_follow_gradients_come_close_to_it(name: str, within: float) -> None:
    """The projected gradient looks for the smallest largest change, which is not the shortest way."""
    model, x = Linear(), images()
    found = run(name, model, x)
    assert found.found.all()
    assert (found.distance.sqrt() <= smallest(model, x).sqrt() * within + 1e-4).all()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_is_adversarial_in_bounds_and_as_far_as_it_says(name: str) -> None:
    model, x = Linear(), images(low=0.0, high=1.0)
    found = run(name, model, x)
    assert ((found.best >= 0) & (found.best <= 1)).all()
    adversarial = model(found.best).argmax(1) != found.labels
    assert torch.equal(adversarial | ~found.found, torch.ones_like(found.found))
    away = (found.best.double() - x.double()).square().flatten(1).mean(1)
    assert torch.allclose(away[found.found], found.distance[found.found])
    assert torch.equal(found.best[~found.found], x[~found.found])


@pytest.mark.parametrize("name", NAMES)
def test_samples_that_are_wrong_already_are_not_attacked(name: str) -> None:
    model, x = Linear(), images(count=4)
    labels = model(x).argmax(1)
    labels[1] = (labels[1] + 1) % CLASSES
    found = run(name, model, x, labels)
    assert found.distance[1] == 0
    assert found.queries[1] == 1
    assert torch.equal(found.best[1], x[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_attacked_alike_alone_and_in_any_batch(name: str) -> None:
    model, x = Linear(), images(count=5)
    together = run(name, model, x)
    alone = attack(name)
    alone.first = 3
    single = alone.search(model, BOUNDS, x[3:4], model(x[3:4]).argmax(1))
    assert single.found.item() == together.found[3].item()
    assert torch.allclose(single.best[0], together.best[3], atol=1e-3)  # batches round differently


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bits_through_foolbox_too(name: str) -> None:
    model, x = Linear(), images(count=4)
    labels = model(x).argmax(1)
    first = run(name, model, x)
    wrapped = foolbox.PyTorchModel(model.eval(), bounds=BOUNDS, device="cpu")
    state = torch.get_rng_state()
    raw, clipped, success = attack(name)(wrapped, x, labels, epsilons=None)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(raw, first.best)
    assert torch.equal(clipped, raw)
    # foolbox asks again in a batch of its own: at the boundary, where some stop, that may round otherwise.
    two = model(raw).topk(2).values
    tie = two[:, 0] - two[:, 1] < 1e-5
    assert torch.equal(success | tie, first.found | tie)


def test_single_pixel_finds_what_trying_every_pixel_finds() -> None:
    model, x = Linear(4, scale=1.0), images(4, 20)
    labels = model(x).argmax(1)
    found = run("single-pixel", model, x)
    for sample, label in enumerate(labels.tolist()):
        possible = False
        for row, column, value in product(range(4), range(4), BOUNDS):
            other = x[sample].clone()
            other[:, row, column] = value
            possible |= model(other[None]).argmax(1).item() != label
        assert found.found[sample].item() == possible


@pytest.mark.parametrize("loss", [cross_entropy, margin])
def test_both_losses_have_the_same_direction(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    logits = torch.randn(7, 5, dtype=torch.float64, requires_grad=True)
    labels = torch.arange(7) % 5
    (found,) = torch.autograd.grad(loss(logits, labels).sum(), logits)
    (wanted,) = torch.autograd.grad(
        torch.nn.functional.cross_entropy(logits, labels, reduction="sum"), logits
    )
    assert torch.allclose(found / found.norm(dim=1, keepdim=True), wanted / wanted.norm(dim=1, keepdim=True))


def test_a_sure_network_hides_from_the_cross_entropy_and_not_from_the_margin() -> None:
    model, x = Linear(scale=1000.0), images()
    plain, sure = run("gradient-sign", Linear(), x), run("gradient-sign", model, x)
    corrected = run("gradient-sign-margin", model, x)
    assert plain.found.all()
    assert sure.found.sum() < COUNT / 2
    assert corrected.found.all()


def test_a_turn_and_a_shift_are_scipys() -> None:
    x = images(9, 2, 0.0, 1.0).double()
    for degrees, (down, right) in product((-5.0, 3.0), ((1.5, -2.25), (0.0, 5.0))):
        canvas = turned(x, degrees)
        expected = ndimage.rotate(
            x.numpy(), degrees, axes=(2, 3), reshape=True, order=1, mode="constant", cval=0.0
        )
        assert np.allclose(canvas.numpy(), expected, atol=1e-9)
        moved = ndimage.shift(expected, (0, 0, down, right), order=3)
        start = (moved.shape[2] - 9) // 2, (moved.shape[3] - 9) // 2
        wanted = moved[:, :, start[0] : start[0] + 9, start[1] : start[1] + 9]
        assert np.allclose(shifted(canvas, down, right, (9, 9)).numpy(), wanted, atol=1e-9)


class Broken(nn.Module):
    """Nothing to follow: the logits do not depend on the image."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tensor([1.0, 0.5, 0.0]).expand(len(x), -1) + 0 * x.flatten(1).sum(1, keepdim=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_without_a_gradient_is_survived(name: str) -> None:
    found = run(name, Broken(), images(count=3))
    assert not found.found.any()
    if name in ("deepfool", "deepfool-tie-safe", "adef", "adef-overshoot", "slsqp-corrected"):
        assert name.startswith("deepfool") or found.failed.all()
