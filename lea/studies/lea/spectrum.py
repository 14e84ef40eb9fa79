"""What the windows of a LEA hold, and what a Gaussian code of them is worth: why a VAE fails at small windows
(Fig. 5.5).

A VAE whose encoder and decoder are linear has a closed form. Its loss, the sum of squares and the divergence,
is that of probabilistic principal components whose noise has the variance 1/2 (Lucas et al. 2019): a
component of the windows is worth a code only if its variance is more than 1/2, and then costs
`ln(2 variance) / 2` nats. A window with no such component gets codes that carry nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lea.data.tensors import Data
from lea.measure.measurement import Measurement
from lea.nn.layer import LEA, leas, watching
from lea.nn.losses import gaussian_divergence

NEEDS = ("lea",)
NOISE = 0.5  # the variance whose logarithmic likelihood is the sum of squares, but for a constant
BATCH = 64


@dataclass(slots=True)
class Moments:
    """Sums over windows, in float64."""

    count: int = 0
    total: Tensor | float = 0.0  # (values,)
    products: Tensor | float = 0.0  # (values, values)
    divergence: float = 0.0

    def add(self, windows: Tensor, divergence: float | None) -> None:
        """Take in windows (n, values)."""
        v = windows.double()
        self.count += len(v)
        self.total = self.total + v.sum(0)
        self.products = self.products + v.T @ v
        self.divergence += len(v) * (divergence or 0.0)

    def variances(self) -> Tensor:
        """(values,) of the principal components, the largest first."""
        mean = torch.as_tensor(self.total) / self.count
        covariance = torch.as_tensor(self.products) / self.count - torch.outer(mean, mean)
        return torch.linalg.eigvalsh(covariance).flip(0).clamp(min=0)


def measure(model: nn.Module, data: Data, generator: torch.Generator) -> Iterator[Measurement]:
    """Of every LEA, over all windows of the test samples."""
    layers = leas(model)
    moments = {name: Moments() for name in layers}
    gaussian = set[str]()
    for x in data.test.batches(BATCH):
        with watching(model):
            model(x)
            for name, layer in layers.items():
                seen = layer.examine()
                nats = None
                if hasattr(seen.code, "log_sigma"):
                    gaussian.add(name)
                    nats = gaussian_divergence(seen.code.mean, seen.code.log_sigma).item()
                moments[name].add(seen.windows.flatten(1), nats)
    for name, layer in layers.items():
        yield from _of_layer(name, layer, moments[name], name in gaussian)


def _of_layer(name: str, layer: LEA, moments: Moments, gaussian: bool) -> Iterator[Measurement]:
    variances = moments.variances()
    worth = variances[: layer.code_length]
    worth = worth[worth > NOISE]
    found = {
        "variance of a window": variances.sum().item(),
        "largest component": variances[0].item(),
        "components worth a code": float(len(worth)),
        "divergence of a linear vae": (worth / NOISE).log().sum().item() / 2,
    }
    if gaussian:
        found["divergence"] = moments.divergence / moments.count
    for metric, value in found.items():
        yield Measurement(name, metric, value, "test")
