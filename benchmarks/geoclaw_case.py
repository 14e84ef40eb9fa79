"""GeoClaw's first crests in the case of tests/simulate/test_geoclaw.py: prints the table that stands there.

GeoClaw is part of Clawpack; its sources are needed, and make and gfortran:

    pip download --no-deps --no-binary clawpack clawpack==5.14.0 && tar xzf clawpack-5.14.0.tar.gz
    CLAW=$PWD/clawpack-5.14.0 python -m benchmarks.geoclaw_case
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from lea.simulate.fluxes import GRAVITY
from lea.simulate.grid import RADIUS
from tests.simulate.test_geoclaw import CELLS, DEGREES, GAUGES, SECONDS, SOUTH, WEST, first_crest, points

MAKEFILE = """
EXE = xgeoclaw
include $(CLAW)/geoclaw/src/2d/shallow/Makefile.geoclaw
SOURCES = $(addprefix $(CLAW)/riemann/src/, rpn2_geoclaw.f rpt2_geoclaw.f geoclaw_riemann_utils.f)
include $(CLAW)/clawutil/src/Makefile.common
"""


def write_fields(folder: Path) -> None:
    """The bed and the surface at points, from the northwest; GeoClaw takes the means over its cells."""
    north, east, bed, surface = points(CELLS)
    for name, values in (("bed.xyz", bed), ("surface.xyz", surface)):
        lines = torch.broadcast_tensors(east, north.flip(0)[:, None], values.flip(0))
        np.savetxt(folder / name, torch.stack(lines, -1).flatten(0, 1), "%.17g")


def write_settings(folder: Path) -> None:
    """What else GeoClaw reads."""
    from clawpack.clawutil.data import ClawRunData

    run = ClawRunData("geoclaw", 2)
    claw, geo, amr = run.clawdata, run.geo_data, run.amrdata
    claw.lower, claw.upper, claw.num_cells = [WEST, SOUTH], [WEST + DEGREES, SOUTH + DEGREES], [CELLS, CELLS]
    claw.bc_lower, claw.bc_upper = ["extrap"] * 2, ["extrap"] * 2
    claw.num_eqn, claw.num_aux, claw.capa_index = 3, 3, 2
    claw.tfinal, claw.num_output_times = SECONDS, 1
    claw.dt_initial, claw.cfl_desired, claw.cfl_max = 1.0, 0.75, 1.0
    claw.order, claw.transverse_waves, claw.source_split = 2, 2, "godunov"
    claw.num_waves, claw.limiter, claw.use_fwaves = 3, ["mc"] * 3, True
    amr.amr_levels_max, amr.aux_type = 1, ["center", "capacity", "yleft"]
    geo.gravity, geo.earth_radius, geo.coordinate_system, geo.sphere_source = GRAVITY, RADIUS, 2, 1
    geo.coriolis_forcing, geo.friction_forcing = False, False
    run.topo_data.topofiles = [[1, str(folder / "bed.xyz")]]
    run.qinit_data.qinit_type, run.qinit_data.qinitfiles = 4, [[str(folder / "surface.xyz")]]
    run.gaugedata.gauges = [
        [number, gauge.longitude, gauge.latitude, 0.0, SECONDS] for number, gauge in enumerate(GAUGES)
    ]
    run.write(str(folder))


def main() -> None:
    """Build GeoClaw, run it, and print what its gauges say."""
    if "CLAW" not in os.environ:
        print(
            f"  not run: the variable CLAW names no sources. {__doc__.partition('stands there.')[2].strip()}"
        )
        return
    sys.path.insert(0, os.environ["CLAW"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_fields(folder)
        write_settings(folder)
        (folder / "Makefile").write_text(MAKEFILE)
        told = {**os.environ, "CLAW_PYTHON": sys.executable, "FFLAGS": "-O2"}
        for command in (["make", ".exe"], ["./xgeoclaw"]):
            done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}")
        for number, gauge in enumerate(GAUGES):
            seconds, _, _, _, level = torch.from_numpy(np.loadtxt(folder / f"gauge{number:05}.txt")).T[1:]
            crest, half = first_crest(seconds, level)
            print(f'    "{gauge.name}": ({crest:.4f}, {half:.1f}),')


if __name__ == "__main__":
    main()
