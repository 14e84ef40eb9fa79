"""A floor that is deeper in proportion."""

import torch
from torch import Tensor

from lea.simulate.grid import Grid
from lea.simulate.seas.sea import root

LIMITS = {"metres": (-10_000, 10_000)}


def scaled(relief: Tensor, grid: Grid, generator: torch.Generator, *, metres: float = 100.0) -> Tensor:
    """Deeper in proportion, so that the root mean square of the difference is as large."""
    return relief * (1 + metres / root(relief, relief))
