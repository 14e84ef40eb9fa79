"""Points of a search's space, from numbers between 0 and 1, one for each dimension."""

import math
from collections.abc import Sequence
from typing import Any

from lea.study.filling import Values, drawn
from lea.study.spec import Dimension


def values_of(space: Sequence[Dimension], point: Sequence[float]) -> Values:
    """What a point of the unit cube stands for; of a dimension that is not drawn its number is not used."""
    found: dict[str, Any] = {}
    for dimension, share in zip(space, point, strict=True):
        if drawn(dimension, found):
            found[dimension.key] = _value(dimension, float(share))
    return found


def _value(dimension: Dimension, share: float) -> Any:
    if dimension.choices is not None:
        return dimension.choices[int(share * len(dimension.choices))]
    assert dimension.low is not None
    assert dimension.high is not None
    low, high = dimension.low, dimension.high
    if dimension.kind == "integer":
        return int(low) + int(share * (int(high) - int(low) + 1))
    if dimension.kind == "log_uniform":
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    return low + share * (high - low)
