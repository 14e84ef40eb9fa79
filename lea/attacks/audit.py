"""Whether a network's gradient is one to follow: sampling, a choice of the k largest, and confidence bend it,
and a small success rate may only mean that.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from lea.attacks.search import Model, Search, cross_entropy, margin

STEP = 1e-3  # of the range of the bounds: the least that Gradient Sign tries


class Audit(NamedTuple):
    """What gradient attacks have to go by, image by image."""

    margin: Tensor  # (n,) nats by which the label leads the other classes together
    slope: Tensor  # (n,) norm of the cross entropy's gradient; 0 or not finite: nothing to follow
    rises: Tensor  # (n,) whether a step along its sign brings the other classes closer


def audit(model: Model, bounds: tuple[float, float], x: Tensor, y: Tensor) -> Audit:
    """(n, c, h, w), (n,) -> what the gradient in float32 is worth; the step may leave the bounds."""
    search = Search(model, bounds, x, y)
    rows = torch.arange(len(x), device=x.device)
    before = margin(search.clean, y)
    try:
        gradient, _ = search.gradient(rows, x, cross_entropy)
    except RuntimeError:  # what autograd raises of a network that it cannot look into
        gradient = torch.full_like(x, torch.nan)
    with torch.no_grad():
        after = margin(model(x + STEP * search.range * gradient.sign()), y)
    return Audit(-before.double(), gradient.double().flatten(1).norm(dim=1), after > before)
