"""Fit a model that has no gradients to follow, as principal components, to the training images: in one step.

An epoch is enough; its steps only measure.
"""

from functools import partial
from typing import Any

import torch

from lea.compute.sums import Sums
from lea.data.tensors import Samples
from lea.nn.losses import window_losses
from lea.training.method import Batch, Method, Setting

BATCH = 1000  # of images that are read at once


class FitComponents(Method):
    """`model.fit`, and what it restores."""

    NEEDS = ("fit", "encode", "decode")
    OPTIMIZERS = ()

    def __init__(self, setting: Setting) -> None:
        self.model: Any = setting.network.model
        self.optimizers = {}

    def begin(self, data: Samples) -> None:
        """All of the fitting."""
        self.model.fit(partial(data.batches, BATCH))

    @torch.no_grad()
    def step(self, batch: Batch) -> Sums:
        """Measure images that it was fitted to."""
        return self.examine(batch)

    def examine(self, batch: Batch) -> Sums:
        """The sum of squares of each image's values."""
        restored = self.model.decode(self.model.encode(batch.x).mean)
        losses = window_losses(restored, batch.x).sum()
        return {("network", "loss"): losses, ("network", "reconstruction"): losses}
