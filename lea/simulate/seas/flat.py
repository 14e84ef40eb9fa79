"""A flat floor, at the sea's mean depth."""

import torch
from torch import Tensor

from lea.simulate.grid import Grid


def flat(relief: Tensor, grid: Grid, generator: torch.Generator) -> Tensor:
    """All of it at the sea's mean depth."""
    areas = grid.areas[:, None].expand_as(relief)
    sea = relief < 0
    return torch.full_like(relief, float((relief * areas)[sea].sum() / areas[sea].sum()))
