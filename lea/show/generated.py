"""What a model of images makes: reconstructions of test images, images that it makes up, and those between
two of these. The images of one interpolation follow on those of the one before.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.show.picture import Picture

NEEDS = ("sample", "interpolate")
SAMPLES = "batch"
LIMITS = {"images": (1, 1024), "made": (1, 4096), "paths": (1, 1024), "steps": (1, 100)}


def show(
    network: Network, samples: Samples, *, images: int = 8, made: int = 64, paths: int = 4, steps: int = 6
) -> Iterator[Picture]:
    """Of the first `images` test images; `made` samples, and `paths` between two in so many steps."""
    model: Any = network.model
    x, _ = samples.batch(torch.arange(images, device=samples.values.device))
    with network.arithmetic():
        found = {
            "input": x,
            "reconstruction": model(x),
            "sample": model.sample(made),
            "interpolation": model.interpolate(paths, steps).flatten(0, 1),
        }
    for kind, pictures in found.items():
        yield from _pictures(kind, pictures.float().clamp(0, 1))


def _pictures(kind: str, pictures: Tensor) -> Iterator[Picture]:
    for number, channels in enumerate(pictures):
        for channel, values in enumerate(channels):
            yield Picture("network", kind, number, channel, 0, 1, values.cpu().numpy())
