"""Oracle: a step by hand, the prior's own iterations on the codes, and a density that is known."""

from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.fixed import Fixed
from lea.nn.encoders.learnt import Learnt
from lea.nn.layouts.fc import FCLayout
from lea.nn.priors.fitted_mixture import FittedMixture
from lea.nn.priors.normal import Normal
from lea.training.method import Batch, Setting
from lea.training.methods.fit_prior import FitPrior
from lea.training.methods.reconstruct import Reconstruct, ReconstructMean
from tests import specs
from tests.training.fitting import divided, fitted

SHAPE, LATENT, COUNT = (1, 4, 4), 3, 60


def autoencoder(encoder: type = Fixed, components: int | None = None) -> EncoderDecoder:
    prior = partial(FittedMixture, components=components) if components else Normal
    kind = partial(Learnt, constant=True) if encoder is Learnt else encoder
    return EncoderDecoder(SHAPE, layout=FCLayout, encoder=kind, prior=prior, latent=LATENT)


def images(count: int = COUNT) -> Tensor:
    return torch.rand(count, *SHAPE)


def batch(x: Tensor) -> Batch:
    return Batch(x, None, torch.arange(len(x)))


def samples(x: Tensor) -> Samples:
    return Samples(x.movedim(1, -1), None, (0.0, 1.0))


# --- reconstruct ---


@pytest.mark.parametrize("encoder", [Fixed, Learnt])
def test_a_step_follows_the_squares_and_the_length_of_the_code(encoder: type) -> None:
    model, x = autoencoder(encoder), images()
    weights = {name: one for name, one in model.named_parameters() if one.requires_grad}
    before = {name: one.detach().clone() for name, one in weights.items()}
    z = model.encode(x).mean
    loss = ((model.decode(z) - x).square().flatten(1).sum(1) + 0.3 / 2 * z.square().sum(1)).mean()
    gradients = torch.autograd.grad(loss, list(weights.values()))
    fit = specs.fit(optimizer=specs.part("sgd", rate=0.01))
    sums = Reconstruct(Setting(Network(model, precision="float32"), fit), penalty=0.3).step(batch(x))
    assert sums["network", "loss"].item() / COUNT == pytest.approx(loss.item(), rel=1e-5)
    for (name, after), gradient in zip(weights.items(), gradients, strict=True):
        assert torch.allclose(after, before[name] - 0.01 * gradient, atol=1e-6), name


def test_its_codes_are_values() -> None:
    model, x = autoencoder(Learnt), images()
    method = Reconstruct(Setting(Network(model, precision="float32"), specs.fit()))
    with torch.no_grad():
        first, second = method.examine(batch(x)), method.examine(batch(x))
        expected = (model.decode(model.encode(x).mean) - x).square().sum()
    assert first == second
    assert first["network", "reconstruction"].item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_the_mean_squared_error_is_pytorchs(penalty: float) -> None:
    """And what is paid for codes is divided as well, so that both have the same minimum."""
    model, x = autoencoder(Learnt), images()
    weights = list(model.parameters())
    before = [one.detach().clone() for one in weights]
    z = model.encode(x).mean
    error = F.mse_loss(model.decode(z), x)
    loss = error + penalty * z.square().sum(1).mean() / 2 / 16
    gradients = torch.autograd.grad(loss, weights)
    fit = specs.fit(optimizer=specs.part("sgd", rate=0.1))
    learner = ReconstructMean(Setting(Network(model, precision="float32"), fit), penalty=penalty)
    found = {name: total.item() / COUNT for (_, name), total in learner.step(batch(x)).items()}
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-6)
    assert found["reconstruction"] == pytest.approx(error.item(), rel=1e-6)
    assert found["length"] == pytest.approx(z.square().sum(1).mean().item() / 2, rel=1e-6)
    assert (found["loss"] == found["reconstruction"]) == (penalty == 0)
    for after, first, gradient in zip(weights, before, gradients, strict=True):
        assert torch.allclose(after, first - 0.1 * gradient, atol=1e-7)


def test_it_is_the_sum_divided_by_the_number_of_values() -> None:
    model, x = autoencoder(Learnt), images()
    setting = Setting(Network(model, precision="float32"), specs.fit())
    of_sum, of_mean = Reconstruct(setting).examine(batch(x)), ReconstructMean(setting).examine(batch(x))
    for name in ("loss", "reconstruction"):
        assert of_mean["network", name].item() == pytest.approx(of_sum["network", name].item() / 16)
    assert of_mean["network", "length"] == of_sum["network", "length"]


# --- fit-prior ---


def fitting(components: int = 2) -> tuple[EncoderDecoder, FitPrior]:
    model = autoencoder(components=components)
    return model, FitPrior(Setting(Network(model, precision="float32"), specs.fit(optimizer=None)))


def test_an_iteration_is_the_priors_own_on_the_means_of_the_codes() -> None:
    model, method = fitting()
    x = images()
    method.begin(samples(x))
    alone = FittedMixture(LATENT, components=2)
    alone.load_state_dict(model.prior.state_dict())  # type: ignore[attr-defined]
    before = {name: one.clone() for name, one in model.state_dict().items()}
    sums = method.step(batch(x))
    expected = alone.improve(model.encode(x).mean)
    assert sums["network", "log_density"].item() == pytest.approx(expected.sum().item(), rel=1e-4)
    for name, one in alone.state_dict().items():
        assert torch.allclose(model.state_dict()[f"prior.{name}"], one, atol=1e-6)
    still = {name for name, one in model.state_dict().items() if torch.equal(one, before[name])}
    assert still == {name for name in before if not name.startswith("prior.")}


def test_of_one_component_it_is_the_codes_own_normal_distribution() -> None:
    model, method = fitting(1)
    x = images(500)
    method.begin(samples(x))
    method.step(batch(x))
    codes = model.encode(x).mean
    assert torch.allclose(model.prior.means[0], codes.mean(0), atol=1e-6)  # type: ignore[attr-defined]
    found = model.prior.roots[0] @ model.prior.roots[0].T  # type: ignore[attr-defined]
    assert torch.allclose(found, torch.cov(codes.T, correction=0), atol=1e-5)
    told = torch.distributions.MultivariateNormal(model.prior.means[0], scale_tril=model.prior.roots[0])  # type: ignore[attr-defined]
    expected = told.log_prob(codes).sum().item()
    assert method.examine(batch(x))["network", "log_density"].item() == pytest.approx(expected, rel=1e-4)


def test_epochs_are_iterations_and_the_codes_become_likelier() -> None:
    data = divided(samples(images()), samples(images()), 0)
    how = specs.fit(epochs=6, batch_size="all", optimizer=None)
    past = fitted(autoencoder(components=3), data, how, method=FitPrior)
    rows = [row for epoch in past.epochs for row in epoch.measurements]
    found = [row.value for row in rows if (row.split, row.metric) == ("train", "log_density")]
    assert len(found) == 6
    assert found == sorted(found)
    assert found[-1] > found[0]


def test_a_prior_that_cannot_be_fitted_is_refused() -> None:
    fit = specs.fit(optimizer=None)
    with pytest.raises(ValueError, match="the prior has no `improve`"):
        FitPrior(Setting(Network(autoencoder(), precision="float32"), fit))


def test_a_twin_of_zeros_takes_a_step_too() -> None:
    """What a job weighs before it begins."""
    model, method = fitting()
    for one in model.state_dict().values():
        one.zero_()
    sums = method.step(batch(images()))
    assert all(one.isfinite() for one in sums.values())
