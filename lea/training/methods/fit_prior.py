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
        if not hasattr(self.model.prior, "improve"):
            raise ValueError(
                "the prior has no `improve`; expected one that is fitted, such as fitted-mixture"
            )
        self.optimizers = {}

    def begin(self, data: Samples) -> None:
        """The prior's place among the training samples' codes."""
        self.model.prior.place(torch.cat([self._codes(x) for x in data.batches(BATCH)]))

    def step(self, batch: Batch) -> Sums:
        """One iteration."""
        codes = torch.cat([self._codes(some) for some in batch.x.split(BATCH)])
        return _sums(self.model.prior.improve(codes))

    def examine(self, batch: Batch) -> Sums:
        """How likely other images' codes are."""
        return _sums(self.model.prior.density(self._codes(batch.x)).total)

    @torch.no_grad()
    def _codes(self, x: torch.Tensor) -> torch.Tensor:
        codes: torch.Tensor = self.model.encode(x).mean
        return codes


def _sums(log_density: torch.Tensor) -> Sums:
    total = log_density.sum()
    return {("network", "loss"): -total, ("network", "log_density"): total}
