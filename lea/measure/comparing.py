"""What images that a model makes up are compared with: as many training images, and, to read a number by,
test images (`floor`: no better can be expected) and noise (`ceiling`).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lea.data.tensors import Data, Samples

BATCH = 500


@dataclass(frozen=True, slots=True)
class Compared:
    """Sets of equally many images."""

    train: Tensor  # (n, c, h, w)
    sets: dict[str, Tensor]  # samples, floor, ceiling

    @classmethod
    def of(cls, model: nn.Module, data: Data, generator: torch.Generator, count: int) -> "Compared":
        """`count` images of each kind, or as many as there are."""
        count = min(count, len(data.train), len(data.test))
        train, test = (_images(one, count, generator) for one in (data.train, data.test))
        made = torch.cat([model.sample(min(BATCH, count - start)) for start in range(0, count, BATCH)])  # type: ignore[operator]
        noise = torch.rand(test.shape, generator=generator).to(test.device)
        return cls(train, {"samples": made.clamp(0, 1), "floor": test, "ceiling": noise})


def _images(samples: Samples, count: int, generator: torch.Generator) -> Tensor:
    """(count, c, h, w), drawn at random."""
    rows = torch.randperm(len(samples), generator=generator)[:count]
    return samples.batch(rows.to(samples.values.device))[0]
