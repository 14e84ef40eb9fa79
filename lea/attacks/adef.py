"""ADef: a smooth field of displacements, grown by steps to the nearest of the linearised boundaries (attacks
4).

Without an overshoot its steps end on the boundary itself, and a tie decides.
"""

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.attacks.deepfool import class_gradients, differences_to, likeliest
from lea.attacks.search import Attack, Search

TAPS = 9


class ADef(Attack):
    """foolbox 1.8.0's ADefAttack; of ten candidates the label's own class is none."""

    FAMILY = "gradient"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 100_000), "candidates": (2, 1000), "smooth": (0, 4)}
    overshoot: ClassVar[float] = 1.0

    def __init__(self, *, steps: int = 100, candidates: int = 10, smooth: float = 1.0) -> None:
        self.steps, self.candidates = steps, candidates
        self.kernel = gaussian(smooth)

    def attack(self, search: Search) -> None:
        """Deform until a row is adversarial, or nothing can be gained."""
        rows, x = search.rows, search.x[search.rows]
        likely = likeliest(search, self.candidates)
        field = torch.zeros(
            len(rows), 2, *x.shape[2:], dtype=torch.float64, device=x.device
        )  # to the right, down
        for _ in range(self.steps):
            logits, gradients = class_gradients(search, rows, x, likely)
            done = search.judge(rows, x, logits)
            differences, slopes = differences_to(search, rows, likely, logits, gradients)
            steps, broken = self.steps_of(x, differences, slopes)
            fields = field[:, None] + steps
            norms = fields.flatten(2).norm(dim=2).nan_to_num(torch.inf, torch.inf)
            nearest = norms.argmin(1)
            here = torch.arange(len(rows), device=rows.device)
            failed = ~done & (broken.all(1) | ~norms[here, nearest].isfinite())
            search.fail(rows[failed])
            field = fields[here, nearest]
            x = search.clip(deform(search.x[rows], field))
            going = ~done & ~failed
            rows, x, likely, field = rows[going], x[going], likely[going], field[going]
            if not len(rows):
                return
        search.query(rows, x)

    def steps_of(self, x: Tensor, differences: Tensor, slopes: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, candidates, 2, h, w) displacements to each boundary, and which of them have no direction."""
        images = x.double()
        right, down = derivative(images, 3), derivative(images, 2)
        slopes = slopes.double()
        along = torch.stack([(slopes * one[:, None]).sum(2) for one in (right, down)], 2)
        smooth = self.smoothed(along)
        size = smooth.flatten(2).square().sum(2)
        length = -self.overshoot * differences.double() / size
        return length[..., None, None, None] * self.smoothed(smooth), size == 0

    def smoothed(self, fields: Tensor) -> Tensor:
        """Each map by a Gaussian, mirrored about its edges with the edge values repeated."""
        maps = fields.flatten(0, -3)[:, None]
        kernel = self.kernel.to(maps)
        maps = F.conv2d(mirrored(maps, TAPS // 2), kernel[None, None, :, None])
        return F.conv2d(maps, kernel[None, None, None, :]).view_as(fields)


class ADefOvershoot(ADef):
    """Each step goes a little past the linearised boundary, so that no tie decides."""

    PROTOCOL = "corrected"
    overshoot: ClassVar[float] = 1.05


def gaussian(sigma: float) -> Tensor:
    """The taps of a Gaussian, which sum to 1."""
    places = torch.arange(TAPS, dtype=torch.float64) - TAPS // 2
    weights = torch.exp(-(places**2) / (2 * sigma**2)) if sigma else (places == 0).double()
    return weights / weights.sum()


def mirrored(maps: Tensor, width: int) -> Tensor:
    """Padded on all sides as scipy's `reflect`: d c b a | a b c d | d c b a, repeated if need be."""
    for dim in (-2, -1):
        size = maps.shape[dim]
        places = torch.arange(-width, size + width, device=maps.device) % (2 * size)
        maps = maps.index_select(dim, torch.minimum(places, 2 * size - 1 - places))
    return maps


def derivative(images: Tensor, dim: int) -> Tensor:
    """Central differences, one-sided at the borders."""
    return torch.gradient(images, dim=dim)[0] if images.shape[dim] > 1 else torch.zeros_like(images)


def deform(x: Tensor, field: Tensor) -> Tensor:
    """Images sampled where a field points, bilinearly; beyond the border lies the border."""
    height, width = x.shape[2:]
    down, right = torch.meshgrid(
        torch.arange(height, device=x.device), torch.arange(width, device=x.device), indexing="ij"
    )
    columns = (right + field[:, 0]).clamp(0, width - 1)
    rows = (down + field[:, 1]).clamp(0, height - 1)
    grid = torch.stack([2 * columns / max(width - 1, 1) - 1, 2 * rows / max(height - 1, 1) - 1], -1)
    sampled = F.grid_sample(x.double(), grid, mode="bilinear", padding_mode="border", align_corners=True)
    return sampled.to(x.dtype)
