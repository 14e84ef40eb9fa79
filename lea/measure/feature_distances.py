"""How far images that a model makes up are from training images, by the features of a pretrained network: the
FID with `extractor: {name: inception}`. Beside them stand test images (`floor`) and noise (`ceiling`), so
that four times `count` images are read. The kernel distance is 0 on average of alike sets, however few images
there are; ours is over all pairs of images.
"""

from collections.abc import Callable, Iterator

import torch
from torch import nn

from lea.data.tensors import Data
from lea.measure.comparing import Compared
from lea.measure.distances import Points, frechet_distance, kernel_distance
from lea.measure.extractors.extractor import Extractor
from lea.measure.measurement import Measurement

MakeExtractor = Callable[[], Extractor]

NEEDS = ("sample",)
LIMITS = {"count": (10, 1_000_000)}


def measure(
    model: nn.Module,
    data: Data,
    generator: torch.Generator,
    *,
    extractor: MakeExtractor,
    count: int = 10_000,
) -> Iterator[Measurement]:
    """`count` images of each kind, or as many as there are."""
    network, compared = extractor(), Compared.of(model, data, generator, count)
    train = Points(network.read(compared.train))
    for part, images in compared.sets.items():
        seen = Points(network.read(images))
        yield Measurement(part, network.FRECHET, frechet_distance(train, seen))
        yield Measurement(part, network.KERNEL, kernel_distance(train, seen))
