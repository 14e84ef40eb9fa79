"""What LEAs do, to be looked at: reconstructions, confidence and code maps of test images, and histograms of
values (Sec. 4.3 - 4.5).
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.nn.layer import LEA, Examined, leas, watching
from lea.nn.losses import confidence, window_losses
from lea.show.picture import Picture

NEEDS = ("lea",)
SAMPLES = "batch"  # the first that are tested together: histograms are of all of these
LIMITS = {"images": (1, 4096)}
BINS = 64


def show(network: Network, samples: Samples, *, images: int) -> Iterator[Picture]:
    """Of the first `images` samples; histograms of all."""
    x, _ = samples.batch(torch.arange(len(samples), device=samples.values.device))
    layers = leas(network.model)
    with watching(network.model):
        network.forward(x)
        with network.arithmetic():
            examined = {name: layer.examine() for name, layer in layers.items()}
    for sample, pixels in enumerate(x[:images]):
        for channel, values in enumerate(pixels):
            yield Picture("network", "input", sample, channel, 0, 1, values.cpu().numpy())
    for name, one in examined.items():
        yield from _of_layer(name, layers[name], one, images)


def _of_layer(part: str, layer: LEA, seen: Examined, images: int) -> Iterator[Picture]:
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
                yield Picture(part, kind, sample, channel, low, high, values.cpu().numpy())
    yield from _histograms(part, given, restored)


def _histograms(part: str, given: Tensor, restored: Tensor) -> Iterator[Picture]:
    """The shares of all values in bins over their common range."""
    low = min(given.min().item(), restored.min().item())
    high = max(given.max().item(), restored.max().item())
    for kind, values in (("input histogram", given), ("reconstruction histogram", restored)):
        counts, _ = np.histogram(values.cpu().numpy(), BINS, (low, high))
        yield Picture(part, kind, None, None, low, high, counts[None] / counts.sum())
