"""Oracle: losses in plain formulas and their gradients by autograd, the closed form of the divergence, the
published schedule; a step of gradient descent by hand.
"""

import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, distributions, nn

from lea.compute.network import Network
from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.learnt import Learnt
from lea.nn.layouts.fc import FCLayout
from lea.nn.layouts.trunk import TrunkMapsLayout
from lea.nn.losses import charbonnier
from lea.nn.priors.normal import Normal
from lea.studies.topography.methods.charbonnier import Charbonnier, CharbonnierVAE, intended_weight
from lea.training.method import Batch, Method, Setting
from tests import specs

SHAPE, RATE, COUNT = (1, 8, 6), 1e-3, 5


class Sides(nn.Module):
    """Features: a tile's two halves."""

    weights = (1.0, 0.5)

    def read(self, tiles: Tensor) -> list[Tensor]:
        return [tiles[..., :3] * 2, tiles[..., 3:] ** 2]


def model(constant: bool = False) -> EncoderDecoder:
    encoder = partial(Learnt, constant=constant)
    return EncoderDecoder(SHAPE, layout=FCLayout, encoder=encoder, prior=Normal, latent=3)


def method(kind: Any, made: nn.Module, **options: Any) -> Any:
    fit = specs.fit(optimizer=specs.part("sgd", rate=RATE))
    return kind(Setting(Network(made, precision="float32"), fit), **options)


def tiles(count: int = COUNT) -> Tensor:
    return torch.rand(count, *SHAPE)


def batch(x: Tensor) -> Batch:
    return Batch(x, None, torch.arange(len(x)))


def far(r: Tensor, v: Tensor) -> Tensor:
    return torch.stack([((a - b) ** 2 + 1e-10).sqrt().sum() for a, b in zip(r, v, strict=True)])


def check_step(learning: Method, made: nn.Module, x: Tensor, loss: Tensor, seed: int = 3) -> None:
    """It goes down the gradient of a loss that was made of the same draws."""
    before = {name: one.detach().clone() for name, one in made.named_parameters()}
    gradients = torch.autograd.grad(loss, list(made.parameters()))
    torch.manual_seed(seed)
    learning.step(batch(x))
    for (name, after), gradient in zip(made.named_parameters(), gradients, strict=True):
        assert torch.allclose(after, before[name] - RATE * gradient, rtol=1e-4, atol=1e-6), name


def drawn(made: EncoderDecoder, x: Tensor, draws: int = 1) -> tuple[list[Tensor], Tensor]:
    """Reconstructions of codes drawn one after another from seed 3, and the divergence of each tile."""
    torch.manual_seed(3)
    mean, log_sigma = made.encode(x)
    found = [made.decode(mean + log_sigma.exp() * torch.randn_like(mean)) for _ in range(draws)]
    posterior = distributions.Normal(mean, log_sigma.exp())
    divergence = distributions.kl_divergence(posterior, distributions.Normal(0.0, 1.0)).sum(1)
    return found, divergence


def test_charbonniers_distance_is_that_of_values_but_smooth_at_zero() -> None:
    x = torch.zeros(2, 3, 4, dtype=torch.float64)
    assert charbonnier(x, x).tolist() == pytest.approx([12e-5, 12e-5])
    assert charbonnier(x + 0.7, x).tolist() == pytest.approx([8.4, 8.4])


def test_an_autoencoder_follows_the_mean_over_all_values() -> None:
    made, x = model(constant=True), tiles()
    loss = far(made.decode(made.encode(x).mean), x).sum() / (COUNT * math.prod(SHAPE))
    check_step(method(Charbonnier, made), made, x, loss)


def test_penalties_and_slopes_are_added() -> None:
    made, x = model(constant=True), tiles()
    restored = made.decode(made.encode(x).mean)
    down = far(restored[..., 1:, :] - restored[..., :-1, :], x[..., 1:, :] - x[..., :-1, :])
    right = far(restored[..., 1:] - restored[..., :-1], x[..., 1:] - x[..., :-1])
    loss = (far(restored, x) + 0.3 * (down + right)).mean() / math.prod(SHAPE)
    for name, one in made.named_parameters():
        if name.endswith("weight"):
            loss = loss + 0.01 * one.abs().sum() + 0.02 * one.square().sum()
    check_step(method(Charbonnier, made, slopes=0.3, absolute=0.01, squares=0.02), made, x, loss)


