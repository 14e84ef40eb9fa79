"""Spatial: shifts of up to 5 pixels and turns of up to 5 degrees, a grid of 1,000 in a fixed order (attacks
9).

It stops at the first that suffices, not at the closest. A turn is bilinear on a canvas that holds the whole
turned image; a shift is scipy's cubic spline with zeros outside; the canvas is cut back to the image.
"""

import math
from functools import partial
from itertools import product

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from lea.attacks.search import Attack, Search


class Spatial(Attack):
    """foolbox 1.8.0's SpatialAttack."""

    FAMILY = "decision"
    PROTOCOL = "source"
    LIMITS = {"pixels": (0, 1000), "degrees": (0, 180), "granularity": (1, 1000)}

    def __init__(self, *, pixels: float = 5.0, degrees: float = 5.0, granularity: int = 10) -> None:
        self.shifts = np.linspace(-pixels, pixels, granularity)
        self.angles = np.linspace(-degrees, degrees, granularity)

    def attack(self, search: Search) -> None:
        """Shifts down outermost, then right, turns innermost; all turns of a shift at once."""
        canvases = [turned(search.x, angle) for angle in self.angles]  # each (n, c, h', w')

        def place(rows: Tensor, down: float, right: float, canvas: Tensor) -> Tensor:
            return search.clip(shifted(canvas[rows], down, right, search.x.shape[2:]))

        search.try_all(
            partial(place, down=down, right=right, canvas=canvas)
            for down, right, canvas in product(self.shifts, self.shifts, canvases)
        )


def turned(x: Tensor, degrees: float) -> Tensor:
    """Images on a canvas that holds them whole after a turn; 0 outside."""
    height, width = x.shape[2:]
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    corners = matrix @ np.array([[0, 0, height, height], [0, width, 0, width]], float)
    rows, columns = (np.ptp(corners, axis=1) + 0.5).astype(int)
    places = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")).reshape(2, -1)
    centre = np.array([[(rows - 1) / 2], [(columns - 1) / 2]])
    down, right = matrix @ (places - centre) + np.array([[(height - 1) / 2], [(width - 1) / 2]])
    return bilinear(x, torch.from_numpy(down).to(x.device), torch.from_numpy(right).to(x.device)).unflatten(
        2, (int(rows), int(columns))
    )


def bilinear(x: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """(n, c, h, w) at places (p,) -> (n, c, p); 0 at places outside."""
    height, width = x.shape[2:]
    inside = (down >= 0) & (down <= height - 1) & (right >= 0) & (right <= width - 1)
    top, left = down.floor().clamp(0, height - 1), right.floor().clamp(0, width - 1)
    total = torch.zeros(*x.shape[:2], len(down), dtype=torch.float64, device=x.device)
    for one_down in (0, 1):
        for one_right in (0, 1):
            weight = (1 - (down - top - one_down).abs()) * (1 - (right - left - one_right).abs())
            row = (top + one_down).clamp(max=height - 1).long()
            column = (left + one_right).clamp(max=width - 1).long()
            total += weight.clamp(min=0) * x[:, :, row, column].double()
    return (total * inside).to(x.dtype)


def shifted(canvas: Tensor, down: float, right: float, size: tuple[int, ...]) -> Tensor:
    """A canvas shifted by cubic splines and cut to the image; both directions are matrices."""
    height, width = canvas.shape[2:]
    over = [
        cut(shift_matrix(side, shift), wanted)
        for side, shift, wanted in ((height, down, size[0]), (width, right, size[1]))
    ]
    first, second = (torch.from_numpy(one).to(canvas) for one in over)
    return first @ canvas @ second.T


def shift_matrix(side: int, shift: float) -> np.ndarray:
    """What scipy's shift of order 3 does to a column, as a matrix."""
    return ndimage.shift(np.eye(side), (shift, 0), order=3)


def cut(matrix: np.ndarray, wanted: int) -> np.ndarray:
    """Its rows for the middle of the canvas; an odd canvas is half a pixel off, as in 1.8.0."""
    start = (len(matrix) - wanted) // 2
    return matrix[start : start + wanted]
