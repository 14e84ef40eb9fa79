"""What images that a model makes up are worth, beside real ones that it did not learn from.

They are compared by what a classifier of the same data makes of them: its features are what goes into its
last linear layer. Each measurement stands beside that of test images (`floor`: no better can be expected) and
of noise (`ceiling`). None of these is the FID, whose features are another network's (`feature-distances`).

`frechet distance on classifier features` and `kernel distance on classifier features`: from training images;
`density`, `coverage`: among training images; `read with confidence`: the share of images of whose class the
classifier is surer than 0.9 (it may have learnt from the test images, whose share is then a high one);
`nearest training image`: the root of the mean square over the values of an image that sets it apart from the
nearest of all training images, so that what was learnt by heart is at 0.

How smooth the space of codes is: between two samples of the prior, in six steps, `longest step over the mean`
is how far apart two neighbouring images are at most, 1 where all steps are alike, and 6 where one is a leap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.measure.comparing import BATCH, Compared
from lea.measure.distances import (
    Points,
    density_and_coverage,
    frechet_distance,
    kernel_distance,
    nearest_distances,
)
from lea.measure.measurement import Measurement, Trained

NEEDS = ("sample", "interpolate")
LIMITS = {"count": (10, 1_000_000), "sure": (0, 1)}
ROWS, PATHS, STEPS = 1024, 200, 6


def measure(
    model: nn.Module,
    data: Data,
    generator: torch.Generator,
    *,
    classifier: Trained,
    count: int = 10_000,
    sure: float = 0.9,
) -> Iterator[Measurement]:
    """Of `count` samples, test images and noise, against as many training images; fewer where there are."""
    reader, compared = Reader(classifier), Compared.of(model, data, generator, count)
    train = reader.read(compared.train).features
    for part, images in compared.sets.items():
        seen = reader.read(images)
        density, coverage = density_and_coverage(train, seen.features)
        found = {
            "frechet distance on classifier features": frechet_distance(train, seen.features),
            "kernel distance on classifier features": kernel_distance(train, seen.features),
            "density": density,
            "coverage": coverage,
            "read with confidence": float((seen.trust > sure).double().mean()),
            "nearest training image": _nearest(images, data.train),
        }
        for metric, value in found.items():
            yield Measurement(part, metric, value)
    yield Measurement("interpolations", "longest step over the mean", _leap(model))


@dataclass(frozen=True, slots=True)
class Read:
    """What a classifier makes of images."""

    features: Points  # (n, d)
    trust: Tensor  # (n,), in its answer


class Reader:
    """A classifier, and what goes into its last linear layer."""

    def __init__(self, classifier: nn.Module) -> None:
        linear = [module for module in classifier.modules() if isinstance(module, nn.Linear)]
        if not linear:
            raise UserError("classifier: no linear layer; expected one, whose input are the features")
        self.classifier, self.heard = classifier, list[Tensor]()
        linear[-1].register_forward_pre_hook(lambda _, given: self.heard.append(given[0].flatten(1)))

    def read(self, images: Tensor) -> "Read":
        """(n, c, h, w) in [0, 1]."""
        self.heard.clear()
        logits = torch.cat([self.classifier(some) for some in images.split(BATCH)])
        return Read(Points(torch.cat(self.heard)), logits.float().softmax(1).amax(1))


def _nearest(images: Tensor, among: Samples) -> float:
    """Among all of them."""
    least = torch.full((len(images),), torch.inf, dtype=torch.float64, device=images.device)
    for others in among.batches(ROWS):
        least = torch.minimum(least, nearest_distances(images.flatten(1), others.flatten(1)))
    return float(least.square().mean().div(images[0].numel()).sqrt())


def _leap(model: nn.Module) -> float:
    """The mean over paths."""
    images = model.interpolate(PATHS, STEPS).clamp(0, 1).flatten(2)  # type: ignore[operator]
    lengths = images.diff(dim=1).norm(dim=2)  # (paths, steps)
    return float((lengths.amax(1) / lengths.mean(1).clamp(min=1e-12)).mean())
