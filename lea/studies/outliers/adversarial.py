"""How well a detector sets outliers apart that are changed to deceive it: each value by no more than a size,
by projected gradient descent on the detector's own score (lea/attacks/projected_gradient.py; pictures stay
between 0 and 1).

A row's part is the detector, its split the role of the outliers' table. `AUROC within 0.1`: of outliers that
are changed so that their score is as low as can be found, against test samples as they are; `AUROC within
0.1, both`: these are changed as well, so that theirs is as high. Within 0 nothing is changed. `AUROC within
0.1 error` and so on: the standard deviation over samples that are drawn again. What is found is no bound: a
better attack may find more. A larger ball keeps what a smaller one gave, so that no AUROC rises.

The detector must have a gradient: likelihood, typicality, radius, logit, reconstruction, mahalanobis.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from lea.attacks.projected_gradient import ProjectedGradient
from lea.attacks.search import Model, Search
from lea.data.tensors import Data
from lea.errors import UserError
from lea.measure.detection import INLIERS, area, drawn, outliers_of, together
from lea.measure.detectors.detector import Detector, MakeDetector, OfLibrary
from lea.measure.measurement import Measurement
from lea.nn.outliers import PICTURE

RAISED = "test, changed"
ROLES = ("outliers",)
LIMITS = {"count": (2, 100_000), "fitted": (2, 1_000_000), "iterations": (40, 1000), "starts": (1, 100)}
BATCH = 100
ANYWHERE = (-torch.inf, torch.inf)


def measure(
    model: nn.Module,
    data: Data,
    generator: torch.Generator,
    *,
    detector: MakeDetector,
    outliers: tuple[str, ...],
    sizes: tuple[float, ...],
    iterations: int = 40,
    starts: int = 5,
    count: int = 500,
    fitted: int = 2000,
) -> Iterator[Measurement]:
    """`count` samples of each kind, drawn at random, or as many as there are; `fitted`: of training samples,
    which the detector sees. Each descent begins anew at so many `starts`, the sample itself and places drawn
    in the ball.
    """
    if not sizes or min(sizes) <= 0:
        raise UserError(f"sizes: found {sizes}; expected some, above 0")
    made = detector(model)
    made.fit(drawn(data.train, fitted, generator))
    inliers = drawn(data.test, count, generator)
    sets = {role: drawn(outliers_of(data, role), count, generator) for role in outliers}
    check_gradient(made, inliers[:2])
    attack = Lowering(iterations=iterations, starts=starts)
    lowered = {role: attack.within(made.score, x, sizes) for role, x in sets.items()}
    raised = attack.within(lambda x: -made.score(x), inliers, sizes)
    for number, size in enumerate((0.0, *sorted(sizes))):
        changed = {INLIERS: inliers, RAISED: raised[number]} | {role: lowered[role][number] for role in sets}
        scores = together(made.score, changed, generator)
        for metric, its in {
            f"AUROC within {size:g}": INLIERS,
            f"AUROC within {size:g}, both": RAISED,
        }.items():
            for role in sets:
                for name, value in area(metric, scores[its], scores[role]).items():
                    yield Measurement(made.name, name, value, role)


def check_gradient(detector: Detector, x: Tensor) -> None:
    """Refuse one whose score says nothing of where to go."""
    found = None
    if not isinstance(detector, OfLibrary):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            scores = detector.score(x)
            if scores.requires_grad:
                (found,) = torch.autograd.grad(scores.sum(), x, allow_unused=True)
    if found is None:
        expected = "expected one that has: likelihood, typicality, radius, logit, reconstruction, mahalanobis"
        raise UserError(f"detector '{detector.name}': its score has no gradient; {expected}")


class Lowest(Search):
    """Keeps of each sample what has the lowest score so far. Nothing is wrong, so that an attack goes on."""

    def __init__(self, score: Model, bounds: tuple[float, float], x: Tensor) -> None:
        self.lowest = torch.full((len(x),), torch.inf, dtype=torch.float64, device=x.device)
        nothing = torch.zeros(len(x), dtype=torch.int64, device=x.device)  # there are no classes
        super().__init__(lambda x: score(x)[:, None], bounds, x, nothing)
        self.range = self.range if np.isfinite(self.range) else 1.0

    def judge(self, rows: Tensor, images: Tensor, logits: Tensor) -> Tensor:
        """Look at samples whose scores are known."""
        scores = logits[:, 0].double()
        lower = scores < self.lowest[rows]
        self.lowest[rows[lower]], self.best[rows[lower]] = scores[lower], images[lower].detach()
        return torch.zeros_like(lower)


class Lowering(ProjectedGradient):
    """All steps of several descents, in balls of given sizes."""

    def __init__(self, *, iterations: int = 40, starts: int = 5) -> None:
        super().__init__(iterations=iterations)
        self.starts = starts

    @staticmethod
    def loss(scores: Tensor, _labels: Tensor) -> Tensor:
        """(n, 1) -> (n,), which is to rise."""
        return -scores[:, 0]

    def within(self, score: Model, x: Tensor, sizes: tuple[float, ...]) -> list[Tensor]:
        """(n, ...) as it is, and within each size, the smallest first."""
        found = [self._of_batch(score, part, sizes) for part in x.split(BATCH)]
        return [x, *(torch.cat(parts) for parts in zip(*found, strict=True))]

    def _of_batch(self, score: Model, x: Tensor, sizes: tuple[float, ...]) -> list[Tensor]:
        search, found = Lowest(score, (0.0, 1.0) if x.ndim == PICTURE else ANYWHERE, x), list[Tensor]()
        for size in sorted(sizes):
            sizes_of = torch.full((len(x),), size, device=x.device)
            self.descend(search, search.rows, sizes_of)
            for _ in range(self.starts - 1):
                start = search.clip(x + size * search.range * (2 * torch.rand(x.shape).to(x) - 1))
                self.descend(search, search.rows, sizes_of, start)
            found.append(search.best.clone())
        return found
