"""Where a flow carries test samples, beside standard normal values: all radii, and of how many features;
quantiles of the coordinates, at those of the normal distribution from `low` to `high`, of which a row each
is the least over the coordinates, that of which 5 % lie below, the median, the 95 %, and the greatest;
correlations of some coordinates, evenly chosen, below the diagonal, and of their squares above.
"""

from collections.abc import Iterator

import numpy as np
import torch
from scipy.stats import norm

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.measure.normality import correlations, drawn, latent_points
from lea.show.picture import Picture

NEEDS = ("density", "inverse")
LIMITS = {"count": (20, 100_000), "levels": (2, 65_536), "coordinates": (2, 500)}
REACH, PLACES = 3.0, 61
OVER_COORDINATES = (0, 0.05, 0.5, 0.95, 1)


def show(
    network: Network,
    samples: Samples,
    *,
    count: int = 2000,
    levels: int | None = None,
    coordinates: int = 48,
) -> Iterator[Picture]:
    """Of up to `count` samples; with `levels` values are moved within their grey level, as in training."""
    generator = torch.Generator().manual_seed(0)
    points = latent_points(network.model, drawn(samples, count, generator), levels, generator)
    features = points.shape[1]
    yield _picture("radii", np.sort(np.linalg.norm(points, axis=1))[None])
    yield _picture("features", np.array([[features]]))
    found = np.quantile(points, norm.cdf(np.linspace(-REACH, REACH, PLACES)), axis=0)
    yield _picture("quantiles", np.quantile(found, OVER_COORDINATES, axis=1))
    some = np.linspace(0, features - 1, min(coordinates, features)).round().astype(int)
    of_values, of_squares = (correlations(values[:, some]) for values in (points, points**2))
    yield _picture("correlations", np.tril(of_values, -1) + np.triu(of_squares, 1))


def _picture(kind: str, values: np.ndarray) -> Picture:
    return Picture("network", kind, None, None, -REACH, REACH, values)
