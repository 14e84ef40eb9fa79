"""Oracle: closed forms, torch.distributions, Monte-Carlo estimates over many samples, and a step by hand."""

import math
from functools import partial
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, distributions, nn

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.fixed import Fixed
from lea.nn.encoders.kitchen_sinks import KitchenSinks
from lea.nn.encoders.last_learnt import LastLearnt
from lea.nn.encoders.learnt import Learnt
from lea.nn.layouts.fc import FCLayout
from lea.nn.priors.fitted_mixture import FittedMixture
from lea.nn.priors.mixture import Mixture
from lea.nn.priors.normal import Normal
from lea.nn.priors.real_nvp import RealNVP
from lea.nn.priors.vamp import Vamp
from lea.training.method import Batch, Setting
from lea.training.methods.elbo import ELBO
from tests import specs

SHAPE, LATENT = (1, 4, 4), 6
ENCODERS: dict[str, Any] = {"L": Learnt, "PNL": LastLearnt, "NL": Fixed, "RKS": KitchenSinks}
PRIORS: dict[str, Any] = {
    "normal": Normal,
    "flow 2": partial(RealNVP, flows=2, hidden=5),
    "mixture": partial(Mixture, components=3),
    "vamp": partial(Vamp, components=3),
}


def model(encoder: str = "L", prior: str = "normal") -> EncoderDecoder:
    return EncoderDecoder(
        SHAPE, layout=FCLayout, encoder=ENCODERS[encoder], prior=PRIORS[prior], latent=LATENT
    )


def method(made: nn.Module, protocol: Literal["elbo", "source"] = "elbo", rate: float = 0.1) -> ELBO:
    fit = specs.fit(optimizer=specs.part("sgd", rate=rate))
    return ELBO(Setting(Network(made, precision="float32"), fit), protocol=protocol)


def images(count: int = 7) -> Tensor:
    return torch.rand(count, *SHAPE)


def batch(x: Tensor) -> Batch:
    return Batch(x, None, torch.arange(len(x)))


def values(made: nn.Module, x: Tensor, **changes: Any) -> dict[str, float]:
    """Means over a batch."""
    sums = method(made, **changes).examine(batch(x))
    assert {part for part, _ in sums} == {"network"}
    return {name: (total / len(x)).item() for (_, name), total in sums.items()}


def test_a_normal_priors_cost_is_the_closed_form() -> None:
    made, x = model(), images()
    mean, log_sigma = made.encode(x)
    divergence = distributions.kl_divergence(
        distributions.Normal(mean, log_sigma.exp()), distributions.Normal(0.0, 1.0)
    ).sum(1)
    found = values(made, x)
    assert found["divergence"] == pytest.approx(divergence.mean().item(), rel=1e-5)
    assert found["log_determinant"] == 0


@pytest.mark.parametrize("prior", ["flow 2", "mixture", "vamp"])
def test_other_priors_costs_are_that_of_many_samples(prior: str) -> None:
    made, one = model(prior=prior), images(1)
    mean, log_sigma = made.encode(one)
    posterior = distributions.Normal(mean, log_sigma.exp())
    z = posterior.sample((20_000,))[:, 0]
    costs = posterior.log_prob(z).sum(1) - made.prior.density(z).total
    found = values(made, one.expand(20_000, *SHAPE))
    spread = costs.std().item() / math.sqrt(20_000)
    assert found["divergence"] - found["log_determinant"] == pytest.approx(
        costs.mean().item(), abs=6 * spread
    )


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize(("protocol", "ending", "divided"), [("elbo", "", 1), ("source", "_source", LATENT)])
def test_a_protocol_keeps_books_as_it_says(
    protocol: Literal["elbo", "source"], ending: str, divided: int, prior: str
) -> None:
    found = values(model(prior=prior), images(), protocol=protocol)
    expected = found["log_determinant"] - found["divergence"] / divided
    assert found[f"regularisation{ending}"] == pytest.approx(expected, abs=1e-4)
    assert found[f"negative_elbo{ending}"] == pytest.approx(found["reconstruction"] - expected, abs=1e-4)
    assert found["loss"] == found[f"negative_elbo{ending}"]


def test_the_source_draws_with_the_variance_and_pays_for_the_deviation() -> None:
    """Closed form: log N(z; m, v) - log N(z; 0, 1) has the mean (m^2 + v^2 - v - ln v) / 2 over N(m, v^2)."""
    made, one = model(), images(1)
    with torch.no_grad():
        made.encoder.layers[-1].bias += 2 * torch.rand(2 * LATENT) - 1  # type: ignore[operator, index]
        mean, log_sigma = made.encode(one)
        restored = made.decode(mean + (2 * log_sigma).exp() * torch.randn(20_000, LATENT))
    variance = (2 * log_sigma).exp()
    cost = (mean**2 + variance**2 - variance - variance.log()).sum().item() / 2 / LATENT
    assert abs(cost) > 0.1
    found = values(made, one.expand(20_000, *SHAPE), protocol="source")
    assert found["regularisation_source"] == pytest.approx(-cost, abs=0.02)
    errors = (restored - one).square().flatten(1).sum(1)
    assert found["reconstruction"] == pytest.approx(
        errors.mean().item(), abs=8 * errors.std().item() / math.sqrt(20_000)
    )


