"""SLSQP: in foolbox 1.8.0 one uniformly random image (attacks 5); and the search that its name promises.

1.8.0 gave scipy a constraint that is 0 or 1, whose finite differences are 0: the first subproblem is singular
and scipy returns its random start.
"""

import torch
from torch import Tensor

from lea.attacks.search import Attack, Search, drawn

HALVINGS = 60
GROWTH = 1.3


class SLSQP(Attack):
    """What 1.8.0's SLSQPAttack does: one random image is looked at."""

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def attack(self, search: Search) -> None:
        """Draw one image for each row."""
        noise = drawn(self.generators(search), search.rows, search.x.shape[1:])
        search.query(search.rows, search.clip(search.low + search.range * noise.to(search.x.dtype)))


class SLSQPCorrected(Attack):
    """Sequential quadratic programming on the nearest image in bounds whose margin is lost.

    Each step minimises the distance to the image under the linearised margin and the bounds; since the
    distance is its own quadratic model, that subproblem has one multiplier, which bisection finds. A step
    aims a little past the linearised boundary, and further each time that it falls short, since the boundary
    has corners.
    """

    def __init__(self, *, steps: int = 100, overshoot: float = 0.02) -> None:
        self.steps, self.overshoot = steps, overshoot

    def attack(self, search: Search) -> None:
        """Iterate all rows; they stop as they converge."""
        rows, x = search.rows, search.x[search.rows]
        past = torch.full((len(rows),), self.overshoot, dtype=torch.float64, device=x.device)
        for _ in range(self.steps):
            gradient, logits = search.gradient(rows, x, hardest)
            wrong = search.judge(rows, x, logits)
            value = hardest(logits, search.labels[rows])  # the margin, negative until it is lost
            needed = torch.where(value < 0, -(1 + past) * value, -value)
            goal = nearest(search, search.x[rows], x, gradient, needed)
            broken = ~gradient.flatten(1).isfinite().all(1) | (gradient.flatten(1).abs().amax(1) == 0)
            search.fail(rows[broken & ~wrong & ~search.found[rows]])
            moved = (goal - x).flatten(1).abs().amax(1) > 1e-6 * search.range
            past = torch.where(wrong, past, (past * GROWTH).clamp(max=4))
            going = moved & ~broken
            rows, x, past = rows[going], goal[going], past[going]
            if not len(rows):
                return
        search.query(rows, x)


def hardest(logits: Tensor, labels: Tensor) -> Tensor:
    """(n, classes), (n,) -> (n,): the highest other logit less the label's; positive if adversarial."""
    own = torch.nn.functional.one_hot(labels, logits.shape[1]).bool()
    return logits.masked_fill(own, -torch.inf).amax(1) - logits[own]


def nearest(search: Search, clean: Tensor, x: Tensor, gradient: Tensor, needed: Tensor) -> Tensor:
    """The point in bounds nearest to `clean` at which `gradient . (point - x) = needed`, or as near as the
    bounds let it come.
    """
    flat, wanted = gradient.flatten(1).double(), needed.double()
    start, here = clean.flatten(1).double(), x.flatten(1).double()

    def point(multiplier: Tensor) -> Tensor:
        return (start + multiplier[:, None] * flat).clamp(search.low, search.high)

    def gain(multiplier: Tensor) -> Tensor:
        return ((point(multiplier) - here) * flat).sum(1)

    low = torch.zeros_like(wanted)
    steepest = flat.abs().amax(1).clamp_min(1e-300)
    high = torch.full_like(wanted, search.range) / steepest
    for _ in range(HALVINGS):
        high = torch.where(gain(high) < wanted, high * 2, high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = gain(middle) >= wanted
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return point(high).to(x.dtype).view_as(x)
