"""Oracle: the source's figures, the gamma function in 50 digits, scipy's distributions, and the limit of
maxima as scipy has it.
"""

import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from docs.make_nn import PAGE
from lea.nn import (
    gumbel_constants,
    gumbel_distance,
    gumbel_distribution,
    maxima_distribution,
    mean_radius,
    radius_deviation,
    sample_beyond,
    sample_maxima,
    sample_outside_simplex,
    sample_shell,
    sample_sphere,
)

COUNT = 4000
ALIKE = 1e-3  # no smaller a probability, or two distributions are not alike


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def radii(x: Tensor) -> np.ndarray:
    return x.double().norm(dim=1).numpy()


def agree(values: np.ndarray, distribution: Callable[[np.ndarray], np.ndarray]) -> bool:
    return bool(stats.kstest(values, distribution).pvalue > ALIKE)


# --- how far from 0 ---


@pytest.mark.parametrize(
    ("features", "mean", "deviation"),
    [(16, 3.938, 0.701), (64, 7.969, 0.706), (784, 27.991, 0.707), (3072, 55.421, 0.707)],
)
def test_radii_are_the_sources(features: int, mean: float, deviation: float) -> None:
    assert mean_radius(features) == pytest.approx(mean, abs=5e-4)
    assert radius_deviation(features) == pytest.approx(deviation, abs=5e-4)


@pytest.mark.parametrize("features", [1, 2, 63, 64, 65, 100, 3072, 10**5, 10**6])
def test_radii_are_exact_in_few_and_in_a_million_dimensions(features: int) -> None:
    with mpmath.workdps(50):
        half = mpmath.mpf(features) / 2
        mean = mpmath.sqrt(2) * mpmath.exp(mpmath.loggamma(half + 0.5) - mpmath.loggamma(half))
        deviation = mpmath.sqrt(features - mean**2)
    assert mean_radius(features) == pytest.approx(float(mean), rel=1e-12)
    assert radius_deviation(features) == pytest.approx(float(deviation), rel=1e-11)


@pytest.mark.parametrize("features", [2, 64])
def test_the_sources_sampler_has_the_radius_on_average_and_the_normal_distributions_shape(
    features: int,
) -> None:
    found = radii(sample_shell(COUNT, features, radius=5.0, generator=drawn()))
    sigma = 5 / stats.chi(features).mean()
    assert agree(found, stats.chi(features, scale=sigma).cdf)
    one = sample_shell(COUNT, features, radius=5.0, generator=drawn(1))[:, 0].numpy()
    assert agree(one, stats.norm(scale=sigma).cdf)


def test_a_sphere_has_one_radius_and_all_directions() -> None:
    x = sample_sphere(COUNT, 5, radius=3.0, generator=drawn()).double()
    assert radii(x) == pytest.approx(np.full(COUNT, 3.0), rel=1e-6)
    squares = x[:, 0].square().numpy() / 9  # of a uniform direction: beta(1 / 2, (d - 1) / 2)
    assert agree(squares, stats.beta(0.5, 2).cdf)
    assert x.mean(0).abs().max() < 4 * 3 / np.sqrt(5 * COUNT)


