"""What it takes to say a test image through the model, in bits a value.

The lower bound on the likelihood, with a normal distribution around the decoded image whose variance is the
mean square that is left of training images, and values that are spread evenly over a grey level of 256: so
that models of any prior can be compared, and with other studies.
"""

import math
from collections.abc import Iterator

import torch
from torch import nn

from lea.data.tensors import Data, Samples
from lea.measure.measurement import Measurement
from lea.nn.bound import cost_of

NEEDS = ("encode", "decode", "prior")
BATCH, LEVELS = 500, 256


def measure(model: nn.Module, data: Data, generator: torch.Generator) -> Iterator[Measurement]:
    """Of all test images, by one code each."""
    values = math.prod(data.shape)
    left, _ = _costs(model, data.train)
    variance = left / values
    error, code = _costs(model, data.test)
    nats = error / (2 * variance) + values / 2 * math.log(2 * math.pi * variance) + code
    bits = nats / values / math.log(2) + math.log2(LEVELS)
    yield Measurement("network", "bits a value", bits, "test")
    yield Measurement("network", "bits of the code a value", code / values / math.log(2), "test")


def _costs(model: nn.Module, samples: Samples) -> tuple[float, float]:
    """Means over samples: sum of squares, and nats of the code."""
    error = code = 0.0
    for x in samples.batches(BATCH):
        cost = cost_of(model, x)
        error += float(cost.reconstruction.sum())
        code -= float(cost.regularisation.sum())
    return error / len(samples), code / len(samples)
