"""Saliency Map: one value after another is moved towards a target class, at most seven times each (attacks
6).

The target is the class that the gradient attack ends in, or a random one where that fails.
"""

import torch
from torch import Tensor

from lea.attacks.gradient_sign import walk
from lea.attacks.search import Attack, Search, cross_entropy


class SaliencyMap(Attack):
    """foolbox 1.8.0's SaliencyMapAttack in its fast form."""

    FAMILY = "gradient"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 1_000_000), "theta": (1e-6, 1), "most": (1, 100_000)}

    def __init__(self, *, steps: int = 2000, theta: float = 0.1, most: int = 7, seed: int = 0) -> None:
        self.steps, self.theta, self.most, self.seed = steps, theta, most, seed

    def attack(self, search: Search) -> None:
        """Move the steepest value that is still free, until any other class is the answer."""
        rows, x = search.rows, search.x[search.rows].clone()
        target = self.targets(search)
        free = torch.ones_like(x).flatten(1)
        moves = torch.zeros_like(free)
        for _ in range(self.steps):
            slope, logits = search.gradient(rows, x, cross_entropy, target)
            done = search.judge(rows, x, logits)
            weighed = slope.flatten(1) * free
            chosen = weighed.argmax(1, keepdim=True)
            sign = weighed.gather(1, chosen).sign()
            values = x.flatten(1).scatter_add(1, chosen, -sign * self.theta * search.range)
            moves = moves.scatter_add(1, chosen, torch.ones_like(sign))
            now = values.gather(1, chosen)
            spent = (now <= search.low) | (now >= search.high) | (moves.gather(1, chosen) >= self.most)
            free = free.scatter(1, chosen, free.gather(1, chosen) * ~spent)
            x = search.clip(values).view_as(x)
            going = ~done & (sign[:, 0] != 0)  # without a slope nothing will move any more
            rows, x, target, free, moves = rows[going], x[going], target[going], free[going], moves[going]
            if not len(rows):
                return

    def targets(self, search: Search) -> Tensor:
        """Where 1.8.0's GradientAttack, along the gradient itself, ends up."""
        trial = Search(
            search.model, (search.low, search.high), search.x[search.rows], search.labels[search.rows]
        )
        gradient, _ = trial.gradient(trial.rows, trial.x[trial.rows], cross_entropy)
        size = gradient.flatten(1).square().mean(1).sqrt() + 1e-8
        direction = search.range * gradient / size.view(-1, *[1] * (gradient.ndim - 1))
        walk(trial, direction, 1000, 20)
        with torch.no_grad():
            ends = trial.model(trial.best).argmax(1)
        search.queries[search.rows] += trial.queries + 1
        search.gradients[search.rows] += trial.gradients
        classes = search.clean.shape[1]
        generators = self.generators(search)
        for place, row in enumerate(search.rows.tolist()):
            if not trial.found[place]:
                other = torch.randint(classes - 1, (1,), generator=generators[row]).item()
                ends[place] = other + (other >= search.labels[row].item())
        return ends
