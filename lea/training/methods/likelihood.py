"""Learn by maximum likelihood: a flow, or whatever has a density and can be undone (Sec. 2.2.3).

The loss is the negative log-density of a sample in nats, of the values as the network sees them. With
`levels` these are images of so many grey levels, and each value is moved evenly within its level: in training
by new noise at each step, in evaluation by the same at each epoch. (The middle of a level, where a density
can gather, could cost less than the level itself.) For `bits_per_dimension` see lea/nn/flows/levels.py.

`inverse_error` is the largest difference between a value of any sample and what the inverse makes of it.
Weights of which it is not below 1e-4, of all samples of training and test, are not kept: the run fails.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lea.compute.sums import Sums
from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.nn.flows.levels import bits_per_dimension, dequantise
from lea.training.method import Batch, Method, Setting, follow

Map = Callable[[Tensor], Tensor]
BATCH = 500  # samples that are undone at once
INVERSE_ERROR = 1e-4  # in float32


class Likelihood(Method):
    """One loss, all weights."""

    NEEDS = ("density", "inverse")
    OPTIMIZERS = ("main",)
    LIMITS = {"levels": (2, 65_536)}
    RULES = {"inverse_error": "maximum"}

    def __init__(self, setting: Setting, *, levels: int | None = None) -> None:
        check_precision(setting)
        self.model: Any = setting.network.model
        self.levels = levels
        self.optimizers = {"main": setting.optimizer("main", self.model.parameters())}

    def begin(self, data: Samples) -> None:
        """Refuse grey levels that the samples do not have."""
        low, high = data.scale
        if self.levels and (data.values.is_floating_point() or high - low != self.levels - 1):
            found = f"levels {self.levels}, of {data.values.dtype} values from {low:g} to {high:g}"
            raise UserError(f"{found}; expected as many as there are whole numbers, or none: method.levels")

    def step(self, batch: Batch) -> Sums:
        """Follow the loss."""
        nats = self._nats(self._moved(batch.x))
        follow(self.optimizers["main"], nats.mean())
        return self._sums(nats, batch.x)

    def examine(self, batch: Batch) -> Sums:
        """The same of other samples, and how well they are undone."""
        noise = torch.Generator(batch.x.device).manual_seed(int(batch.rows[0]))
        x = self._moved(batch.x, noise)
        return self._sums(self._nats(x), x) | {
            ("network", "inverse_error"): inverse_error(self.model, self.model.inverse, x)
        }

    def check(self, data: Data) -> None:
        """Refuse weights of a flow that does not give back its samples."""
        check_inverse(self.model.eval(), self.model.inverse, data)

    def _moved(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        if self.levels is None:
            return x
        noise = torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        return dequantise(x, self.levels, noise)

    def _nats(self, x: Tensor) -> Tensor:
        nats: Tensor = -self.model.density(x).total
        return nats

    def _sums(self, nats: Tensor, x: Tensor) -> Sums:
        nats = nats.detach()
        found = {"loss": nats, "bits_per_dimension": bits_per_dimension(nats, x[0].numel(), self.levels)}
        return {("network", name): values.sum() for name, values in found.items()}


@torch.no_grad()
def check_inverse(carry: Map, back: Map, data: Data) -> None:
    """Refuse weights of a flow that misses its samples by 1e-4 or more."""
    parts = {"training": data.train, "held-out": data.held_out, "test": data.test}
    for split, samples in parts.items():
        error = max((inverse_error(carry, back, x).item() for x in samples.batches(BATCH)), default=0.0)
        if not error < INVERSE_ERROR:
            found = f"inverse error {error:.1e} of {split} samples, by which the inverse misses them"
            expected = f"expected less than {INVERSE_ERROR:g} of weights that are kept"
            mend = "choose a clamp of the model with a smaller bound, fewer blocks, or a smaller rate"
            raise UserError(f"{found}; {expected}; {mend}")


def inverse_error(carry: Map, back: Map, x: Tensor) -> Tensor:
    """(): the largest difference between a value and what the inverse makes of it."""
    return (back(carry(x)) - x).abs().amax()


def check_precision(setting: Setting) -> None:
    """Refuse to learn a flow in coarse arithmetic."""
    precision = setting.network.precision
    if precision != "float32":
        raise ValueError(f"fit.precision {precision}; expected float32: in others a flow is not undone")