def test_the_source_adds_errors_and_averages_features_of_another_code() -> None:
    made, x = model(), tiles()
    (first, second), _ = drawn(made, x, 2)
    features = far(2 * second[..., :3], 2 * x[..., :3]) + 0.5 * far(second[..., 3:] ** 2, x[..., 3:] ** 2)
    loss = far(first, x).sum() + features.mean() / 2
    check_step(method(CharbonnierVAE, made, protocol="source", features=Sides), made, x, loss)


@pytest.mark.parametrize(("protocol", "epoch", "weight"), [("intended", 11.4, 0.5987), ("elbo", 0.0, 1.0)])
def test_the_other_protocols_average_over_the_batch(protocol: str, epoch: float, weight: float) -> None:
    made, x = model(), tiles()
    (only,), divergence = drawn(made, x)
    features = far(2 * only[..., :3], 2 * x[..., :3]) + 0.5 * far(only[..., 3:] ** 2, x[..., 3:] ** 2)
    loss = (far(only, x) + weight * divergence + features / 2).mean()
    learning = method(CharbonnierVAE, made, protocol=protocol, features=Sides)
    learning.advance(epoch, 100)
    check_step(learning, made, x, loss)


def test_the_weight_of_the_divergence_rises_as_it_was_meant_to() -> None:
    assert [intended_weight(epoch) for epoch in range(3)] == [0, 0, 0]
    for epoch in (3, 7, 10, 15):
        assert intended_weight(epoch) == pytest.approx(1 / (1 + math.exp(-(-10 + 1.3 * (epoch - 3)))))


def test_many_codes_are_drawn_of_each_tile() -> None:
    made, x = model(), tiles(3)
    sums = method(CharbonnierVAE, made, samples=3000).examine(batch(x))
    mean, log_sigma = made.encode(x)
    errors = torch.stack(
        [
            far(
                made.decode(mean[row] + log_sigma[row].exp() * torch.randn(3000, 3)), one.expand(3000, *SHAPE)
            )
            for row, one in enumerate(x)
        ]
    )
    noise = errors.std().item() * math.sqrt(3 / 3000)
    assert sums["network", "error"].item() == pytest.approx(errors.mean(1).sum().item(), abs=8 * noise)
    assert noise > 0


@pytest.mark.parametrize(("protocol", "weight"), [("source", 0), ("intended", 1), ("elbo", 1)])
def test_tests_measure_sums_of_each_tile(protocol: str, weight: float) -> None:
    made, x = model(), tiles()
    sums = method(CharbonnierVAE, made, protocol=protocol, features=Sides).examine(batch(x))
    _, divergence = drawn(made, x)
    assert sums["network", "divergence"].item() == pytest.approx(divergence.sum().item(), rel=1e-4)
    error, features, loss = (sums["network", name].item() for name in ("error", "features", "loss"))
    assert loss == pytest.approx(error + weight * divergence.sum().item() + features / 2, rel=1e-5)


def test_an_autoencoder_of_tiles_learns() -> None:
    """A law: tiles that differ in two numbers are restored far better than by their mean."""
    layout = partial(TrunkMapsLayout, filters=(4, 4), momentum=0.1)
    made = EncoderDecoder(
        (1, 16, 16), layout=layout, encoder=partial(Learnt, constant=True), prior=Normal, latent=64
    )
    x = 0.3 + 0.2 * torch.rand(64, 1, 1, 1) + 0.3 * torch.rand(64, 1, 1, 1) * torch.linspace(0, 1, 16)
    x = x.expand(64, 1, 16, 16).contiguous()
    fit = specs.fit(optimizer=specs.part("adam", rate=1e-2, decay=0.0, clip_norm=None))
    learning = Charbonnier(Setting(Network(made, precision="float32"), fit))
    for _ in range(150):
        learning.step(batch(x))
    made.eval()
    error = learning.examine(batch(x))["network", "error"].item()
    assert error < far(x.mean(0).expand_as(x), x).sum().item() / 3
