"""What makes the LEAs of a network: the input's shape `(c, h, w)` -> a layer."""

from collections.abc import Callable

from lea.nn.layer import LEA

MakeLEA = Callable[[tuple[int, int, int]], LEA]


def code_shape(layer: LEA, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """(c, h, w) of a LEA's input -> (L, h', w') of its code maps."""
    _, height, width = shape
    return layer.code_length, *layer.places(height, width)
