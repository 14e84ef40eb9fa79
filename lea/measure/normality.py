"""Whether samples lie where a flow promises to carry them: as standard normal values, independent ones.

Of training and of test samples, as many of both. `radius`: of each sample's distance from 0 mean and
deviation, and how far its distribution is from that of chi at most (Kolmogorov and Smirnov's distance).
`coordinates`: the same distance of each from the normal distribution, the mean over them and the largest;
the mean absolute skewness and the mean excess kurtosis, both 0 of normal values; the largest of each.
`correlation`: of each two coordinates, and of their squares, the mean and the largest absolute value. Values
can be without any correlation and their squares not.

Beside the part `network` stand, of the same metrics, `normal samples`, as many that are normal indeed: what
chance alone gives; and `law`: mean and deviation that radii have by the chi distribution, and distances that
normal samples exceed in 5 of 100 cases (of all coordinates, independent ones, the largest). With `levels`,
those that the flow learnt with, values are moved evenly within their grey level, as in training.
"""

from collections.abc import Iterator

import numpy as np
import torch
from scipy.stats import chi, kstwo, norm
from torch import Tensor, nn

from lea.data.tensors import Data
from lea.measure.detection import drawn
from lea.measure.measurement import Measurement
from lea.nn.discriminator import carried
from lea.nn.flows.levels import dequantise

NEEDS = ("density", "inverse")
LIMITS = {"count": (20, 100_000), "levels": (2, 65_536)}
BATCH = 500
LEVEL = 0.05  # how often a critical value is exceeded
LARGEST = "coordinates distance largest"


def measure(
    model: nn.Module,
    data: Data,
    generator: torch.Generator,
    *,
    count: int = 2000,
    levels: int | None = None,
) -> Iterator[Measurement]:
    """Of `count` samples of each split, drawn at random, or as many as the smaller one has."""
    count = min(count, len(data.train), len(data.test))
    for split, samples in {"train": data.train, "test": data.test}.items():
        points = latent_points(model, drawn(samples, count, generator), levels, generator)
        normal = torch.randn(points.shape, generator=generator, dtype=torch.float64).numpy()
        sets = {"network": normality(points), "normal samples": normality(normal)}
        for part, found in (sets | {"law": law(*points.shape)}).items():
            for metric, value in found.items():
                yield Measurement(part, metric, value, split)


def normality(points: np.ndarray) -> dict[str, float]:
    """(n, d), of more than one sample."""
    features = points.shape[1]
    radii = np.linalg.norm(points, axis=1)
    found = {
        "radius mean": float(radii.mean()),
        "radius deviation": float(radii.std(ddof=1)),
        "radius distance": float(_distances(chi(features).cdf(np.sort(radii)[:, None]))[0]),
    }
    distances = _distances(norm.cdf(np.sort(points, axis=0)))
    standard = _standard(points)
    skewness, kurtosis = (standard**3).mean(0), (standard**4).mean(0) - 3
    found |= {
        "coordinates distance": float(distances.mean()),
        LARGEST: float(distances.max()),
        "coordinates skewness": float(np.abs(skewness).mean()),
        "coordinates skewness largest": float(np.abs(skewness).max()),
        "coordinates kurtosis": float(kurtosis.mean()),
        "coordinates kurtosis largest": float(kurtosis.max()),
    }
    if features > 1:
        pairs = np.triu_indices(features, 1)
        for name, values in {"correlation": points, "correlation of squares": points**2}.items():
            size = np.abs(correlations(values)[pairs])
            found |= {f"{name} mean": float(size.mean()), f"{name} largest": float(size.max())}
    return found


def law(count: int, features: int) -> dict[str, float]:
    """What radii should come to, and distances that chance alone exceeds in 5 of 100 cases."""
    critical, of_all = kstwo(count).isf, -np.expm1(np.log1p(-LEVEL) / features)
    return {
        "radius mean": float(chi(features).mean()),
        "radius deviation": float(chi(features).std()),
        "radius distance": float(critical(LEVEL)),
        LARGEST: float(critical(of_all)),
    }


def correlations(points: np.ndarray) -> np.ndarray:
    """(n, d) -> (d, d); 0 of what does not vary."""
    standard = _standard(points)
    return standard.T @ standard / len(points)


def latent_points(
    model: nn.Module, x: Tensor, levels: int | None = None, generator: torch.Generator | None = None
) -> np.ndarray:
    """(n, ...) -> (n, d), where the flow carries samples."""
    if levels is not None:
        x = dequantise(x, levels, torch.rand(x.shape, generator=generator).to(x))
    return torch.cat([carried(model, some) for some in x.split(BATCH)]).double().cpu().numpy()


def _standard(points: np.ndarray) -> np.ndarray:
    """With mean 0 and variance 1."""
    away = points - points.mean(0)
    deviation = away.std(0)
    return away / np.where(deviation > 0, deviation, 1)


def _distances(shares: np.ndarray) -> np.ndarray:
    """(n, d) of the law below each value, these in ascending order -> (d,): how far from what is found."""
    count = len(shares)
    before, behind = np.arange(count)[:, None] / count, np.arange(1, count + 1)[:, None] / count
    return np.maximum((shares - before).max(0), (behind - shares).max(0))
