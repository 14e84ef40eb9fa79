"""What LEAs do, to be looked at: reconstructions, confidence and code maps of test images, and histograms of
values (Sec. 4.3 - 4.5).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lea.compute.computation import Computation
from lea.data.tensors import Samples
from lea.nn.layer import Examined, watching
from lea.nn.losses import confidence, window_losses

BINS = 64


@dataclass(frozen=True, slots=True)
class Picture:
    """One row of the pictures table."""

    epoch: int
    part: str
    kind: str
    sample: int | None
    channel: int | None
    low: float
    high: float
    values: np.ndarray  # (h, w)


@torch.inference_mode()
def take_pictures(network: Computation, samples: Samples, images: int, epoch: int) -> Iterator[Picture]:
    """Of the first `images` samples; histograms of all."""
    network.model.eval()
    x, _ = samples.batch(torch.arange(len(samples), device=samples.labels.device))
    with watching(network.model):
        network.forward(x)
        examined = network.examine()
    for sample, pixels in enumerate(x[:images]):
        for channel, values in enumerate(pixels):
            yield Picture(epoch, "network", "input", sample, channel, 0, 1, values.cpu().numpy())
    for name, one in examined.items():
        yield from _of_layer(network, name, one, images, epoch)


def _of_layer(network: Computation, part: str, seen: Examined, images: int, epoch: int) -> Iterator[Picture]:
    layer = network.leas[part]
    places = layer.places(*seen.size)
    given, restored = (layer.join(v.float(), seen.size) for v in (seen.windows, seen.reconstruction))
    trust = confidence(window_losses(seen.reconstruction, seen.windows).unflatten(0, (-1, *places)))
    codes = seen.code.z.float().unflatten(0, (-1, *places)).movedim(-1, 1)  # (b, L, h', w')
    for sample in range(min(images, len(given))):
        low, high = (limit.item() for limit in torch.aminmax(given[sample]))
        maps = {
            "input": given[sample],
            "reconstruction": restored[sample].clamp(low, high),
            "code": codes[sample],
            "confidence": trust[sample, None],
        }
        for kind, channels in maps.items():
            for channel, values in enumerate(channels):
                yield Picture(epoch, part, kind, sample, channel, low, high, values.cpu().numpy())
    yield from _histograms(epoch, part, given, restored)


def _histograms(epoch: int, part: str, given: Tensor, restored: Tensor) -> Iterator[Picture]:
    """The shares of all values in bins over their common range."""
    low = min(given.min().item(), restored.min().item())
    high = max(given.max().item(), restored.max().item())
    for kind, values in (("input histogram", given), ("reconstruction histogram", restored)):
        counts, _ = np.histogram(values.cpu().numpy(), BINS, (low, high))
        yield Picture(epoch, part, kind, None, None, low, high, counts[None] / counts.sum())
