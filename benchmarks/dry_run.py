"""`snakemake -n` over 10,000 trainings, its memory, and where its time goes (target: 60 seconds, 4 GB).

A copy of the project with a study more, of one analysis with 2,000 runs and 5 seeds, nothing built.
"""

import pstats
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.project import SNAKEMAKE, copy_parts

RUNS, SEEDS = 2000, 5
STUDY = "title: Large\ncolumns: {hidden: model.hidden}\n"
ANALYSIS = """
title: Large
seeds: {seeds}
every_run:
  data: {{table: dsprites}}
  model: {{name: classic, kernels: [32, 64]}}
  method: {{name: classify}}
  fit: {{epochs: 3, optimizer: {{name: adam, rate: 1.0e-4}}}}
runs:
{runs}
"""


def write_project(root: Path) -> None:
    """The project with one large study more."""
    copy_parts(root)
    runs = "\n".join(f"  r{width}: {{model: {{hidden: {width}}}}}" for width in range(1, RUNS + 1))
    folder = root / "config/large"
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY)
    (folder / "large.yaml").write_text(ANALYSIS.format(seeds=SEEDS, runs=runs))


def main() -> None:
    """Print the time of a dry run, and of what is ours in it."""
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder))
        command = [*SNAKEMAKE, "-n"]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
        jobs = int(re.search(r"^total +(\d+)", done.stdout + done.stderr, re.MULTILINE).group(1))
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        print(f"{jobs} jobs: {seconds:.1f} s, {1000 * seconds / jobs:.1f} ms a job, {memory:.2f} GB")
        profile = Path(folder) / "profile"
        told = [sys.executable, "-m", "cProfile", "-o", str(profile), *command[1:]]
        subprocess.run(told, cwd=folder, capture_output=True, check=True)
        print_shares(pstats.Stats(str(profile)))


def print_shares(stats: pstats.Stats) -> None:
    """Of the profiled time, what was spent in functions of each package."""
    shares: dict[str, float] = {}
    for (file, _, _), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        package = re.search(r"(?:site-packages/|/)(lea|snakemake|yaml)/", file)
        name = package.group(1) if package else "inspect" if "inspect.py" in file else "other"
        shares[name] = shares.get(name, 0) + own
    total = sum(shares.values())
    told = (f"{name} {own / total:.0%}" for name, own in sorted(shares.items(), key=lambda item: -item[1]))
    print(f"own time by package, profiled: {', '.join(told)}")
