"""Oracle: autograd's Jacobian, integrals over a grid, torch.distributions, scikit-learn, large samples."""

import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor, distributions, nn

from lea.nn.encoders.encoder import Posterior
from lea.nn.priors.fitted_mixture import FittedMixture
from lea.nn.priors.mixture import Mixture
from lea.nn.priors.normal import Normal
from lea.nn.priors.prior import log_normal
from lea.nn.priors.real_nvp import RealNVP, RealNVPCoupling
from lea.nn.priors.vamp import Vamp

PIXELS = 6


class Line(nn.Module):
    """An encoder of so many features: a random linear map, and a constant spread."""

    shape = (1, 2, 3)

    def __init__(self, features: int) -> None:
        super().__init__()
        self.map = nn.Linear(PIXELS, features)

    def forward(self, x: Tensor) -> Posterior:
        mean = self.map(x.flatten(1))
        return Posterior(mean, torch.full_like(mean, -1.0))


MAKE: dict[str, Callable[[int, nn.Module], nn.Module]] = {
    "normal": Normal,
    "real-nvp 2": partial(RealNVP, flows=2, hidden=8),
    "real-nvp 3": partial(RealNVP, flows=3, hidden=8),
    "mixture": partial(Mixture, components=4),
    "vamp": partial(Vamp, components=5),
}
every_prior = pytest.mark.parametrize("name", MAKE)


def prior(name: str, features: int = 2) -> nn.Module:
    """In float64, and far from where it begins: an untrained flow hardly bends anything."""
    torch.set_default_dtype(torch.float64)
    made = MAKE[name](features, Line(features))
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(torch.randn_like(weight) * 0.3)
    return made


