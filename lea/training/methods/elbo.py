"""Learn by the evidence lower bound: reconstruct, and have codes that the prior expects (lea/nn/bound.py).

Tests measure both protocols, whichever is followed; training measures that one.
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch

from lea.compute.sums import Sums
from lea.data.tensors import Samples
from lea.nn.bound import Cost, Protocol, cost_of
from lea.training.method import Batch, Method, Setting, follow

ENDINGS: dict[Protocol, str] = {"elbo": "", "source": "_source"}  # of what is measured by it


class ELBO(Method):
    """One loss, all weights that are learnt."""

    NEEDS = ("encode", "decode", "prior")
    OPTIMIZERS = ("main",)

    def __init__(self, setting: Setting, *, protocol: Literal["elbo", "source"] = "elbo") -> None:
        self.network, self.protocol = setting.network, protocol
        self.model: Any = setting.network.model
        if hasattr(self.model.prior, "improve"):
            raise ValueError(
                "the prior is one that is fitted afterwards; expected one that is learnt, or none"
            )
        self.optimizers = {"main": setting.optimizer("main", self.model.parameters())}

    def begin(self, data: Samples) -> None:
        """A prior may begin with training images."""
        if hasattr(self.model.prior, "begin"):
            count = min(len(data), self.model.prior.components)
            self.model.prior.begin(data.batch(torch.arange(count, device=data.values.device))[0])

    def step(self, batch: Batch) -> Sums:
        """Follow the protocol's bound."""
        cost = self._cost(batch, self.protocol)
        follow(self.optimizers["main"], cost.total.mean())
        return self._sums({self.protocol: cost})

    def examine(self, batch: Batch) -> Sums:
        """The same of other images, of a sampled code each, too."""
        return self._sums({one: self._cost(batch, one) for one in ENDINGS})

    def _cost(self, batch: Batch, protocol: Protocol) -> Cost:
        return cost_of(self.model, batch.x, protocol, self.network.arithmetic(batch.x.device))

    def _sums(self, costs: Mapping[Protocol, Cost]) -> Sums:
        cost = costs[self.protocol]
        found = {
            "loss": cost.total,
            "reconstruction": cost.reconstruction,
            "divergence": cost.divergence,
            "log_determinant": cost.log_determinant,
        }
        for protocol, its in costs.items():
            found[f"regularisation{ENDINGS[protocol]}"] = its.regularisation
            found[f"negative_elbo{ENDINGS[protocol]}"] = its.total
        if scales := getattr(self.model.prior, "scales", 0):
            found["scale"] = cost.log_determinant / scales  # the mean of s
        return {("network", name): values.detach().sum() for name, values in found.items()}
