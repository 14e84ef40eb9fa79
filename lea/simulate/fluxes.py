"""What flows from cell to cell: the fluxes of `waves.py` through the faces of a grid, a few rows at a time.

Second order: slopes of depth, level and velocities by the monotonised central limiter; hydrostatic
reconstruction, so that still water stays still over any bed; HLLC.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from lea.simulate.grid import Grid

GRAVITY = 9.81  # metres per square second
NONE = 1e-30  # metres per second; less counts as none, since products of such numbers make a processor slow
HALO = 2  # cells beyond each edge, as many as a flux looks at
# Cells at once: what is worked with stays in a core's cache, or fills a GPU
BAND = {"cpu": 20_000, "cuda": 4_000_000}


class Pair(NamedTuple):
    """Numbers of both sides of every face."""

    both: Tensor
    left: Tensor
    right: Tensor


class Sweep:
    """One way across a band of cells: the fluxes through the faces between them, and what these do.

    Along its axis n cells have n + 1 faces. Buffers and views are made once: a step makes no tensor.
    """

    def __init__(
        self,
        cells: Tensor,
        rates: Tensor,
        *,
        axis: int,
        shares: tuple[Tensor, Tensor, Tensor],
        memory: Tensor,
    ) -> None:
        """Cells (4, b, n + 4 along the axis, m), their rates (3, b, n, m); shares: see `sweeps`."""
        count = cells.shape[axis] - 2 * HALO
        used = 0

        def take(*leading: int, along: int) -> Tensor:
            """The next part of the memory, with this many cells along the axis."""
            nonlocal used
            shape = [*leading, *cells.shape[1:]]
            shape[axis] = along
            used += math.prod(shape)
            return memory[used - math.prod(shape) : used].view(shape)

        normal, other = (2, 3) if axis == -1 else (3, 2)
        # Half the slopes of cells, from one before the band to one behind it
        self.slope = take(4, along=count + 2)
        sides = take(2, 4, along=count + 1)
        kept = used
        self.low_cells, self.high_cells = (cells.narrow(axis, at, count + 3) for at in (0, 1))
        self.jump = take(4, along=count + 3)
        self.before, self.behind = (self.jump.narrow(axis, at, count + 2) for at in (0, 1))
        self.most, self.least = take(4, along=count + 2), take(4, along=count + 2)
        self.depths, self.level_slopes = cells[0].narrow(axis, 1, count + 2), self.slope[1]
        self.shallow = self.least[1]
        # Faces; what follows stands where jumps and limits stood
        used = kept
        self.left_cells, self.right_cells = (cells.narrow(axis, at, count + 1) for at in (1, 2))
        self.left_slope, self.right_slope = (self.slope.narrow(axis, at, count + 1) for at in (0, 1))
        self.left, self.right = sides
        self.h, self.level, self.u, self.sideways = (
            Pair(sides[:, at], *sides[:, at]) for at in (0, 1, normal, other)
        )
        self.bed, self.m, self.c = (Pair(one, *one) for one in (take(2, along=count + 1) for _ in range(3)))
        self.slow, self.fast, self.share, self.jump_h, self.jump_m, self.push = take(6, along=count + 1)
        # Of water; of momentum across, less the left side's pressure or the right's; of momentum along
        flux = take(4, along=count + 1)
        self.flux_both, self.flux = flux[1:3], tuple(flux)
        lower, upper = tuple(flux.narrow(axis, 0, count)), tuple(flux.narrow(axis, 1, count))
        water, across, along = rates[0], rates[normal - 1], rates[other - 1]
        self.collected = (
            (water, upper[0], lower[0]),
            (across, upper[1], lower[2]),
            (along, upper[3], lower[3]),
        )
        # The push of a slope in the level on the cell itself
        self.across, self.depth = across, cells[0].narrow(axis, HALO, count)
        self.level_slope, self.force = self.slope[1].narrow(axis, 1, count), self.share.narrow(axis, 0, count)
        self.upper_share, self.lower_share, self.per_length = shares

    def add_rates(self) -> None:
        """What flows across changes depth and momentum of the band's cells."""
        self._limit()
        self._reconstruct()
        self._flow()
        self._collect()

    def _limit(self) -> None:
        """Half of each cell's slopes: the central one, at most twice either neighbour's, none at a crest.

        A level that fell by more than the water is deep would push a film at a cliff whose face holds it:
        it stayed, and ever faster.
        """
        torch.sub(self.high_cells, self.low_cells, out=self.jump)
        torch.minimum(self.before, self.behind, out=self.most).clamp_(min=0)
        torch.maximum(self.before, self.behind, out=self.least).clamp_(max=0)
        torch.add(self.before, self.behind, out=self.slope).mul_(0.25)
        torch.clamp(self.slope, self.least, self.most, out=self.slope)
        torch.neg(self.depths, out=self.shallow)
        torch.clamp(self.level_slopes, self.shallow, self.depths, out=self.level_slopes)

    def _reconstruct(self) -> None:
        """Both sides of each face, with their water above the higher of their beds."""
        torch.add(self.left_cells, self.left_slope, out=self.left)
        torch.sub(self.right_cells, self.right_slope, out=self.right)
        torch.sub(self.level.both, self.h.both, out=self.bed.both)
        bed = torch.maximum(self.bed.left, self.bed.right, out=self.share)
        torch.sub(self.level.both, bed, out=self.h.both).clamp_(min=0)

    def _flow(self) -> None:
        """HLLC: `F = F_l - s_l / (s_r - s_l) (F_r - F_l - s_r (U_r - U_l))`, its wave speeds s_l <= 0 <= s_r.

        Momentum's is taken less the pressure of either side, and so is zero, exactly, in still water.
        """
        h, u, m, c = self.h, self.u, self.m, self.c
        water, left, right, along = self.flux
        torch.mul(h.both, GRAVITY, out=c.both).sqrt_()
        torch.mul(h.both, u.both, out=m.both)
        torch.sub(u.both, c.both, out=self.flux_both)
        slow = torch.minimum(left, right, out=self.slow).clamp_(max=0)
        torch.add(u.both, c.both, out=self.flux_both)
        fast = torch.maximum(left, right, out=self.fast).clamp_(min=0)
        width = torch.sub(fast, slow, out=self.share).clamp_(min=NONE)  # dry on both sides: 0 / NONE
        share = torch.div(slow, width, out=self.share)
        jump_h = torch.sub(h.right, h.left, out=self.jump_h)
        jump_m = torch.sub(m.right, m.left, out=self.jump_m)
        torch.addcmul(jump_m, fast, jump_h, value=-1, out=right)
        torch.addcmul(m.left, share, right, value=-1, out=water)
        push = torch.add(h.left, h.right, out=self.push).mul_(jump_h).mul_(GRAVITY / 2)
        carried = Pair(torch.mul(m.both, u.both, out=c.both), c.left, c.right)
        torch.sub(carried.right, carried.left, out=right).add_(push).addcmul_(fast, jump_m, value=-1)
        torch.addcmul(carried.left, share, right, value=-1, out=left)
        torch.sub(left, push, out=right)
        # Along the face the water has the speed of where it comes from
        torch.mul(torch.clamp(water, min=0, out=jump_h), self.sideways.left, out=along)
        along.addcmul_(torch.clamp(water, max=0, out=jump_m), self.sideways.right)

    def _collect(self) -> None:
        """What leaves a cell through its upper face and comes in through its lower; the push on the cell."""
        for rate, upper, lower in self.collected:
            rate.addcmul_(upper, self.upper_share, value=-1).addcmul_(lower, self.lower_share)
        torch.mul(self.depth, self.level_slope, out=self.force)
        self.across.addcmul_(self.force, self.per_length, value=-2 * GRAVITY)


