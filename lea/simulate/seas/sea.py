"""The sea and its floor: a part of kind `sea` makes of a floor (rows, columns) in metres, its grid and a
generator another. Only what lies below sea level is used of it.
"""

import torch
from torch import Tensor

STILL_SEA = 10.0  # metres that a cell of the sea has at least


def kept_sea(made: Tensor, relief: Tensor) -> Tensor:
    """(..., rows, columns), (rows, columns) -> (..., rows, columns): land as it was, and what was sea is sea:
    at least ten metres of it, or as much as there were.
    """
    return torch.where(relief < 0, torch.minimum(made, relief.clamp(min=-STILL_SEA)), relief)


def root(values: Tensor, relief: Tensor) -> float:
    """The root mean square over the sea's cells."""
    return float(values[relief < 0].square().mean().sqrt())
