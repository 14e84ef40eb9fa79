"""Gaussian Blur: the least of 1,000 widths that suffices, the last as wide as the image (attacks 10)."""

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from lea.attacks.search import Attack, Search


class GaussianBlur(Attack):
    """foolbox 1.8.0's GaussianBlurAttack; blurring is a matrix for each direction."""

    def __init__(self, *, steps: int = 1000) -> None:
        self.steps = steps

    def attack(self, search: Search) -> None:
        """Widen until a row is adversarial."""
        height, width = search.x.shape[2:]
        rows = search.rows
        for step in range(1, self.steps + 1):
            sigma = float(np.linspace(0, 1, self.steps + 1)[step]) * max(height, width)
            images = search.clip(blurred(search.x[rows], sigma))
            _, wrong = search.query(rows, images)
            rows = rows[~wrong]
            if not len(rows):
                return


def blurred(x: Tensor, sigma: float) -> Tensor:
    """By scipy's Gaussian filter, channel by channel."""
    down, right = (
        torch.from_numpy(ndimage.gaussian_filter1d(np.eye(side), sigma, axis=0)).to(x) for side in x.shape[2:]
    )
    return down @ x @ right.T
