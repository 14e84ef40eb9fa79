"""What is left of samples with so many archetypes, and how like those of another run the archetypes are, such
as of another seed: for the choice of their number.

Archetypes are compared as samples, matched one to one so that the sum of squared distances is least (the
Hungarian algorithm). `archetype distance` is the mean of these, `residual` that of samples from what the
model restores, both as a share of the mean squared distance of training samples from their mean.
"""

from collections.abc import Iterator
from typing import Any

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.measure.measurement import Measurement, Trained

NEEDS = ("z", "encode", "decode")
BATCH = 1000


def measure(
    model: Any,  # as `NEEDS` says
    data: Data,
    generator: torch.Generator,
    *,
    other: Trained,
) -> Iterator[Measurement]:
    """Of training and test samples, and of the two runs."""
    mean = sum(x.sum(0) for x in data.train.batches(BATCH)) / len(data.train)
    spread = _mean(data.train, lambda x: x - mean)
    for split, samples in {"train": data.train, "test": data.test}.items():
        if len(samples):
            left = _mean(samples, lambda x: x - model.decode(model.encode(x).mean))
            yield Measurement("network", "residual", left / spread, split)
    found, others = archetypes_of(model), archetypes_of(other)
    distances = torch.cdist(found, others).square()
    yield Measurement("network", "archetype distance", float(matched(distances).mean()) / spread)


def archetypes_of(model: Any) -> Tensor:
    """(k, values), as samples."""
    corners = torch.eye(len(model.z), dtype=model.z.dtype, device=model.z.device)
    restored: Tensor = model.decode(corners).flatten(1)
    return restored


def matched(distances: Tensor) -> Tensor:
    """(k, k) of archetypes from others -> (k,), of each from its own, so matched that the sum is least."""
    if len(distances) != distances.shape[1]:
        found = f"{len(distances)} archetypes and {distances.shape[1]} of the other run"
        raise UserError(f"{found}; expected as many, to match them one to one; choose another run")
    rows, columns = linear_sum_assignment(distances.cpu().numpy())
    return distances[torch.from_numpy(rows), torch.from_numpy(columns)]


def _mean(samples: Samples, apart: Any) -> float:
    """The mean squared length of what `apart` makes of samples."""
    total = sum(float(apart(x).square().sum()) for x in samples.batches(BATCH))
    return total / len(samples)
