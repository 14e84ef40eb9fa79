"""A floor that is deeper by as much everywhere."""

import torch
from torch import Tensor

from lea.simulate.grid import Grid

LIMITS = {"metres": (-10_000, 10_000)}


def deeper(relief: Tensor, grid: Grid, generator: torch.Generator, *, metres: float = 100.0) -> Tensor:
    """Deeper by as much everywhere."""
    return relief - metres