@pytest.mark.parametrize("quantile", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("features", [1, 2, 784])
def test_beyond_a_quantile_lies_the_rest_of_the_chi_distribution(features: int, quantile: float) -> None:
    chi = stats.chi(features)
    found = radii(sample_beyond(COUNT, features, quantile=quantile, generator=drawn()))
    assert found.min() >= chi.ppf(quantile) * (1 - 1e-5)
    assert agree(found, lambda r: 1 - chi.sf(r) / (1 - quantile))


def test_beyond_lies_in_all_directions() -> None:
    x = sample_beyond(COUNT, 3, quantile=0.9, generator=drawn()).double()
    height = (x[:, 2] / x.norm(dim=1)).numpy()
    assert agree(height, stats.uniform(-1, 2).cdf)  # Archimedes: uniform, on a sphere of three dimensions


# --- the largest of many ---


@pytest.mark.parametrize("of", [1, 2, 1000])
def test_maxima_are_those_of_so_many_values(of: int) -> None:
    found = sample_maxima(COUNT, of=of, generator=drawn()).double().numpy()
    assert agree(found, lambda x: stats.norm.cdf(x) ** of)
    counted = np.random.default_rng(0).standard_normal((COUNT, of)).max(1)
    assert stats.ks_2samp(found, counted).pvalue > ALIKE


def test_maxima_of_more_values_than_anybody_draws_are_finite_and_where_they_should_be() -> None:
    found = sample_maxima(COUNT, of=1e30, generator=drawn()).double().numpy()
    assert agree(found, lambda x: np.exp(1e30 * stats.norm.logcdf(x)))


def test_the_limit_is_gumbels() -> None:
    x = torch.linspace(-5, 20, 101, dtype=torch.float64)
    assert gumbel_distribution(x).numpy() == pytest.approx(stats.gumbel_r.cdf(x), abs=1e-15)


@pytest.mark.parametrize("of", [2, 100, 10**6])
def test_maxima_brought_to_scale_have_the_distribution_of_a_power(of: int) -> None:
    a, b = gumbel_constants(of)
    x = torch.linspace(-3, 10, 101, dtype=torch.float64)
    expected = stats.norm.cdf(a * x.numpy() + b) ** of
    assert maxima_distribution(x, of=of).numpy() == pytest.approx(expected, abs=1e-9)


def test_the_limit_is_reached_but_slowly() -> None:
    distances = [gumbel_distance(10.0**power) for power in (1, 2, 4, 8, 16, 32, 64, 128)]
    assert distances == sorted(distances, reverse=True)
    times = [
        distance * power * np.log(10)
        for distance, power in zip(distances, (1, 2, 4, 8, 16, 32, 64, 128), strict=True)
    ]
    assert times == sorted(times)  # times log n it does not fall
    assert distances[-1] < 0.005


def test_the_distance_is_the_largest_difference() -> None:
    x = np.linspace(-3, 8, 3001)
    a, b = gumbel_constants(50)
    expected = np.abs(stats.norm.cdf(a * x + b) ** 50 - stats.gumbel_r.cdf(x)).max()
    assert gumbel_distance(50) == pytest.approx(expected, rel=1e-4)


# --- outside a simplex ---


@pytest.mark.parametrize("archetypes", [2, 3, 20])
def test_weights_outside_sum_to_one_and_their_negative_part_to_what_is_asked(archetypes: int) -> None:
    weights = sample_outside_simplex(COUNT, archetypes, outside=0.7, generator=drawn()).double()
    ones = torch.ones(COUNT, dtype=torch.float64)
    assert torch.allclose(weights.sum(1), ones, atol=1e-5)
    assert torch.allclose(weights.clamp(max=0).sum(1), -0.7 * ones, atol=1e-5)
    negative = (weights < 0).sum(1)
    assert set(negative.tolist()) == set(range(1, archetypes))


def test_the_nearest_weights_inside_are_twice_as_far_as_is_asked() -> None:
    """By linear programming: the least sum of absolute differences from weights of the simplex."""
    from scipy.optimize import linprog

    for weights in sample_outside_simplex(5, 4, outside=0.3, generator=drawn()).double().numpy():
        both = np.vstack([np.hstack([s * np.eye(4), -np.eye(4)]) for s in (1, -1)])  # |w - weights| <= u
        found = linprog(
            np.r_[np.zeros(4), np.ones(4)],
            both,
            np.r_[weights, -weights],
            np.r_[np.ones(4), np.zeros(4)][None],
            [1],
        )
        assert found.fun == pytest.approx(0.6, abs=1e-6)


def test_shares_of_both_sets_are_uniform_on_their_simplices() -> None:
    weights = sample_outside_simplex(3 * COUNT, 3, outside=0.5, generator=drawn()).double()
    two_below = weights[(weights < 0).sum(1) == 2]
    first = two_below[two_below[:, 0] > 0][:, 1] / -0.5
    assert agree(first.numpy(), stats.uniform().cdf)
    assert abs(len(two_below) / len(weights) - 0.5) < 0.02


# --- all of them ---

SAMPLERS: list[Callable[..., Tensor]] = [
    lambda **to: sample_shell(3, 2, radius=1.0, **to),
    lambda **to: sample_sphere(3, 2, radius=1.0, **to),
    lambda **to: sample_beyond(3, 2, quantile=0.5, **to),
    lambda **to: sample_maxima(3, of=9, **to),
    lambda **to: sample_outside_simplex(3, 2, outside=1.0, **to),
]


@pytest.mark.parametrize("sample", SAMPLERS)
def test_a_generator_decides_what_is_drawn_and_without_one_pytorchs_stream(sample: Any) -> None:
    state = torch.get_rng_state()
    assert torch.equal(sample(generator=drawn(4)), sample(generator=drawn(4)))
    assert not torch.equal(sample(generator=drawn(4)), sample(generator=drawn(5)))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(4)
    assert torch.equal(sample(), sample(generator=drawn(4)))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: mean_radius(0), "0 features; expected one at least"),
        (lambda: sample_shell(3, 2, radius=0.0), "radius 0.0; expected a positive number"),
        (lambda: sample_shell(3, 0, radius=1.0), "0 features"),
        (lambda: sample_sphere(3, 2, radius=-1.0), "radius -1.0; expected a positive number"),
        (lambda: sample_sphere(3, 2, radius=float("nan")), "radius nan; expected a positive number"),
        (lambda: sample_sphere(3, 2, radius=float("inf")), "radius inf; expected a positive number"),
        (lambda: sample_beyond(3, 2, quantile=1.0), "quantile 1.0; expected one from 0 to below 1"),
        (lambda: sample_beyond(3, 2, quantile=float("nan")), "quantile nan"),
        (lambda: sample_maxima(3, of=0), "the largest of 0 values; expected one at least"),
        (lambda: gumbel_constants(1), "the largest of 1 values; expected two at least"),
        (lambda: sample_outside_simplex(3, 4, outside=0.0), "outside 0.0; expected a positive number"),
        (lambda: sample_outside_simplex(3, 1, outside=0.5), "weights of 1 archetypes; expected two"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(asked: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        asked()


def test_the_pages_example_runs_and_draws_what_it_says() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Extremes")[2]
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example
    names: dict[str, Any] = {}
    exec(compile(example[1], "docs/nn.md", "exec"), names)
    assert len([line for line in example[1].splitlines() if line]) <= 6
    assert radii(names["far"]) == pytest.approx(np.full(1000, 1.5 * stats.chi(16).mean()), rel=1e-5)
    assert radii(names["rare"]).min() >= stats.chi(16).ppf(0.999) * (1 - 1e-5)
    mixed = names["weights"] @ names["archetypes"]
    assert torch.equal(mixed, names["mixtures"])
    assert (names["weights"] < 0).any(1).all()
