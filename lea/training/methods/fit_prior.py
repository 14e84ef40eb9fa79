"""Fit a prior to the codes of a model that is trained already, without gradients: an epoch is an iteration.

All of the model but its prior is what another run trained (`start`); a batch is all samples (`batch_size:
all`).
"""

from typing import Any

import torch

from lea.compute.sums import Sums
from lea.data.tensors import Samples
from lea.training.method import Batch, Method, Setting

BATCH = 1000  # of images that are encoded at once


class FitPrior(Method):
    """Expectation and maximisation, or whatever the prior's `improve` does."""

    NEEDS = ("encode", "prior")
    OPTIMIZERS = ()

    def __init__(self, setting: Setting) -> None:
        self.model: Any = setting.network.model
        self.optimizers = {}

    def begin(self, data: Samples) -> None:
        """The prior's place among the training samples' codes."""
        rows = torch.arange(len(data), device=data.values.device)
        self.model.prior.place(torch.cat([self._codes(data.batch(some)[0]) for some in rows.split(BATCH)]))

    def step(self, batch: Batch) -> Sums:
        """One iteration."""
        codes = torch.cat([self._codes(some) for some in batch.x.split(BATCH)])
        return {("network", "log_density"): self.model.prior.improve(codes).sum()}

    def examine(self, batch: Batch) -> Sums:
        """How likely other images' codes are."""
        return {("network", "log_density"): self.model.prior.density(self._codes(batch.x)).total.sum()}

    @torch.no_grad()
    def _codes(self, x: torch.Tensor) -> torch.Tensor:
        codes: torch.Tensor = self.model.encode(x).mean
        return codes
