"""Oracle: loops in NumPy, closed forms of gradients, torch.distributions, perfect and useless windows."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from lea.nn.losses import (
    Loss,
    confidence,
    gaussian_divergence,
    normalised_loss,
    reconstruction_loss,
    window_losses,
)

SHAPES = [(5, 3, 4, 4), (1, 1, 28, 28), (7, 2, 1, 1), (64, 32, 4, 4)]
every_shape = pytest.mark.parametrize("shape", SHAPES)


def pair(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """A reconstruction and its windows."""
    r, v = torch.randn(2, *shape, dtype=torch.float64)
    return r, 3 * v + 1


def normalised(r: Tensor, v: Tensor) -> float:
    return normalised_loss(reconstruction_loss(r, v), v).item()


@every_shape
def test_the_loss_of_a_window_is_the_sum_of_its_squared_errors(shape: tuple[int, ...]) -> None:
    r, v = pair(shape)
    expected = np.zeros(shape[0])
    for index in np.ndindex(*shape):
        expected[index[0]] += (r[index].item() - v[index].item()) ** 2
    assert np.allclose(window_losses(r, v).numpy(), expected, rtol=1e-12)
    assert reconstruction_loss(r, v).shape == ()
    assert np.isclose(reconstruction_loss(r, v).item(), expected.sum() / shape[0], rtol=1e-12)


@every_shape
def test_the_reconstruction_loss_pulls_by_twice_the_mean_error(shape: tuple[int, ...]) -> None:
    r, v = pair(shape)
    reconstruction_loss(r.requires_grad_(), v).backward()
    assert torch.allclose(r.grad, 2 * (r.detach() - v) / shape[0], rtol=1e-12)


def test_repeated_windows_change_no_mean() -> None:
    r, v = pair((5, 3, 4, 4))
    twice = r.repeat(2, 1, 1, 1), v.repeat(2, 1, 1, 1)
    assert math.isclose(reconstruction_loss(*twice).item(), reconstruction_loss(r, v).item())
    assert math.isclose(normalised(*twice), normalised(r, v))


def test_losses_do_not_depend_on_the_order_of_values_in_memory() -> None:
    r, v = pair((5, 3, 4, 4))
    last = r.to(memory_format=torch.channels_last), v
    assert torch.allclose(window_losses(*last), window_losses(r, v), rtol=1e-14)
    assert torch.allclose(reconstruction_loss(*last), reconstruction_loss(r, v), rtol=1e-14)


def test_sums_of_bfloat16_values_are_taken_in_float32() -> None:
    r, v = (value.bfloat16() for value in pair((64, 32, 4, 4)))
    exact = r.double(), v.double()
    for loss in (window_losses, reconstruction_loss):
        assert loss(r, v).dtype == torch.float32
        assert torch.allclose(loss(r, v).double(), loss(*exact), rtol=1e-5)
    assert math.isclose(normalised(r, v), normalised(*exact), rel_tol=1e-5)
    mean, log_sigma = r.flatten(1), v.flatten(1) / 4
    assert gaussian_divergence(mean, log_sigma).dtype == torch.float32
    found, expected = (
        gaussian_divergence(*both) for both in ((mean, log_sigma), (mean.double(), log_sigma.double()))
    )
    assert torch.allclose(found.double(), expected, rtol=1e-5)


@every_shape
def test_the_normalised_loss_is_the_mean_of_errors_over_the_range(shape: tuple[int, ...]) -> None:
    r, v = pair(shape)
    span = max(v.flatten().tolist()) - min(v.flatten().tolist())
    errors = [((a - b) / span) ** 2 for a, b in zip(r.flatten().tolist(), v.flatten().tolist(), strict=True)]
    assert math.isclose(normalised(r, v), sum(errors) / len(errors), rel_tol=1e-10)


@pytest.mark.parametrize("scale", [1e-3, -2.0, 50.0])
@pytest.mark.parametrize("shift", [-3.0, 0.0, 10.0])
def test_the_normalised_loss_ignores_scale_and_shift(scale: float, shift: float) -> None:
    r, v = pair((5, 3, 4, 4))
    moved = normalised(scale * r + shift, scale * v + shift)
    assert math.isclose(moved, normalised(r, v), rel_tol=1e-9)
    raw = reconstruction_loss(scale * r + shift, scale * v + shift).item()
    assert math.isclose(raw, scale**2 * reconstruction_loss(r, v).item(), rel_tol=1e-9)


def test_perfect_reconstructions_lose_nothing_and_opposite_ones_all() -> None:
    _, v = pair((5, 3, 4, 4))
    opposite = torch.where(v > v.mean(), v.min(), v.max())
    extremes = torch.where(v > v.mean(), v.max(), v.min())
    assert reconstruction_loss(v, v) == 0
    assert normalised(v, v) == 0
    assert torch.equal(window_losses(v, v), torch.zeros(5, dtype=v.dtype))
    assert math.isclose(normalised(opposite, extremes), 1)
    assert normalised(extremes.mean().expand_as(v), extremes) <= 0.25


def test_the_normalised_loss_is_not_a_number_when_all_values_are_equal() -> None:
    r = torch.rand(5, 3, 4, 4)
    assert math.isnan(normalised(r, torch.ones_like(r)))


@pytest.mark.parametrize("shape", [(1, 1), (6, 10), (100, 3)])
def test_the_divergence_is_that_of_independent_normal_distributions(shape: tuple[int, int]) -> None:
    mean, log_sigma = torch.randn(2, *shape, dtype=torch.float64)
    code = Independent(Normal(mean, log_sigma.exp()), 1)
    standard = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
    found = gaussian_divergence(mean, log_sigma)
    assert found.shape == ()
    assert torch.allclose(found, kl_divergence(code, standard).mean(), rtol=1e-12)


def test_the_divergence_is_what_hand_arithmetic_gives_in_nats() -> None:
    mean = torch.tensor([[3.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    log_sigma = torch.tensor([[0.0, 0.0], [0.0, math.log(2)]], dtype=torch.float64)
    # window 0: 9 / 2; window 1: (4 - log 4 - 1) / 2
    expected = (4.5 + (3 - math.log(4)) / 2) / 2
    assert math.isclose(gaussian_divergence(mean, log_sigma).item(), expected, rel_tol=1e-14)
    assert gaussian_divergence(0 * mean, 0 * log_sigma) == 0


def test_the_divergence_pulls_towards_the_standard_normal_distribution() -> None:
    mean, log_sigma = torch.randn(2, 6, 10, dtype=torch.float64).requires_grad_()
    of_mean, of_log_sigma = torch.autograd.grad(gaussian_divergence(mean, log_sigma), (mean, log_sigma))
    assert torch.allclose(of_mean, mean / 6, rtol=1e-12)
    assert torch.allclose(of_log_sigma, ((2 * log_sigma).exp() - 1) / 6, rtol=1e-12)


def test_confidence_is_what_is_left_of_the_largest_loss_of_each_image() -> None:
    losses = torch.rand(3, 4, 5, dtype=torch.float64) * torch.tensor([1.0, 10.0, 1e-3])[:, None, None]
    expected = np.zeros((3, 4, 5))
    for image, row, column in np.ndindex(3, 4, 5):
        expected[image, row, column] = 1 - losses[image, row, column] / losses[image].max()
    found = confidence(losses)
    assert np.allclose(found.numpy(), expected, rtol=0, atol=1e-14)
    assert torch.equal(found.amin((1, 2)), torch.zeros(3, dtype=torch.float64))
    assert found.max() < 1


def test_confidence_ranks_a_perfect_window_first_and_the_worst_last() -> None:
    losses = torch.tensor([[[0.0, 2.0], [1.0, 4.0]], [[8.0, 8.0], [8.0, 8.0]]])
    assert torch.equal(
        confidence(losses), torch.tensor([[[1.0, 0.5], [0.75, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    )
    assert confidence(torch.zeros(1, 2, 2)).isfinite().all()


def test_a_loss_without_divergence_says_so() -> None:
    total = torch.tensor(1.0)
    assert Loss(total, total).divergence is None
    assert Loss._fields == ("total", "reconstruction", "divergence")
