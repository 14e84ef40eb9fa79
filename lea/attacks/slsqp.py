"""SLSQP: in foolbox 1.8.0 one uniformly random image (attacks 5); and the search that its name promises.

1.8.0 gave scipy a constraint that is 0 or 1, whose finite differences are 0: the first subproblem is singular
and scipy returns its random start.
"""

import torch
from torch import Tensor

from lea.attacks.deepfool import class_gradients, differences_to, likeliest
from lea.attacks.search import Attack, Search, drawn

HALVINGS = 60
MORE, LESS, FURTHEST = 1.3, 2.0, 4.0  # how the overshoot moves when a step falls short, when not; at most
TINY = 1e-6


class SLSQP(Attack):
    """What 1.8.0's SLSQPAttack does: one random image is looked at."""

    FAMILY = "gradient"
    PROTOCOL = "source"

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def attack(self, search: Search) -> None:
        """Draw one image for each row."""
        noise = drawn(self.generators(search), search.rows, search.x.shape[1:])
        search.query(search.rows, search.clip(search.low + search.range * noise.to(search.x.dtype)))


class SLSQPCorrected(Attack):
    """Sequential quadratic programming on the nearest image in bounds whose margin to a class is lost.

    Each step minimises the distance to the image under the bounds and the linearised margin, for each of the
    likeliest classes, and goes to the nearest of the results; since the distance is its own quadratic model,
    that subproblem has one multiplier, which bisection finds. A step aims a little past the linearised
    boundary, and further each time that it falls short, since the boundary has corners.
    """

    FAMILY = "gradient"
    PROTOCOL = "corrected"
    LIMITS = {"steps": (1, 100_000), "candidates": (2, 1000), "overshoot": (0, 4)}

    def __init__(self, *, steps: int = 20, candidates: int = 10, overshoot: float = 0.02) -> None:
        self.steps, self.candidates, self.overshoot = steps, candidates, overshoot

    def attack(self, search: Search) -> None:
        """Iterate all rows; they stop as they converge."""
        rows, x = search.rows, search.x[search.rows]
        likely = likeliest(search, self.candidates)
        past = torch.full((len(rows),), self.overshoot, dtype=torch.float64, device=x.device)
        for _ in range(self.steps):
            logits, gradients = class_gradients(search, rows, x, likely)
            wrong = search.judge(rows, x, logits)
            margins, slopes = differences_to(search, rows, likely, logits, gradients)
            goal, reached = self.goal(search, rows, x, margins, slopes, past)
            search.fail(rows[~reached & ~wrong & ~search.found[rows]])
            moved = (goal - x).flatten(1).abs().amax(1) > 1e-6 * search.range
            going = moved & reached
            past = torch.where(
                wrong,
                (past / LESS).clamp(min=self.overshoot),
                (past * MORE).clamp(max=FURTHEST),
            )
            rows, x, likely, past = rows[going], goal[going], likely[going], past[going]
            if not len(rows):
                return
        search.query(rows, x)

    def goal(
        self, search: Search, rows: Tensor, x: Tensor, margins: Tensor, slopes: Tensor, past: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The nearest of the points on or past each class's linearised boundary, and whether there is one."""
        closest, least = x, torch.full_like(past, torch.inf)
        for margin, slope in zip(margins.T, slopes.unbind(1), strict=True):
            needed = torch.where(margin < 0, -(1 + past) * margin, -margin)
            point = nearest(search, search.x[rows], x, slope, needed)
            gained = ((point - x).double() * slope).flatten(1).sum(1)
            there = gained >= needed - 1e-4 * needed.abs() - TINY  # false if the bounds or a slope forbid it
            distance = torch.where(there, search.distances(rows, point), torch.inf)
            closer = (distance < least).view(-1, *[1] * (x.ndim - 1))
            closest, least = torch.where(closer, point, closest), torch.minimum(distance, least)
        return closest, least.isfinite()


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
