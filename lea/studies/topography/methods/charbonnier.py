"""Autoencoders that learn by Charbonnier's distance, with codes that are values or distributions (Sec. 3.1.1
to 3.1.3); `error` is that distance, summed over a tile's values, and `reconstruction` the sum of squares.

By option the heights of neighbours' differences count too (`slopes`), or the size of the weights (`absolute`,
`squares`: what Keras calls L1 and L2).
"""

import math
from typing import Any, Literal, cast

import torch
from torch import Tensor

from lea.compute.sums import Sums
from lea.nn.encoders.encoder import Posterior
from lea.nn.losses import charbonnier, exact, gaussian_divergences, window_losses
from lea.studies.topography.features.features import MakeFeatures, distance
from lea.training.method import Batch, Method, Setting, follow

RISES, MIDDLE, STEEPNESS = 3, 10.0, 1.3  # the divergence's weight: from which epoch on, and how


class Charbonnier(Method):
    """Codes are values. What is followed is a mean over all values of a batch, `loss` a tile's sum."""

    NEEDS = ("encode", "decode")
    OPTIMIZERS = ("main",)
    LIMITS = {"slopes": (0, 1e6), "absolute": (0, 1e6), "squares": (0, 1e6)}

    def __init__(
        self, setting: Setting, *, slopes: float = 0.0, absolute: float = 0.0, squares: float = 0.0
    ) -> None:
        self.network, self.model = setting.network, cast(Any, setting.network.model)
        self.slopes, self.absolute, self.squares = slopes, absolute, squares
        self.optimizers = {"main": setting.optimizer("main", self.model.parameters())}

    def step(self, batch: Batch) -> Sums:
        """Follow the loss."""
        costs = self._costs(batch.x)
        follow(self.optimizers["main"], self._loss(costs, batch) + self._penalty())
        return self._sums(costs)

    def examine(self, batch: Batch) -> Sums:
        """The same of other tiles."""
        return self._sums(self._costs(batch.x))

    def _costs(self, x: Tensor) -> dict[str, Tensor]:
        """(n, c, h, w) -> by name (n,)."""
        with self.network.arithmetic(x.device):
            restored = self.model.decode(exact(self.model.encode(x).mean))
        return self._errors(restored, x)

    def _errors(self, restored: Tensor, x: Tensor) -> dict[str, Tensor]:
        found = {"error": charbonnier(restored, x), "reconstruction": window_losses(restored, x)}
        if self.slopes:
            down, right = (charbonnier(restored.diff(dim=axis), x.diff(dim=axis)) for axis in (2, 3))
            found["slopes"] = down + right
        return found

    def _total(self, costs: dict[str, Tensor]) -> Tensor:
        """(n,) of what is wrong with the tiles."""
        return costs["error"] + self.slopes * costs.get("slopes", 0)

    def _loss(self, costs: dict[str, Tensor], batch: Batch) -> Tensor:
        return self._total(costs).mean() / batch.x[0].numel()

    def _penalty(self) -> Tensor | float:
        """On the weights of layers, not on what is added to them."""
        if not self.absolute and not self.squares:
            return 0.0
        weights = [one for one in self.model.parameters() if one.requires_grad and one.ndim > 1]
        return sum(self.absolute * one.abs().sum() + self.squares * one.square().sum() for one in weights)

    def _sums(self, costs: dict[str, Tensor]) -> Sums:
        found = {"loss": self._total(costs)} | costs
        return {("network", name): values.detach().sum() for name, values in found.items()}


class CharbonnierVAE(Charbonnier):
    """Codes are distributions, and `samples` are drawn of each; the loss is the error, the divergence and, if
    there are `features`, half of the distance in these.

    `source`: as the published code computes it. The divergence has no weight, the errors of a batch are
    added, distances in features averaged over it, and each of the two draws a code of its own. `intended`:
    as it was meant. All are averages over the batch, of one code, and the divergence's weight rises from
    the fourth epoch on, to 1/2 after 7.7 more. `elbo`: its weight is 1 from the beginning. `loss` is a tile's
    sum of all, with the weight that the divergence rises to; what is followed differs from it as said.
    """

    LIMITS = {"samples": (1, 10_000), "slopes": (0, 1e6), "absolute": (0, 1e6), "squares": (0, 1e6)}

    def __init__(
        self,
        setting: Setting,
        *,
        protocol: Literal["source", "intended", "elbo"] = "source",
        samples: int = 1,
        features: MakeFeatures | None = None,
        slopes: float = 0.0,
        absolute: float = 0.0,
        squares: float = 0.0,
    ) -> None:
        super().__init__(setting, slopes=slopes, absolute=absolute, squares=squares)
        self.protocol, self.samples = protocol, samples
        self.features = features() if features else None
        if self.features:
            self.features.to(setting.network.device)
        self.weight = self.last_weight = 0.0 if protocol == "source" else 1.0

    def advance(self, done: float, epochs: int) -> None:
        """The divergence's weight follows the epochs."""
        if self.protocol == "intended":
            self.weight = intended_weight(math.floor(done))

    def _costs(self, x: Tensor) -> dict[str, Tensor]:
        with self.network.arithmetic(x.device):
            posterior = self.model.encode(x).exact()
        restored, tiles = self._restored(posterior), x.repeat(self.samples, 1, 1, 1)
        costs = self._errors(restored, tiles)
        costs["divergence"] = gaussian_divergences(*posterior) / 2
        if self.features:
            own = self._restored(posterior) if self.protocol == "source" else restored
            with self.network.arithmetic(x.device):
                costs["features"] = distance(self.features, exact(own), tiles)
        return {name: one.view(-1, len(x)).mean(0) for name, one in costs.items()}

    def _restored(self, posterior: Posterior) -> Tensor:
        """(samples * n, c, h, w), of a code each; the first n are of the first codes."""
        many = type(posterior)(*(one.repeat(self.samples, 1) for one in posterior))
        with self.network.arithmetic(many.mean.device):
            restored: Tensor = self.model.decode(many.sample())
        return restored

    def _total(self, costs: dict[str, Tensor]) -> Tensor:
        found = super()._total(costs) + self.last_weight * costs["divergence"]
        return found + costs["features"] / 2 if "features" in costs else found

    def _loss(self, costs: dict[str, Tensor], batch: Batch) -> Tensor:
        errors, far = super()._total(costs), costs.get("features", torch.zeros(())).mean() / 2
        if self.protocol == "source":
            return errors.sum() + far
        return (errors + self.weight * costs["divergence"]).mean() + far


def intended_weight(epoch: int) -> float:
    """Of the divergence, in an epoch counted from 0: `1 / (1 + exp(10 - 1.3 (e - 3)))` from the fourth on."""
    return 1 / (1 + math.exp(MIDDLE - STEEPNESS * (epoch - RISES))) if epoch >= RISES else 0.0
