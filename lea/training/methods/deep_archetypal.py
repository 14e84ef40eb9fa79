"""Learn deep archetypes (lea/nn/archetypes/deep.py): the weighted sum of a flow's negative log-density in
nats, of the squared distance of samples from their mixtures of archetypes, and of that of archetypes from
their mixtures of samples; and of the nats of labels that mixtures predict, where these are learnt.

Each is summed over the values of a sample or an archetype, and a mean over samples or archetypes; `loss` is
the weighted sum. Without the density a flow can make all samples one, and without the mixtures no
coefficient is learnt. Samples that an archetype is a mixture of are those of the batch. Weights of a flow
that misses its samples by 1e-4 or more are not kept, as those of method `likelihood`.
"""

from typing import Any

import torch
from torch import Tensor

from lea.compute.sums import Sums
from lea.data.tensors import Data
from lea.nn.archetypes.deep import DeepLosses
from lea.training.method import Batch, Method, Setting, follow
from lea.training.methods.likelihood import check_inverse, check_precision


class DeepArchetypal(Method):
    """One loss, all weights that are learnt."""

    NEEDS = ("flow", "losses", "encode", "decode")
    OPTIMIZERS = ("main",)
    LIMITS = {"likelihood": (0, 1e6), "mixture": (0, 1e6), "archetype": (0, 1e6)}

    def __init__(
        self, setting: Setting, *, likelihood: float = 1.0, mixture: float = 1.0, archetype: float = 1.0
    ) -> None:
        check_precision(setting)
        self.model: Any = setting.network.model
        self.shares = {"nats": likelihood, "mixture": mixture, "archetype": archetype}
        self.optimizers = {"main": setting.optimizer("main", self.model.parameters())}

    def step(self, batch: Batch) -> Sums:
        """Follow the loss."""
        loss, sums = self._measured(batch)
        follow(self.optimizers["main"], loss)
        return sums

    @torch.no_grad()
    def examine(self, batch: Batch) -> Sums:
        """The same of other samples."""
        return self._measured(batch)[1]

    def check(self, data: Data) -> None:
        """Refuse weights whose flow does not give back its samples."""
        flow = self.model.eval().flow
        check_inverse(lambda x: flow.map(x).y, flow.inverse, data)

    def _measured(self, batch: Batch) -> tuple[Tensor, Sums]:
        losses = self._losses(batch)._asdict()
        means = {name: losses[name].mean() for name in self.shares}
        means = {"loss": torch.stack([self.shares[name] * one for name, one in means.items()]).sum()} | means
        return means["loss"], {("network", name): one.detach() * batch.count for name, one in means.items()}

    def _losses(self, batch: Batch) -> DeepLosses:
        found: DeepLosses = self.model.losses(batch.x)
        return found


class DeepArchetypalSide(DeepArchetypal):
    """The same, and labels as side information."""

    LABELS = True
    NEEDS = ("flow", "losses_with_labels", "encode", "decode")
    LIMITS = {"likelihood": (0, 1e6), "mixture": (0, 1e6), "archetype": (0, 1e6), "side": (0, 1e6)}

    def __init__(
        self,
        setting: Setting,
        *,
        likelihood: float = 1.0,
        mixture: float = 1.0,
        archetype: float = 1.0,
        side: float = 1.0,
    ) -> None:
        super().__init__(setting, likelihood=likelihood, mixture=mixture, archetype=archetype)
        self.shares["side"] = side

    def _losses(self, batch: Batch) -> DeepLosses:
        assert batch.y is not None, "a method that learns labels has LABELS = True"
        found: DeepLosses = self.model.losses_with_labels(batch.x, batch.y)
        return found
