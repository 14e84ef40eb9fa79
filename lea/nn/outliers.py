"""Outliers that are drawn on purpose where a flow carries samples, in whose latent space these are standard
normal: `where` says how, `far` how far out (lea/training/methods/discriminate.py says what each is).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lea.nn.discriminator import flow_of
from lea.nn.extremes import (
    mean_radius,
    sample_beyond,
    sample_maxima,
    sample_outside_simplex,
    sample_shell,
    sample_sphere,
)

PICTURE = 4  # axes of a batch of pictures
Sample = Callable[[int], Tensor]  # of a number (n, ...)


def latent_outliers(model: Any, *, where: str, far: float) -> Sample:
    """Of a number (n, features) in the latent space of a flow, or of a model that is over one."""
    features: int = flow_of(model).features
    radius = far * mean_radius(features)
    draw: dict[str, Sample] = {
        "shell": lambda count: sample_shell(count, features, radius=radius),
        "sphere": lambda count: sample_sphere(count, features, radius=radius),
        "beyond": lambda count: sample_beyond(count, features, quantile=far),
        "maxima": lambda count: _either_way(sample_maxima(count * features, of=far)).view(count, features),
        "simplex": lambda count: _mixtures(count, model, far),
    }
    return draw[where]


@torch.no_grad()
def brought_back(model: Any, t: Tensor) -> Tensor:
    """(n, features) -> (n, ...), what is carried there; pictures with values from 0 to 1."""
    x: Tensor = flow_of(model).inverse(t)
    return x.clamp(0, 1) if x.ndim == PICTURE else x


def _either_way(x: Tensor) -> Tensor:
    """Each value as it is or its negative, by chance."""
    return torch.where(torch.rand(x.shape) < 0.5, x, -x)


def _mixtures(count: int, model: Any, outside: float) -> Tensor:
    """(count, features) of archetypes."""
    archetypes: Tensor | None = getattr(model, "z", None)
    if archetypes is None:
        raise ValueError("where 'simplex', and the flow has no archetypes `z`; expected some, (k, features)")
    weights = sample_outside_simplex(count, len(archetypes), outside=outside)
    return weights @ archetypes.detach().to(weights)
