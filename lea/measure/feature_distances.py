"""How far images that a model makes up are from training images, by the features of a network of others: the
FID with `features: {name: inception}`. Beside them stand test images (`floor`) and noise (`ceiling`). The
kernel distance is 0 on average of alike sets, however few images there are; ours is over all pairs of images.
"""

from collections.abc import Callable, Iterator

import torch
from torch import nn

from lea.data.tensors import Data
from lea.measure.comparing import Compared
from lea.measure.distances import Points, frechet_distance, kernel_distance
from lea.measure.features.features import Features
from lea.measure.measurement import Measurement

MakeFeatures = Callable[[], Features]

NEEDS = ("sample",)
LIMITS = {"count": (10, 1_000_000)}


def measure(
    model: nn.Module,
    data: Data,
    generator: torch.Generator,
    *,
    features: MakeFeatures,
    count: int = 10_000,
) -> Iterator[Measurement]:
    """Of `count` samples, test images and noise, against as many training images; fewer where there are."""
    reader, compared = features(), Compared.of(model, data, generator, count)
    train = Points(reader.read(compared.train))
    for part, images in compared.sets.items():
        seen = Points(reader.read(images))
        yield Measurement(part, reader.FRECHET, frechet_distance(train, seen))
        yield Measurement(part, reader.KERNEL, kernel_distance(train, seen))
