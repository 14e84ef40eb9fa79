"""Gaussian Blur: the least of 1,000 widths that suffices, the last as wide as the image (attacks 10)."""

from functools import partial

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from lea.attacks.search import Attack, Search


class GaussianBlur(Attack):
    """foolbox 1.8.0's GaussianBlurAttack; blurring is a matrix for each direction."""

    FAMILY = "decision"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 1_000_000)}

    def __init__(self, *, steps: int = 1000) -> None:
        self.steps = steps

    def attack(self, search: Search) -> None:
        """Widen until a row is adversarial."""
        height, width = search.x.shape[2:]

        def blur(rows: Tensor, share: float) -> Tensor:
            return search.clip(blurred(search.x[rows], share * max(height, width)))

        search.try_all(partial(blur, share=share) for share in np.linspace(0, 1, self.steps + 1)[1:].tolist())


def blurred(x: Tensor, sigma: float) -> Tensor:
    """By scipy's Gaussian filter, channel by channel."""
    down, right = x.shape[2:]
    blur = {
        side: torch.from_numpy(ndimage.gaussian_filter1d(np.eye(side), sigma, axis=0)).to(x)
        for side in {down, right}
    }
    return blur[down] @ x @ blur[right].T
