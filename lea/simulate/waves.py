"""Waves over a bed: the shallow water equations by finite volumes, cells running dry and wet as it comes.

    dh/dt  + div(h u)                       = 0
    dhu/dt + div(h u u) + grad(g h^2 / 2)   = -g h grad b - g n^2 |u| u / h^(1/3)

h is the depth, b the bed, w = h + b the level (0 where the sea is still), u the velocity to the east and v
to the north. Second order: slopes of h, w, u and v by the monotonised central limiter; hydrostatic
reconstruction (Audusse et al. 2004, SIAM J. Sci. Comput. 25(6)), so that still water stays still over any
bed; HLLC fluxes; Heun's method. Edges and areas of the cells are those of a grid of latitudes and longitudes;
what the Earth's curvature and rotation do to a current is left out. All is float64: in float32 a lake at rest
moves.

Many beds of one shape are one batch, and take steps of one length. In shapes b is the batch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from lea.errors import UserError
from lea.simulate.fluxes import GRAVITY, HALO, NONE, sweeps
from lea.simulate.grid import Grid, Place, Reading

# Of a cell, its width and height together, what a wave may cross in a step; 1.2 is stable, 1.4 is not
COURANT = 1.0
# Metres; shallower water is slowed down, the more the thinner it is, and counts as dry in what is kept
FILM = 0.01
FASTEST = 100.0  # metres per second, of a current; beyond it the run counts as unstable
MOMENT = 1e-6  # seconds; times closer than this are one
HALVINGS = 20  # of one step
ROUNDING = 1e-12  # metres that a cell may lack after a step

Edges = Literal["open", "wall"]


class ShallowWater:
    """Water on beds: its state, and steps of it."""

    def __init__(self, grid: Grid, bed: Tensor, *, edges: Edges = "open", friction: float = 0.0) -> None:
        """A bed (b, rows, columns) in metres, dry at first; friction is Manning's n in s / m^(1/3).

        Beyond an open edge lies a still sea on the edge's own bed; a wall turns all back.
        """
        grid.check("bed", bed)
        if edges not in ("open", "wall"):
            raise UserError(f"edges '{edges}'; expected 'open' or 'wall'")
        if not friction >= 0:
            raise UserError(
                f"a friction of {friction:g}; expected Manning's n, 0 or more; a sea floor has 0.025"
            )
        self.grid, self.edges, self.friction = grid, edges, friction
        self.bed = bed.detach().to(torch.float64).reshape(-1, grid.rows, grid.columns)
        self.time = 0.0
        self._state = self.bed.new_zeros(3, *self.bed.shape)  # h, hu, hv
        self._start, self._rates = torch.empty_like(self._state), torch.empty_like(self._state)
        batch, rows, columns = self.bed.shape
        self._halo = self.bed.new_zeros(4, batch, rows + 2 * HALO, columns + 2 * HALO)  # h, w, u, v
        self._cells = self._halo[:, :, HALO:-HALO, HALO:-HALO]
        self._per_width = 1 / grid.widths.to(bed.device)[:, None]
        self._sweeps = list(sweeps(grid, self._halo, self._rates))
        if edges == "open":
            self._lay_sea()
        self._derive()

    @property
    def depth(self) -> Tensor:
        """(b, rows, columns) metres of water."""
        return self._cells[0]

    @property
    def level(self) -> Tensor:
        """(b, rows, columns) metres of the surface above the still sea's; of the bed where it is dry."""
        return self._cells[1]

    @property
    def velocity(self) -> Tensor:
        """(2, b, rows, columns) metres per second, to the east and to the north."""
        return self._cells[2:]

    def fill(self, depth: Tensor, velocity: Tensor | float = 0.0) -> None:
        """Begin anew at time 0, with this water (b, rows, columns) and velocity (2, b, rows, columns)."""
        self.grid.check("depth", depth)
        if depth.min() < 0:
            raise UserError(f"a depth of {depth.min():g} m; expected 0 where it is dry, more where it is not")
        self._state[0] = depth
        self._state[1:] = velocity * self._state[0]
        self.time = 0.0
        self._derive()

    def longest_step(self) -> float:
        """Seconds that a step may take, by the fastest wave in any cell of the batch."""
        h, _, u, v = self._cells
        c, across, along = self._rates  # not in use between two steps
        torch.mul(h, GRAVITY, out=c).sqrt_()
        torch.abs(u, out=across).add_(c).mul_(self._per_width)
        torch.abs(v, out=along).add_(c).div_(self.grid.height)
        fastest = float(across.add_(along).amax())
        return COURANT / fastest if fastest > 0 else math.inf

    def step(self, seconds: float) -> float:
        """Go on by this time, or by a half, a quarter ... of it where a cell would lose more than it has.

        Gives the time that it went on by.
        """
        self._start.copy_(self._state)
        for _ in range(HALVINGS):
            if self._heun(seconds):
                if self.friction:
                    self._rub(seconds)
                self.time += seconds
                self._check()
                return seconds
            lacking = self._state[0].flatten().argmin()
            self._state.copy_(self._start)
            self._derive()
            seconds /= 2
        raise self._unstable(int(lacking), "it would lose more water than it has, however short the step")

    def _heun(self, seconds: float) -> bool:
        """Two steps, and the mean of their end and the start; whether every cell has water enough."""
        for stage in range(2):
            self._rates.zero_()
            for sweep in self._sweeps:
                sweep.add_rates()
            self._state.add_(self._rates, alpha=seconds)
            if stage:
                self._state.add_(self._start).mul_(0.5)
            if self._state[0].amin() < -ROUNDING:
                return False
            self._state[0].clamp_(min=0)
            self._derive()
        return True

    def _derive(self) -> None:
        """Levels and velocities of the state; a film is slower than hu / h, which would be rounding's."""
        h, w = self._cells[:2]
        h.copy_(self._state[0])
        torch.add(h, self.bed, out=w)
        inverse, square = self._rates[:2]
        torch.clamp(h, min=FILM, out=square).square_().addcmul_(h, h)
        torch.div(h, square, out=inverse).mul_(2)  # 1 / h, but in a film
        torch.mul(self._state[1:], inverse, out=self._cells[2:])
        torch.hardshrink(self._cells[2:], NONE, out=self._cells[2:])
        torch.mul(self._cells[2:], h, out=self._state[1:])
        if self.edges == "wall":
            self._mirror()

    def _rub(self, seconds: float) -> None:
        """Friction alone, exactly: `du/dt = -k |u| u` makes `u / (1 + k |u| t)` of u; k = g n^2 / h^(4/3)."""
        h, _, u, v = self._cells
        k = GRAVITY * self.friction**2 * h.clamp(min=FILM) ** (-4 / 3)
        slower = 1 / (1 + seconds * k * torch.hypot(u, v))
        self._state[1:] *= slower
        self._derive()

    def _lay_sea(self) -> None:
        """Still water beyond the edges, on the bed of the cell beside."""
        bed = torch.nn.functional.pad(self.bed, (HALO,) * 4, mode="replicate")
        self._halo[0] = (-bed).clamp(min=0)
        self._halo[1] = bed + self._halo[0]

    def _mirror(self) -> None:
        """Beyond the edges the same water, going the other way."""
        for axis, normal in ((-1, 2), (-2, 3)):
            cells = self._halo.shape[axis]
            for ghost, inside in ((1, 2), (0, 3), (cells - 2, cells - 3), (cells - 1, cells - 4)):
                self._halo.select(axis, ghost).copy_(self._halo.select(axis, inside))
                self._halo[normal].select(axis, ghost).neg_()

    def _check(self) -> None:
        """Refuse a state that no sea has."""
        speeds = torch.abs(self.velocity, out=self._rates[:2])
        if not float(speeds.amax()) <= FASTEST:  # nor is it where there is no number
            speeds = speeds.amax(0).flatten()
            none = speeds.isnan().nonzero().flatten()  # a patch, about the cell where it began
            cell = int(none[len(none) // 2] if len(none) else speeds.argmax())
            raise self._unstable(
                cell, f"a current of {speeds[cell]:.0f} m/s; expected at most {FASTEST:g} m/s"
            )

    def _unstable(self, cell: int, what: str) -> UserError:
        """What is the matter in a cell of the batch, where and when, and what is remarkable there."""
        bed, row, column = (int(one) for one in torch.unravel_index(torch.tensor(cell), self.bed.shape))
        around = self.bed[bed, max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        here = self.bed[bed, row, column]
        steepest = (around - here).abs().max()
        away = min(row, column, self.grid.rows - 1 - row, self.grid.columns - 1 - column)
        return UserError(
            f"unstable after {self.time:.1f} s at {self.grid.where(row, column)}, bed {bed} of the batch: "
            f"{what}; a step before {self._start[0, bed, row, column]:.2f} m of water stood there on a bed "
            f"at {here:.1f} m, which changes by {steepest:.1f} m to a cell beside it, {away} cells from an "
            f"edge ({self.edges}); look there at the bed and at what lifts it"
        )


@dataclass(frozen=True, kw_only=True)
class Course:
    """How long a wave is followed, and what of it is kept."""

    seconds: float
    every: float = 5.0  # seconds from one level of a gauge to the next, on a straight line between two steps
    snapshots: tuple[float, ...] = ()  # seconds at which the level of all cells is kept; steps end there
    friction: float = 0.0  # Manning's n, in s / m^(1/3)
    edges: Edges = "open"

    def __post_init__(self) -> None:
        """Refuse times that cannot be."""
        if not (0 < self.seconds < math.inf and self.every > 0):
            raise UserError(
                f"a wave followed for {self.seconds:g} s and read every {self.every:g} s; "
                "expected more than 0 of both"
            )
        if any(not 0 <= one <= self.seconds for one in self.snapshots):
            raise UserError(
                f"snapshots at {', '.join(f'{one:g}' for one in self.snapshots)} s; expected between 0 and "
                f"{self.seconds:g} s, the end"
            )


class Waves(NamedTuple):
    """What became of a displacement; b stands for the relief's leading dimensions, if it has any."""

    seconds: Tensor  # (times,) of the gauges' levels
    levels: Tensor  # (*b, gauges, times) metres above the still sea
    snapshots: Tensor  # (*b, snapshots, rows, columns) the level, or the bed where it is dry
    highest: Tensor  # (*b, rows, columns) the highest level; no number where no water came
    steps: int


def simulate(grid: Grid, relief: Tensor, uplift: Tensor, gauges: Sequence[Place], course: Course) -> Waves:
    """Follow the waves of a sea whose floor rises by `uplift`, (rows, columns), at time 0.

    The relief (rows, columns), or a batch of them, is the elevation above the still sea, in metres.
    """
    grid.check("relief", relief)
    grid.check("uplift", uplift)
    beds = relief.detach().to(torch.float64).reshape(-1, grid.rows, grid.columns)
    lift = uplift.detach().to(beds)
    water = ShallowWater(grid, beds + lift, edges=course.edges, friction=course.friction)
    water.fill(first_depth(beds, lift))
    log = _Log(water, grid.reading(gauges, water.depth > FILM), course.every)
    snapshots, steps = [], 0
    for stop in sorted({*course.snapshots, course.seconds}):
        while stop - water.time > MOMENT:
            water.step(min(water.longest_step(), stop - water.time))
            log.add(water)
            steps += 1
        if stop in course.snapshots:
            snapshots.append(water.level.clone())
    leading = relief.shape[:-2]
    maps = torch.stack(snapshots, 1) if snapshots else beds[:, None][:, :0]
    return Waves(
        seconds=torch.tensor(log.times, dtype=torch.float64),
        levels=torch.stack(log.levels, -1).reshape(*leading, len(gauges), len(log.times)),
        snapshots=maps.reshape(*leading, *maps.shape[1:]),
        highest=log.highest.masked_fill(log.highest == -math.inf, math.nan).reshape(*relief.shape),
        steps=steps,
    )


def first_depth(relief: Tensor, uplift: Tensor) -> Tensor:
    """Of water that rises with its floor; land stays dry unless it sinks below the still sea."""
    return torch.where(relief < 0, -relief, (-relief - uplift).clamp(min=0))


class _Log:
    """What is kept of a run: the gauges' levels at multiples of a time, and the highest of each cell."""

    def __init__(self, water: ShallowWater, reading: Reading, every: float) -> None:
        self.reading, self.every = reading, every
        self.time, self.level = water.time, reading.of(water.level)
        self.times, self.levels = [self.time], [self.level]
        self.highest = torch.full_like(water.level, -math.inf)
        self._raise(water)

    def add(self, water: ShallowWater) -> None:
        """What a step brought."""
        level = self.reading.of(water.level)
        while (due := self.every * len(self.times)) <= water.time + MOMENT:
            part = min(1.0, (due - self.time) / (water.time - self.time))
            self.times.append(due)
            self.levels.append(torch.lerp(self.level, level, part))
        self.time, self.level = water.time, level
        self._raise(water)

    def _raise(self, water: ShallowWater) -> None:
        wet = water.level.masked_fill(water.depth <= FILM, -math.inf)
        torch.maximum(self.highest, wet, out=self.highest)