@pytest.mark.parametrize("prior", PRIORS)
def test_the_bound_of_one_that_followed_the_source_is_a_bound(prior: str) -> None:
    """It is measured in nats of codes that are drawn as a bound's must be."""
    made, x = model(prior=prior), images(3000)
    ways = [values(made, x, protocol=protocol) for protocol in ("elbo", "source")]
    for metric in ("negative_elbo", "negative_elbo_source", "regularisation", "regularisation_source"):
        assert ways[0][metric] == pytest.approx(ways[1][metric], abs=0.15), metric


def test_training_measures_the_protocol_that_it_follows() -> None:
    for protocol, other in (("elbo", "_source"), ("source", "")):
        names = {name for _, name in method(model(), protocol).step(batch(images()))}  # type: ignore[arg-type]
        assert f"negative_elbo{other}" not in names
        assert "loss" in names


@pytest.mark.parametrize("encoder", ["NL", "RKS"])
def test_a_constant_variance_costs_what_the_source_prints(encoder: str) -> None:
    """Table 5.2: -6.42 to -6.48 for codes near 0, of which the variance alone is 6.41 a feature."""
    made = model(encoder)
    with torch.no_grad():
        for weight in made.encoder.parameters():
            weight.zero_()
    found = values(made, images(20_000))
    alone = (1e-6 - 1 - math.log(1e-6)) / 2
    assert alone == pytest.approx(6.41, abs=0.005)
    assert found["regularisation_source"] == pytest.approx(-alone, abs=0.01)  # by the sample
    assert found["regularisation"] == pytest.approx(-LATENT * alone, rel=1e-5)


def test_the_reconstruction_error_is_a_sum_over_values() -> None:
    made, x = model("NL"), images()
    mean, _ = made.encode(x)  # a thousandth of noise around it
    expected = (made.decode(mean) - x).square().sum() / len(x)
    assert values(made, x)["reconstruction"] == pytest.approx(expected.item(), rel=1e-2)


@pytest.mark.parametrize("protocol", ["elbo", "source"])
def test_a_step_follows_the_protocols_loss(protocol: Literal["elbo", "source"]) -> None:
    made, x = model(prior="flow 2"), images()
    before = {name: one.detach().clone() for name, one in made.named_parameters()}
    torch.manual_seed(5)
    mean, log_sigma = made.encode(x)
    drawn = log_sigma.exp() ** (2 if protocol == "source" else 1)
    z = mean + drawn * torch.randn_like(mean)
    u, stretched = made.prior(z)  # type: ignore[operator]
    divergence = (
        distributions.Normal(mean, log_sigma.exp()).log_prob(z) - distributions.Normal(0.0, 1.0).log_prob(u)
    ).sum(1)
    cost = divergence / (LATENT if protocol == "source" else 1) - stretched
    loss = ((made.decode(z) - x).square().flatten(1).sum(1) + cost).mean()
    gradients = torch.autograd.grad(loss, list(made.parameters()))
    torch.manual_seed(5)
    sums = method(made, protocol, rate=0.01).step(batch(x))
    assert sums["network", "loss"].item() / len(x) == pytest.approx(loss.item(), rel=1e-5)
    for (name, after), gradient in zip(made.named_parameters(), gradients, strict=True):
        assert torch.allclose(after, before[name] - 0.01 * gradient, atol=1e-6), name


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize(
    ("encoder", "still"),
    [("L", ()), ("PNL", ("encoder.random",)), ("NL", ("encoder",)), ("RKS", ("encoder",))],
)
def test_what_is_not_learnt_stays_bit_by_bit_and_all_else_moves(
    encoder: str, still: tuple[str, ...], prior: str
) -> None:
    made, x = model(encoder, prior), images(20)
    before = {name: one.detach().clone() for name, one in made.named_parameters()}
    learning = method(made, rate=1e-3)
    for _ in range(3):
        learning.step(batch(x))
    for name, after in made.named_parameters():
        assert torch.equal(after, before[name]) == name.startswith(still), name


def test_a_prior_that_begins_with_images_is_shown_the_training_samples() -> None:
    made = model(prior="vamp")
    pixels = torch.randint(0, 256, (5, 4, 4, 1), dtype=torch.uint8)
    method(made).begin(Samples(pixels, None, (0.0, 255.0)))
    assert torch.allclose(made.prior.inputs, pixels[:3].movedim(-1, 1) / 255)  # type: ignore[attr-defined]


@pytest.mark.parametrize("prior", ["normal", "flow 2"])
def test_a_vae_learns(prior: str) -> None:
    """A law: where images differ in one thing, its bound is far better than that of the mean image."""
    made, x = model(prior=prior), 8 * torch.rand(64, 1, 1, 1) * torch.rand(SHAPE)
    fit = specs.fit(optimizer=specs.part("adam", rate=3e-3))
    learning = ELBO(Setting(Network(made, precision="float32"), fit))
    plain = (x - x.mean(0)).square().flatten(1).sum(1).mean().item()
    for _ in range(300):
        learning.step(batch(x))
    assert values(made, x)["negative_elbo"] < plain / 3


def test_a_prior_that_is_fitted_afterwards_is_refused() -> None:
    made = EncoderDecoder(SHAPE, layout=FCLayout, encoder=Learnt, prior=FittedMixture, latent=LATENT)
    with pytest.raises(ValueError, match="the prior is one that is fitted afterwards"):
        method(made)
