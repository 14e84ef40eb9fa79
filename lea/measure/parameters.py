"""How many parameters of a model are trained (Table 3.1): of all of it, and of each of its children.

Beside the count stands the sum of their sizes (a kernel of 4x1x3x3 counts 11), which a study has printed as
the number of weights.
"""

from collections.abc import Iterator

import torch
from torch import nn

from lea.data.tensors import Data
from lea.measure.measurement import Measurement


def measure(model: nn.Module, data: Data, generator: torch.Generator) -> Iterator[Measurement]:
    """Each is counted once, whoever shares it."""
    for name, part in {"network": model, **dict(model.named_children())}.items():
        trained = [one for one in part.parameters() if one.requires_grad]
        yield Measurement(name, "parameters", float(sum(one.numel() for one in trained)))
        yield Measurement(name, "sum of sizes", float(sum(sum(one.shape) for one in trained)))
