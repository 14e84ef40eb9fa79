"""Learn to reconstruct, with codes that are values: a regularised autoencoder (Ghosh et al. 2020).

The loss is the sum of squares of an image's values, and `penalty` times half the square of its code, so that
codes lie near one another. No prior takes part: one may be fitted afterwards (fit_prior.py). It is a method
of its own that divides by the number of values, and no option, so that runs keep the names that they have.
"""

from typing import Any

from torch import Tensor

from lea.compute.sums import Sums
from lea.nn.losses import exact, window_losses
from lea.training.method import Batch, Method, Setting, follow


class Reconstruct(Method):
    """One loss, all weights that are learnt."""

    NEEDS = ("encode", "decode")
    OPTIMIZERS = ("main",)
    LIMITS = {"penalty": (0, 1e6)}

    def __init__(self, setting: Setting, *, penalty: float = 1e-4) -> None:
        self.network, self.penalty = setting.network, penalty
        self.model: Any = setting.network.model
        self.optimizers = {"main": setting.optimizer("main", self.model.parameters())}

    def step(self, batch: Batch) -> Sums:
        """Follow the loss."""
        loss, sums = self._measured(batch.x)
        follow(self.optimizers["main"], loss)
        return sums

    def examine(self, batch: Batch) -> Sums:
        """The same of other images."""
        return self._measured(batch.x)[1]

    def _measured(self, x: Tensor) -> tuple[Tensor, Sums]:
        with self.network.arithmetic(x.device):
            z = exact(self.model.encode(x).mean)
            restored = self.model.decode(z)
        reconstruction = window_losses(restored, x)
        length = z.square().sum(1) / 2
        loss = reconstruction + self.penalty * length
        found = {"loss": loss, "reconstruction": reconstruction, "length": length}
        return loss.mean(), {("network", name): values.detach().sum() for name, values in found.items()}


class ReconstructMean(Reconstruct):
    """All of the loss divided by the number of an image's values, so that the same codes are the best: the
    mean squared error where `penalty` is 0.
    """

    def _measured(self, x: Tensor) -> tuple[Tensor, Sums]:
        loss, sums = super()._measured(x)
        per_value = {key: values / x[0].numel() for key, values in sums.items() if key[1] != "length"}
        return loss / x[0].numel(), sums | per_value