@pytest.mark.parametrize("features", [2, 8, 32])
def test_a_coupling_is_the_formula(features: int) -> None:
    coupling, x = RealNVPCoupling(features, hidden=7), torch.randn(5, features)
    a, b = x[:, : features // 2], x[:, features // 2 :]
    y, log_determinant = coupling(x)
    assert torch.equal(y[:, features // 2 :], a)  # the halves change places
    assert torch.allclose(y[:, : features // 2], b * coupling.s(a).exp() + coupling.t(a))
    assert torch.allclose(log_determinant, coupling.s(a).sum(1))


def test_a_couplings_networks_are_the_sources() -> None:
    for network in (RealNVPCoupling(16, hidden=64).s, RealNVPCoupling(16, hidden=64).t):
        kinds = [type(one).__name__ for one in network]
        assert kinds == ["Linear", "LeakyReLU", "Linear", "LeakyReLU", "Linear", "Tanh"]
        assert [one.out_features for one in network if isinstance(one, nn.Linear)] == [64, 64, 8]


@pytest.mark.parametrize("features", [0, 1, 7])
def test_an_odd_number_of_features_is_refused(features: int) -> None:
    with pytest.raises(ValueError, match=f"a flow of {features} features; expected an even number"):
        RealNVPCoupling(features)


@pytest.mark.parametrize("flows", [1, 2, 6])
@pytest.mark.parametrize("features", [2, 16])
def test_a_flow_is_undone(features: int, flows: int) -> None:
    flow, z = RealNVP(features, flows=flows), torch.randn(50, features)
    assert (flow.inverse(flow(z).y) - z).abs().max() < 1e-5
    assert (flow(flow.inverse(z)).y - z).abs().max() < 1e-5


@pytest.mark.parametrize("flows", [1, 2, 6])
def test_a_flows_determinant_is_that_of_its_jacobian(flows: int) -> None:
    torch.set_default_dtype(torch.float64)
    flow, z = RealNVP(6, flows=flows, hidden=5), torch.randn(4, 6)
    for row, log_determinant in zip(z, flow(z).log_determinant, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda one: flow(one[None]).y[0], row)
        assert torch.linalg.slogdet(jacobian).logabsdet == pytest.approx(log_determinant.item())


def test_a_flow_stretches_no_feature_by_more_than_e_a_flow() -> None:
    flow = RealNVP(16, flows=6)
    with torch.no_grad():
        for coupling in flow.couplings:
            coupling.s[-2].bias.fill_(100)  # type: ignore[index,operator,union-attr]
    assert flow(torch.randn(3, 16)).log_determinant.tolist() == [48.0] * 3


@every_prior
def test_a_density_integrates_to_one(name: str) -> None:
    made, side = prior(name), torch.linspace(-12, 12, 601, dtype=torch.float64)
    z = torch.cartesian_prod(side, side)
    with torch.no_grad():
        total = made.density(z).total.exp().sum() * (side[1] - side[0]) ** 2  # type: ignore[operator]
    assert total.item() == pytest.approx(1, abs=1e-4)


@every_prior
def test_samples_are_of_the_density(name: str) -> None:
    """Of the density's mean and spread in each feature, worked out on a grid."""
    made, side = prior(name), torch.linspace(-12, 12, 401, dtype=torch.float64)
    z = torch.cartesian_prod(side, side)
    with torch.no_grad():
        weights = made.density(z).total.exp()  # type: ignore[operator]
        drawn = made.sample(40_000)  # type: ignore[operator]
    weights = weights / weights.sum()
    mean = weights @ z
    spread = (weights @ (z - mean).square()).sqrt()
    assert drawn.shape == (40_000, 2)
    assert (drawn.mean(0) - mean).abs().max() < 5 * spread.max() / 200
    assert torch.allclose(drawn.std(0), spread, rtol=0.03)


def test_a_mixture_is_that_of_torch() -> None:
    made, z = prior("mixture", 3), torch.randn(7, 3, dtype=torch.float64)
    parts = distributions.Independent(distributions.Normal(made.means, made.log_sigmas.exp()), 1)  # type: ignore[arg-type,operator]
    mixed = distributions.MixtureSameFamily(distributions.Categorical(logits=made.weights), parts)  # type: ignore[arg-type]
    assert torch.allclose(made.density(z).total, mixed.log_prob(z))  # type: ignore[operator]


def test_a_normal_density_is_that_of_torch() -> None:
    z, mean, log_sigma = torch.randn(3, 4, 5)
    expected = distributions.Normal(mean, log_sigma.exp()).log_prob(z).sum(1)
    assert torch.allclose(log_normal(z, mean, log_sigma), expected, rtol=1e-4)


def test_the_divergence_from_a_normal_prior_is_that_of_torch() -> None:
    mean, log_sigma = torch.randn(2, 9, 5)
    posterior = distributions.Normal(mean, log_sigma.exp())
    expected = distributions.kl_divergence(posterior, distributions.Normal(0.0, 1.0)).sum(1)
    assert torch.allclose(Normal(5).divergence(mean, log_sigma), expected, rtol=1e-5)


def test_a_vamp_prior_is_the_mixture_of_what_its_encoder_gives() -> None:
    encoder = Line(4)
    made, z = Vamp(4, encoder, components=3), torch.randn(6, 4)
    means = encoder(made.inputs).mean
    each = torch.stack([log_normal(z, mean, torch.tensor(-1.0)) for mean in means])
    assert torch.allclose(made.density(z).total, (each.exp().mean(0)).log(), rtol=1e-4)
    assert [name for name, _ in made.named_parameters()] == ["inputs"]  # the encoder is another's


def test_a_vamp_priors_inputs_begin_as_training_images() -> None:
    made, x = Vamp(4, Line(4), components=5), torch.rand(3, 1, 2, 3)
    made.begin(x)
    assert torch.equal(made.inputs, x[[0, 1, 2, 0, 1]])
    made.density(torch.randn(2, 4)).total.sum().backward()
    assert made.inputs.grad is not None
    assert made.inputs.grad.abs().sum() > 0


# --- fitted afterwards ---


def codes(count: int = 400) -> Tensor:
    """Two clouds, one of them stretched."""
    first = torch.randn(count // 2, 3, dtype=torch.float64) @ torch.tensor(
        [[1.0, 0.6, 0], [0, 0.5, 0.2], [0, 0, 0.3]], dtype=torch.float64
    )
    return torch.cat([first, 4 + 0.7 * torch.randn(count - count // 2, 3, dtype=torch.float64)])


def placed(components: int = 3) -> tuple[FittedMixture, Tensor]:
    torch.set_default_dtype(torch.float64)
    made, z = FittedMixture(3, components=components), codes()
    made.place(z)
    return made, z


@pytest.mark.parametrize("iterations", [1, 2, 20])
def test_each_iteration_is_scikit_learns(iterations: int) -> None:
    made, z = placed()
    covariances = made.roots @ made.roots.mT
    theirs = GaussianMixture(
        3,
        max_iter=iterations,
        tol=0,
        reg_covar=1e-6,
        weights_init=made.weights.numpy(),
        means_init=made.means.numpy(),
        precisions_init=torch.linalg.inv(covariances).numpy(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        theirs.fit(z.numpy())
    for _ in range(iterations):
        made.improve(z)
    assert np.allclose(made.means, theirs.means_, atol=1e-6)
    assert np.allclose(made.weights, theirs.weights_, atol=1e-6)
    assert np.allclose(made.roots @ made.roots.mT, theirs.covariances_, atol=1e-6)
    assert np.allclose(made.density(z).total, theirs.score_samples(z.numpy()), atol=1e-6)


def test_no_iteration_makes_the_codes_less_likely() -> None:
    made, z = placed(5)
    found = [made.improve(z).mean().item() for _ in range(30)]
    assert all(second >= first - 1e-9 for first, second in pairwise(found))
    assert found[-1] > found[0] + 0.1


def test_samples_of_a_fitted_mixture_have_the_moments_of_the_codes() -> None:
    made, z = placed(2)
    for _ in range(50):
        made.improve(z)
    drawn = made.sample(40_000)
    assert torch.allclose(drawn.mean(0), z.mean(0), atol=0.1)
    assert torch.allclose(torch.cov(drawn.T), torch.cov(z.T, correction=0), atol=0.25)


def test_a_fitted_mixture_of_alike_codes_does_not_break() -> None:
    made = FittedMixture(3, components=4)
    z = torch.ones(3, 3)
    made.place(z)
    for _ in range(3):
        assert made.improve(z).isfinite().all()
    assert made.sample(5).isfinite().all()
