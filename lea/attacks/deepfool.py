"""DeepFool: steps to the nearest of the linearised boundaries to the ten likeliest classes (attacks 3).

Where the bounds cut a step its overshoot is lost, and the search ends on an exact tie: if the label has the
lower index, the tied class is no candidate any more. That is 1.8.0's behaviour and kept.
"""

from typing import ClassVar

import torch
from torch import Tensor

from lea.attacks.search import Attack, Search

TIE_GUARD = 1e-8


class DeepFool(Attack):
    """foolbox 1.8.0's DeepFoolAttack with the L2 norm."""

    FAMILY = "gradient"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 100_000), "candidates": (2, 1000), "overshoot": (1, 10)}
    tie_safe: ClassVar[bool] = False

    def __init__(self, *, steps: int = 100, candidates: int = 10, overshoot: float = 1.05) -> None:
        self.steps, self.candidates, self.overshoot = steps, candidates, overshoot

    def attack(self, search: Search) -> None:
        """Step until a row is adversarial, or has no boundary to go to."""
        rows, x = search.rows, search.x[search.rows]
        likely = likeliest(search, self.candidates)
        for _ in range(self.steps):
            logits, gradients = class_gradients(search, rows, x, likely)
            done = search.judge(rows, x, logits)
            differences, slopes = differences_to(search, rows, likely, logits, gradients)
            candidate = differences <= 0 if self.tie_safe else differences < 0
            search.fail(rows[~done & ~candidate.any(1)])
            norms = slopes.flatten(2).norm(dim=2) + TIE_GUARD
            nearest = (
                (differences.abs() / norms).masked_fill(~candidate, torch.inf).nan_to_num(torch.inf).argmin(1)
            )
            chosen = torch.arange(len(rows), device=rows.device), nearest
            length = differences[chosen].abs() / norms[chosen] ** 2
            if self.tie_safe:  # a tie has no length of its own
                length = length + 1e-4 / norms[chosen]
            x = search.clip(x + (self.overshoot * length).view(-1, *[1] * (x.ndim - 1)) * slopes[chosen])
            going = ~done & candidate.any(1)
            rows, x, likely = rows[going], x[going], likely[going]
            if not len(rows):
                return
        search.query(rows, x)


class DeepFoolTieSafe(DeepFool):
    """A tied class stays a candidate, and a step from a tie has a length."""

    PROTOCOL = "corrected"
    tie_safe: ClassVar[bool] = True


def likeliest(search: Search, count: int) -> Tensor:
    """(rows, candidates - 1): the classes of the highest clean logits after the label, which is the first."""
    logits = search.clean[search.rows]
    return logits.sort(dim=1, descending=True, stable=True).indices[:, 1:count]


def class_gradients(search: Search, rows: Tensor, x: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Logits, and gradients (rows, 1 + candidates, ...) of the label's logit and of those of the classes."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        logits = search.model(x)
        columns = torch.cat([search.labels[rows, None], classes], 1)
        values = logits.gather(1, columns)
        gradients = [
            torch.autograd.grad(values[:, index].sum(), x, retain_graph=index + 1 < columns.shape[1])[0]
            for index in range(columns.shape[1])
        ]
    search.gradients[rows] += len(gradients)
    return logits.detach(), torch.stack(gradients, 1)


def differences_to(
    search: Search, rows: Tensor, classes: Tensor, logits: Tensor, gradients: Tensor
) -> tuple[Tensor, Tensor]:
    """(rows, candidates) logits less the label's, and their gradients."""
    own = logits.gather(1, search.labels[rows, None])
    return logits.gather(1, classes) - own, gradients[:, 1:] - gradients[:, :1]
