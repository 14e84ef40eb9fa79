"""Waves over an ocean for 7,500 s on one core (targets: 10 s at 6 arc-minutes, 60 s at 3); GEBCO's grid.

A synthetic ocean between 28.8 and 48 N: a coast, a trench, sea mounts and islands. Each size runs in a
process of its own; seconds are of the processor. What a grid of 15 arc-seconds takes over the same region is
worked out from the finer run: its seconds of a cell and step, its steps by the size of a cell, its bytes of a
cell.
"""

import json
import resource
import sys

import torch

from benchmarks._rounds import measure_apart, timed
from lea.simulate.grid import Grid, Place
from lea.simulate.waves import Course, simulate

SOUTH, WEST, DEGREES = 28.8, 138.0, 19.2  # the region's, each way
SECONDS = 7500.0
TARGETS = {192: 10.0, 384: 60.0}
GEBCO = 15 / 3600  # degrees


def ocean(cells: int) -> tuple[Grid, torch.Tensor, torch.Tensor]:
    """A grid of the region, its relief, and what lifts it."""
    size = DEGREES / cells
    grid = Grid(SOUTH + size / 2, WEST + size / 2, cells, cells, size)
    north, east = grid.latitudes[:, None], grid.longitudes
    coast, trench = 141 + 0.3 * (2 * north).sin(), 144 + 0.1 * (north - 38)
    relief = (
        -5500 + 6000 * torch.sigmoid((coast - east) / 0.4) - 3500 * (-(((east - trench) / 0.6) ** 2)).exp()
    )
    mounts = 400 * (7 * north).sin() * (5 * east).sin() + 5500 * ((3 * north).sin() * (2 * east).sin()) ** 40
    lift = 8 * (-((north - 38) ** 2 + 4 * (east - 143.5) ** 2)).exp()
    return grid, relief + mounts, lift


def measure(cells: str) -> dict[str, float]:
    """Seconds, steps, and the bytes that the run took beside what the process had."""
    torch.set_num_threads(1)
    gauges = [Place("deep sea", 38.7, 148.7), Place("far", 31.0, 152.0)]
    simulate(*ocean(16), gauges, Course(seconds=60.0))  # what a library loads when it is first used
    sea = ocean(int(cells))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, found = timed(lambda: simulate(*sea, gauges, Course(seconds=SECONDS)))
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "steps": found.steps, "bytes": 1024 * kibibytes}


def main() -> None:
    """Print both sizes, then what follows for the finest."""
    for cells, target in TARGETS.items():
        found = measure_apart(__name__, str(cells))
        print(
            f"  {cells} x {cells} cells: {found['seconds']:.1f} s (target {target:.0f}), "
            f"{found['steps']} steps, "
            f"{1e9 * found['seconds'] / found['steps'] / cells**2:.0f} ns a cell and step, "
            f"{found['bytes'] / 1e6:.0f} MB beside the process's own",
            flush=True,
        )
    finer = DEGREES / GEBCO / cells  # times as many each way, and as many steps
    print(
        f"  {finer * cells:.0f} x {finer * cells:.0f} cells (15 arc-seconds), worked out: "
        f"{found['seconds'] * finer**3 / 3600:.0f} hours of one core, {found['steps'] * finer:.0f} steps, "
        f"{found['bytes'] * finer**2 / 1e9:.1f} GB"
    )


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
