"""Learn by the evidence lower bound: reconstruct, and have codes that the prior expects.

The loss is the sum of squares of an image's values, and what its code costs. Two protocols keep books of
that: `elbo` sums the divergence over the features and takes the logarithm of a flow's determinant from it, in
nats. `source`, a published study's way, averages the divergence over the features and takes the whole
logarithm from that, which pays more for stretching codes than it costs. Both are measured, whichever is
followed.
"""

from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from lea.compute.sums import Sums
from lea.data.tensors import Samples
from lea.nn.encoders.encoder import Posterior
from lea.nn.losses import exact
from lea.nn.priors.prior import log_normal
from lea.training.method import Batch, Method, Setting, follow


class Cost(NamedTuple):
    """What images and their codes cost, each (n,)."""

    reconstruction: Tensor  # sum of squares
    divergence: Tensor  # log q(z|x) - log p of where the prior's flow maps z to
    log_determinant: Tensor  # of the flow
    features: int

    def regularisation(self, protocol: str) -> Tensor:
        """(n,): the more, the better."""
        divided = self.features if protocol == "source" else 1
        return self.log_determinant - self.divergence / divided

    def total(self, protocol: str) -> Tensor:
        """(n,): the negative lower bound."""
        return self.reconstruction - self.regularisation(protocol)


class ELBO(Method):
    """One loss, all weights that are learnt."""

    NEEDS = ("encode", "decode", "prior")
    OPTIMIZERS = ("main",)

    def __init__(self, setting: Setting, *, protocol: Literal["elbo", "source"] = "elbo") -> None:
        self.network, self.protocol = setting.network, protocol
        self.model: Any = setting.network.model
        self.optimizers = {"main": setting.optimizer("main", self.model.parameters())}

    def begin(self, data: Samples) -> None:
        """A prior may begin with training images."""
        if hasattr(self.model.prior, "begin"):
            x, _ = data.batch(torch.arange(len(data.values), device=data.values.device))
            self.model.prior.begin(x)

    def step(self, batch: Batch) -> Sums:
        """Follow the protocol's bound."""
        cost = self.cost(batch.x)
        follow(self.optimizers["main"], cost.total(self.protocol).mean())
        return self._sums(cost)

    def examine(self, batch: Batch) -> Sums:
        """The same of other images, of a sampled code each, too."""
        return self._sums(self.cost(batch.x))

    def cost(self, x: Tensor) -> Cost:
        """(n, c, h, w) -> what each image costs, by the one code of it that is decoded."""
        with self.network.arithmetic(x.device):
            posterior = self.model.encode(x)
            posterior = Posterior(*map(exact, posterior))
            z = posterior.sample()
            restored = exact(self.model.decode(z))
        prior, log_determinant = self.model.prior, torch.zeros(len(x), device=x.device)
        if hasattr(prior, "divergence"):
            divergence = prior.divergence(*posterior)
        else:
            density = prior.density(z)
            divergence = log_normal(z, *posterior) - density.base
            log_determinant = density.log_determinant
        reconstruction = (restored - exact(x)).square().flatten(1).sum(1)
        return Cost(reconstruction, divergence, log_determinant, z.shape[1])

    def _sums(self, cost: Cost) -> Sums:
        found = {
            "loss": cost.total(self.protocol),
            "reconstruction": cost.reconstruction,
            "divergence": cost.divergence,
            "log_determinant": cost.log_determinant,
            "regularisation": cost.regularisation("elbo"),
            "regularisation_source": cost.regularisation("source"),
            "negative_elbo": cost.total("elbo"),
            "negative_elbo_source": cost.total("source"),
        }
        return {("network", name): values.detach().sum() for name, values in found.items()}
