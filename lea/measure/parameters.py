"""How many parameters of a model are trained (Table 3.1): of all of it, and of each of its children."""

from collections.abc import Iterator

import torch
from torch import nn

from lea.data.tensors import Data
from lea.measure.measurement import Measurement


def measure(model: nn.Module, data: Data, generator: torch.Generator) -> Iterator[Measurement]:
    """Each is counted once, whoever shares it."""
    for name, part in {"network": model, **dict(model.named_children())}.items():
        count = sum(one.numel() for one in part.parameters() if one.requires_grad)
        yield Measurement(name, "parameters", float(count))
