"""Fit archetypes to all training samples: an epoch is an iteration, and a batch is all (`batch_size: all`).

`least-squares` alternates (lea/nn/archetypes/least_squares.py), `frank-wolfe` takes steps that need no system
solved (lea/nn/archetypes/frank_wolfe.py). An archetype is a mixture of about so many `candidates`, samples
that are extreme in some direction; of all with `null`, which is slower where there are many, and exact.
`sum_error` is the most by which a sum of coefficients was off from 1 before they were divided by it.
"""

from typing import Any, Literal

import torch
from torch import Tensor

from lea.compute.sums import Sums
from lea.data.tensors import Samples
from lea.nn.losses import window_losses
from lea.training.method import Batch, Method, Setting


class FitArchetypes(Method):
    """The model's own iterations, and what they leave."""

    NEEDS = ("place", "improve", "mixtures", "decode")
    OPTIMIZERS = ()
    RULES = {"sum_error": "maximum"}
    LIMITS = {"candidates": (1, 10_000_000)}

    def __init__(
        self,
        setting: Setting,
        *,
        solver: Literal["least-squares", "frank-wolfe"] = "least-squares",
        initial: Literal["furthest", "random"] = "furthest",
        candidates: int | None = 1000,
    ) -> None:
        self.model: Any = setting.network.model
        self.solver, self.initial, self.candidates = solver, initial, candidates
        self.optimizers = {}

    def begin(self, data: Samples) -> None:
        """The archetypes' places among the training samples."""
        x, _ = data.batch(torch.arange(len(data), device=data.values.device))
        self.model.place(x, initial=self.initial, candidates=self.candidates)

    def step(self, batch: Batch) -> Sums:
        """One iteration."""
        return _sums(*self.model.improve(batch.x, batch.rows, solver=self.solver))

    @torch.no_grad()
    def examine(self, batch: Batch) -> Sums:
        """The nearest mixtures to other samples."""
        mixed = self.model.mixtures(batch.x)
        return _sums(window_losses(self.model.decode(mixed.weights), batch.x), mixed.deviation)


def _sums(losses: Tensor, deviation: Tensor) -> Sums:
    total = losses.sum()
    return {
        ("network", "loss"): total,
        ("network", "reconstruction"): total,
        ("network", "sum_error"): deviation,
    }
