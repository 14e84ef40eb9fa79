"""Numbers that stand beside pictures of a latent space, since those of t-SNE mislead: of test samples'
codes, of their plane by principal components and by t-SNE, and of the samples' values themselves. A row's
part is which.

`neighbours of the same <label>`: the share of the nearest others that have the sample's class; `silhouette
by <label>`: how much nearer its own class is than the next (Rousseeuw 1987); `trustworthiness` of a plane:
how far neighbours there are neighbours among codes (Venna and Kaski 2001); `variance in the plane`: of
principal components.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from lea.compute.projections import PCA, codes_of, components_of, labels_of, planes_of
from lea.data.tensors import Data
from lea.errors import UserError
from lea.measure.measurement import Measurement

NEEDS = ("encode",)
LIMITS = {"count": (10, 100_000), "nearest": (1, 1000), "perplexity": (1, 1000)}
LIBRARIES = {"sklearn": "search"}


def measure(
    model: Any,
    data: Data,
    generator: torch.Generator,
    *,
    factors: tuple[str, ...] = ("label",),
    count: int = 2000,
    nearest: int = 10,
    perplexity: float = 30.0,
) -> Iterator[Measurement]:
    """Of the first `count` test samples (fewer where there are), by the labels `factors`."""
    from sklearn.manifold import trustworthiness
    from sklearn.metrics import silhouette_score

    some = data.test.first(min(count, len(data.test)))
    if len(some) <= 2 * nearest:
        raise UserError(f"nearest: {nearest} of {len(some)} samples; expected fewer than half; ask for fewer")
    codes, labels = codes_of(model, some), labels_of(some)
    values = torch.cat([x.flatten(1) for x in some.batches(1000)]).double().cpu().numpy()
    planes = planes_of(codes, perplexity)
    for part, points in {"codes": codes, **planes, "values": values}.items():
        near = nearest_of(points, nearest)
        for column, factor in enumerate(factors):
            its = labels[:, column]
            if len(np.unique(its)) < 2:
                raise UserError(f"factors: {len(some)} samples of one class of '{factor}'; expected several")
            share = float((its[near] == its[:, None]).mean())
            yield Measurement(part, f"neighbours of the same {factor}", share, "test")
            yield Measurement(part, f"silhouette by {factor}", float(silhouette_score(points, its)), "test")
        if part in planes:
            found = trustworthiness(codes, points, n_neighbors=nearest)
            yield Measurement(part, "trustworthiness", float(found), "test")
    yield Measurement(PCA, "variance in the plane", components_of(codes)[1], "test")


def nearest_of(points: np.ndarray, count: int) -> np.ndarray:
    """(n, d) -> (n, count): which others are nearest."""
    from sklearn.neighbors import NearestNeighbors

    return np.asarray(NearestNeighbors(n_neighbors=count).fit(points).kneighbors(return_distance=False))
