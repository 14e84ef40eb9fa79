"""Grey levels: what gives images of whole numbers a density, and what likelihoods are in bits.

The density of values that are only a few numbers can grow without bound: it need but gather there. So each
value is moved evenly within its grey level, 1 / (levels - 1) wide where levels reach from 0 to 1. The mean of
the negative log-density over such moves is at least what saying the levels takes (Theis et al. 2016).
"""

import math

from torch import Tensor


def dequantise(x: Tensor, levels: int, noise: Tensor) -> Tensor:
    """Values of so many grey levels from 0 to 1, moved by noise of [0, 1): (n, ...), (n, ...) -> (n, ...)."""
    return x + (noise - 0.5) / (levels - 1)


def bits_per_dimension(nats: Tensor, dimensions: int, levels: int | None = None) -> Tensor:
    """Negative log-densities of samples in nats -> bits a value, of the same shape.

    With levels it is what saying a value's level takes: `log2(levels - 1)` more than the density's own, since
    a level is so much narrower than 1. A density that is even over all 256 costs 8 bits, and none can cost
    less than 0 on average. Without, it is the density's own, may be negative, and goes by the values' scale.
    """
    bits = nats / (dimensions * math.log(2))
    return bits if levels is None else bits + math.log2(levels - 1)
