"""Waves of a small sea against ANUGA's: seconds of one core, and the first crests at gauges.

A square of 3.2 degrees astride the equator, where a latitude is as long as a longitude: 4,000 m of water, an
island, a slope and a shelf before a coast, a hump of the surface, walls. ANUGA's `rectangular_cross_domain`
cuts each cell into four triangles; ours runs on the cells, and on as many smaller ones as triangles. ANUGA's
default DE0 is of first order in time, its DE1 of second. Each runs in a process of its own; seconds are of
the processor. All crests stand beside those of ours on cells a third as wide; DE1 on triangles a third as
wide was within 0.5 % and 1 s of these (ANUGA 4.2.0, measured once).

ANUGA is no dependency of the project; the variable ANUGA_PYTHON names a Python that has it:

    python -m venv DIR && DIR/bin/pip install anuga
    ANUGA_PYTHON=DIR/bin/python python -m benchmarks.solvers
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

# ANUGA's Python need have no PyTorch: what needs it is imported where it is used

SIDE, CELLS = 3.2, 80  # degrees; cells each way
METRES, GRAVITY = 111_195.0, 9.81  # of a degree; per square second
ANUGAS, FINER = ("DE0", "DE1"), (1, 2, 3)  # algorithms; ours on so many times as many cells each way
SECONDS, EVERY = 1200.0, 10.0  # by then each gauge's first crest is its highest
GAUGES = {  # degrees east and north of the middle
    "deep sea, north": (0.1, 1.0),
    "deep sea, south-east": (0.9, -0.9),
    "behind the island": (1.2, 0.1),
    "slope": (-0.8, 0.3),
    "shelf": (-1.1, -0.3),
}


def bed(east: Any, north: Any) -> Any:
    """Metres above the still sea."""
    coast = 3600 / (1 + np.exp((east + 0.9) / 0.08)) + 600 / (1 + np.exp((east + 1.35) / 0.03))
    return coast + 4500 * np.exp(-((east - 0.85) ** 2 + north**2) / 0.12**2) - 4000


def hump(east: Any, north: Any) -> Any:
    """Metres of the surface above the still sea."""
    return 2 * np.exp(-((east - 0.1) ** 2 + north**2) / 0.25**2)


def cell(degrees: float) -> int:
    """The row or column of a place."""
    return int((degrees / SIDE + 0.5) * CELLS)


def centre(at: int) -> float:
    """The degrees of a row or column; gauges lie there."""
    return ((at + 0.5) / CELLS - 0.5) * SIDE


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, and what it returns."""
    start = time.process_time()
    found = call()
    return time.process_time() - start, found


def anugas(algorithm: str) -> dict[str, Any]:
    """Seconds of a run; times and levels of another, which stops to be read."""
    import anuga

    anuga.set_omp_num_threads(1, verbose=False)

    def sea() -> Any:
        side = SIDE * METRES
        domain = anuga.rectangular_cross_domain(CELLS, CELLS, side, side, origin=(-side / 2, -side / 2))
        domain.set_flow_algorithm(algorithm)
        domain.set_store(False)
        domain.g = GRAVITY
        east, north = domain.centroid_coordinates.T / METRES
        domain.set_quantity("elevation", bed(east, north), location="centroids")
        domain.set_quantity("stage", np.maximum(bed(east, north), hump(east, north)), location="centroids")
        wall = anuga.Reflective_boundary(domain)
        domain.set_boundary(dict.fromkeys(domain.get_boundary_tags(), wall))
        return domain

    domain = sea()
    seconds, _ = timed(lambda: list(domain.evolve(finaltime=SECONDS)))
    domain = sea()
    middles = domain.centroid_coordinates / METRES
    inside = [  # the four triangles of a cell
        np.flatnonzero(np.abs(middles - [centre(cell(one)) for one in gauge]).max(1) < SIDE / CELLS / 2)
        for gauge in GAUGES.values()
    ]
    times, levels = [], []
    for moment in domain.evolve(yieldstep=EVERY, finaltime=SECONDS):
        times.append(float(moment))
        stage = domain.quantities["stage"].centroid_values
        levels.append([float(stage[one].mean()) for one in inside])
    return {"seconds": seconds, "times": times, "levels": levels, "cells": len(domain)}


def ours(finer: int) -> dict[str, Any]:
    """The same of ours, on cells that are smaller by a whole factor."""
    import torch

    from lea.simulate.grid import Grid, Place
    from lea.simulate.waves import Course, simulate

    torch.set_num_threads(1)
    first = centre(0)
    grid = Grid(first, first, CELLS, CELLS, SIDE / CELLS).refined(finer)
    east, north = grid.longitudes.numpy(), grid.latitudes.numpy()[:, None]
    lift, floor = (torch.from_numpy(of(east, north)) for of in (hump, bed))
    gauges = [Place(name, centre(cell(north)), centre(cell(east))) for name, (east, north) in GAUGES.items()]

    def run(seconds: float) -> Any:
        # A lower floor that rises leaves the bed as it is, and lifts the surface
        return simulate(grid, floor - lift, lift, gauges, Course(seconds=seconds, every=EVERY, edges="wall"))

    run(10.0)  # what a library loads when it is first used
    seconds, found = timed(lambda: run(SECONDS))
    return {
        "seconds": seconds,
        "times": found.seconds.tolist(),
        "levels": found.levels.T.tolist(),
        "cells": floor.numel(),
    }


def measure(way: str) -> dict[str, Any]:
    """One way, in this process."""
    return anugas(way) if way in ANUGAS else ours(int(way))


def name_of(way: str) -> str:
    """A way in words."""
    return f"ANUGA's {way}" if way in ANUGAS else f"ours, {int(way) * CELLS} cells a side"


def has_anuga(python: str) -> bool:
    """Whether this Python runs and has it."""
    try:
        return not subprocess.run([python, "-c", "import anuga"], capture_output=True).returncode
    except OSError:
        return False


def main() -> None:
    """Print seconds and their ratios, then the crests."""
    python = os.environ.get("ANUGA_PYTHON", sys.executable)
    if not has_anuga(python):
        print(f"  not run: no ANUGA in {python}{__doc__.rpartition('has it:')[2].rstrip()}")
        return
    import torch

    from benchmarks._rounds import measure_apart
    from tests.simulate.test_geoclaw import first_crest

    runs = {way: measure_apart("benchmarks.solvers", way, python=python) for way in ANUGAS}
    runs |= {str(finer): measure_apart("benchmarks.solvers", str(finer)) for finer in FINER}
    crests = {}
    for way, run in runs.items():
        times, levels = torch.tensor(run["times"]), torch.tensor(run["levels"])
        crests[way] = [first_crest(times, gauge) for gauge in levels.T]
        paces = [f"{runs[other]['seconds'] / run['seconds']:.1f} times {other}'s" for other in ANUGAS]
        unit, pace = ("triangles", "") if way in ANUGAS else ("cells", f", {' and '.join(paces)} pace")
        print(f"  {name_of(way)}: {run['cells']} {unit}, {run['seconds']:.2f} s{pace}")
    for at, gauge in enumerate(GAUGES):
        *others, finest = runs
        crest, half = crests[finest][at]
        print(f"  {gauge}: a crest of {crest:.3f} m, half of it at {half:.1f} s by {name_of(finest)}")
        for way in others:
            metres, seconds = crests[way][at]
            print(
                f"    {metres:.3f} m ({100 * (metres / crest - 1):+.1f} %) and "
                f"{seconds:.1f} s ({seconds - half:+.1f} s) by {name_of(way)}"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()
