"""A floor with noise on it."""

import torch
from torch import Tensor

from lea.simulate.grid import Grid
from lea.simulate.seas.sea import root

LIMITS = {"metres": (-10_000, 10_000), "kilometres": (0, 10_000)}


def noisy(
    relief: Tensor, grid: Grid, generator: torch.Generator, *, metres: float = 100.0, kilometres: float = 0.0
) -> Tensor:
    """With normal noise of that root mean square, smoothed over so many kilometres (the deviation of a normal
    distribution; 0: every cell its own).
    """
    noise = torch.randn(relief.shape, generator=generator, dtype=relief.dtype)
    if kilometres:
        across = torch.fft.fftfreq(grid.columns, d=float(grid.widths.mean()), dtype=relief.dtype)
        along = torch.fft.fftfreq(grid.rows, d=grid.height, dtype=relief.dtype)
        waves = across.square()[None, :] + along.square()[:, None]  # squares of cycles in a metre
        smooth = torch.exp(-2 * (torch.pi * 1000 * kilometres) ** 2 * waves)
        noise = torch.fft.ifft2(torch.fft.fft2(noise) * smooth).real
    return relief + noise * (metres / root(noise, relief))
