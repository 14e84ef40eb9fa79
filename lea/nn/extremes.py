"""Extremes of the normal distribution: how far from 0 its samples lie, how large the largest of many is, and
samples that lie further out on purpose (Sec. 3.1).

Of d standard normal values the radius `|X|` has the chi distribution of d degrees: its mean grows as
`sqrt(d - 1/2)`, its deviation stays below `sqrt(1/2)`, so that all samples lie in a thin shell. Samplers draw
on the CPU, from PyTorch's random stream or from a generator. The source's sampler is `sample_shell`; the
others are ours.
"""

import math

import torch
from torch import Tensor

FEW = 64  # up to so many values the gamma function is exact enough, from there on its series
SERIES = ((-1, 8), (1, 192), (-1, 640), (17, 14336))  # of `log Gamma(x + 1/2) / (Gamma(x) sqrt(x))` in 1/x
REACH = 40.0  # no radius that can be drawn is further from the mean: that has a probability below exp(-800)
HALVINGS = 60  # of twice the reach: to 1e-16
TAIL = 50.0  # of the limit of maxima, beyond which nothing is left to compare
GRID = 100_001  # places at which two distributions are compared


def mean_radius(features: int) -> float:
    """`E|X| = sqrt(2) Gamma((d + 1) / 2) / Gamma(d / 2)` of d standard normal values."""
    return math.sqrt(_counted(features)) * math.exp(_log_ratio(features))


def radius_deviation(features: int) -> float:
    """`sqrt(d - (E|X|)^2)`, the standard deviation of the radius, without the difference of large numbers."""
    return math.sqrt(-_counted(features) * math.expm1(2 * _log_ratio(features)))


def sample_shell(
    count: int, features: int, *, radius: float, generator: torch.Generator | None = None
) -> Tensor:
    """(count, features) of `N(0, sigma^2)` with `sigma = radius / E|X|`: that is their mean radius."""
    sigma = _positive("radius", radius) / mean_radius(features)
    return sigma * torch.randn(count, features, generator=generator)


def sample_sphere(
    count: int, features: int, *, radius: float, generator: torch.Generator | None = None
) -> Tensor:
    """(count, features) at exactly this radius, in all directions alike."""
    return _positive("radius", radius) * _directions(count, features, generator)


def sample_beyond(
    count: int, features: int, *, quantile: float, generator: torch.Generator | None = None
) -> Tensor:
    """(count, features) normal values, of those alone whose radius is beyond this quantile of the chi
    distribution: at 0.99 the outermost hundredth of what a standard normal distribution gives.
    """
    if not 0 <= quantile < 1:
        raise ValueError(f"quantile {quantile}; expected one from 0 to below 1")
    directions = _directions(count, features, generator)
    beyond = (1 - quantile) * torch.rand(count, generator=generator, dtype=torch.float64)
    return directions * _radii(beyond, features).to(directions.dtype)[:, None]


def sample_maxima(count: int, *, of: float, generator: torch.Generator | None = None) -> Tensor:
    """(count,): each the largest of so many standard normal values, of which none is drawn."""
    if not (of >= 1 and math.isfinite(of)):
        raise ValueError(f"the largest of {of} values; expected one at least")
    logarithm = torch.rand(count, generator=generator, dtype=torch.float64).log() / of
    return -torch.special.ndtri(-torch.expm1(logarithm)).to(torch.get_default_dtype())


def gumbel_constants(of: float) -> tuple[float, float]:
    """Two numbers, a and b, with which `(M - b) / a`, M the largest of so many standard normal values,
    tends to the standard Gumbel distribution: `a = 1 / sqrt(2 log n)`,
    `b = sqrt(2 log n) - (log log n + log 4 pi) / (2 sqrt(2 log n))`.
    """
    if not (of >= 2 and math.isfinite(of)):
        raise ValueError(f"the largest of {of} values; expected two at least, for a limit")
    root = math.sqrt(2 * math.log(of))
    return 1 / root, root - (math.log(math.log(of)) + math.log(4 * math.pi)) / (2 * root)


def gumbel_distribution(x: Tensor) -> Tensor:
    """(...) -> (...): `exp(-exp(-x))`, how likely no more than x is in the limit of maxima."""
    return (-(-x).exp()).exp()


def maxima_distribution(x: Tensor, *, of: float) -> Tensor:
    """(...) -> (...): how likely `(M - b) / a` is no more than x, of the largest of so many values itself."""
    a, b = gumbel_constants(of)
    return (of * torch.special.log_ndtr(a * x + b)).exp()


def gumbel_distance(of: float) -> float:
    """The largest difference of the two distributions, which falls no faster than `1 / log n` (Hall 1979)."""
    x = torch.linspace(-TAIL, TAIL, GRID, dtype=torch.float64)
    return float((maxima_distribution(x, of=of) - gumbel_distribution(x)).abs().max())


def sample_outside_simplex(
    count: int, archetypes: int, *, outside: float, generator: torch.Generator | None = None
) -> Tensor:
    """(count, archetypes) weights whose sum is 1, some of them negative with the sum `-outside`: moving
    `outside` of weight from the others to these, and no less, brings them back. Which and how many are
    negative is drawn; within both sets all shares are alike likely. Mixtures with such weights lie outside of
    all that archetypes enclose if none of these is a mixture of the others, so of at most d + 1 in d
    dimensions.
    """
    _positive("outside", outside)
    if archetypes < 2:
        raise ValueError(f"weights of {archetypes} archetypes; expected two at least, to lie outside of")
    how_many = torch.randint(1, archetypes, (count, 1), generator=generator)
    ranks = torch.rand(count, archetypes, generator=generator).argsort(1).argsort(1)
    negative = ranks < how_many
    # Of shares at random the least may be 0, and a whole set of one value must not be.
    shares = torch.empty(count, archetypes).exponential_(generator=generator).clamp(min=1e-30)
    below, above = shares * negative, shares * ~negative
    return (1 + outside) * above / above.sum(1, keepdim=True) - outside * below / below.sum(1, keepdim=True)


def _log_ratio(features: int) -> float:
    """`log (E|X| / sqrt(d))`."""
    x = features / 2
    if features <= FEW:
        return math.lgamma(x + 0.5) - math.lgamma(x) - math.log(x) / 2
    return sum(over / under / x ** (2 * power + 1) for power, (over, under) in enumerate(SERIES))


def _radii(beyond: Tensor, features: int) -> Tensor:
    """(n,) probabilities -> (n,) radii beyond which so much of the chi distribution lies, by bisection."""
    mean = mean_radius(features)
    low, high = torch.full_like(beyond, max(mean - REACH, 0.0)), torch.full_like(beyond, mean + REACH)
    half = torch.tensor(features / 2, dtype=beyond.dtype)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        further = torch.special.gammaincc(half, middle.square() / 2) > beyond
        low, high = torch.where(further, middle, low), torch.where(further, high, middle)
    return (low + high) / 2


def _directions(count: int, features: int, generator: torch.Generator | None) -> Tensor:
    """(count, features) of length 1."""
    x = torch.randn(count, _counted(features), generator=generator)
    return x / x.norm(dim=1, keepdim=True)


def _counted(features: int) -> int:
    if features < 1:
        raise ValueError(f"{features} features; expected one at least")
    return features


def _positive(name: str, value: float) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} {value}; expected a positive number")
    return value