def sweeps(grid: Grid, halo: Tensor, rates: Tensor) -> Iterator[Sweep]:
    """Both ways across every band of rows.

    A face's flux counts by the face's length over the cell's area: shares of the upper and of the lower face,
    (rows, 1), and one over the cell's length along the axis.
    """
    batch, rows, columns = rates.shape[1:]
    device = rates.device
    edges, areas, widths = (one.to(device)[:, None] for one in (grid.edges, grid.areas, grid.widths))
    to_north = edges[1:] / areas, edges[:-1] / areas, torch.full_like(areas, 1 / grid.height)
    most = BAND.get(device.type, BAND["cuda"])
    band = math.ceil(rows / math.ceil(rows / max(1, most // columns)))  # bands of one height
    beds = min(batch, max(1, most // (rows * columns)))
    memory = halo.new_empty(28 * beds * (band + 2 * HALO) * (columns + 2 * HALO))
    for bed in range(0, batch, beds):
        for south in range(0, rows, band):
            cut = slice(south, min(south + band, rows))
            window = halo[:, bed : bed + beds, cut.start : cut.stop + 2 * HALO]
            into = rates[:, bed : bed + beds, cut]
            x = 1 / widths[cut]
            y = to_north[0][cut], to_north[1][cut], to_north[2][cut]
            yield Sweep(window[..., HALO:-HALO, :], into, axis=-1, shares=(x, x, x), memory=memory)
            yield Sweep(window[..., HALO:-HALO], into, axis=-2, shares=y, memory=memory)
