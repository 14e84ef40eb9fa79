"""A search of 20 trials on two cores: what it costs beside 20 trainings, and what pruning saves of time.

A copy of the project with a study of its own, whose trials take some seconds each (`SEARCH_EPOCHS=40` makes
them longer). A rung is a job, which costs its start: pruning saves epochs, and time only where trials are
long enough.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.project import SNAKEMAKE, copy_parts

TRIALS, CORES = 20, 2
EPOCHS = int(os.environ.get("SEARCH_EPOCHS", "12"))
RUN = "  r{number}: {{fit: {{optimizer: {{rate: {rate}}}}}}}"
SEARCH = """\
  found:
    search: {{space: {{fit.optimizer.rate: {{log_uniform: [1.0e-5, 1.0e-1]}}}}, trials: {trials}{pruned}}}
"""
ANALYSIS = """
title: Search
seeds: 1
every_run:
  data: {{table: dsprites, samples: 2000, held_out: 200}}
  model: {{name: classic, kernels: [16, 16], hidden: 256}}
  method: {{name: classify}}
  fit: {{epochs: {epochs}, batch_size: 20, optimizer: {{name: adam, rate: 1.0e-3}}}}
runs:
{runs}
"""


def main() -> None:
    """Print seconds and ratios of three ways to train as much."""
    ordinary = "\n".join(RUN.format(number=n, rate=1e-3 + n * 1e-6) for n in range(TRIALS))
    pruned = f", rungs: [1, {EPOCHS // 3}], pruner: median"
    ways = {
        "trainings": ordinary,
        "search": SEARCH.format(trials=TRIALS, pruned=""),
        "pruned": SEARCH.format(trials=TRIALS, pruned=pruned),
    }
    took = {name: wall_of(runs) for name, runs in ways.items()}
    for name, (wall, epochs) in took.items():
        beside = wall / took["trainings"][0]
        print(f"  {name:10} {wall:5.0f} s, {epochs} epochs; {beside:.2f} of {TRIALS} trainings", flush=True)


def wall_of(runs: str) -> tuple[float, int]:
    """Seconds of all jobs but the data's, and how many epochs they trained."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_parts(root)
        study = root / "config/timed"
        study.mkdir()
        (study / "study.yaml").write_text("title: Search\ncolumns: {rate: fit.optimizer.rate}\n")
        (study / "search.yaml").write_text(ANALYSIS.format(epochs=EPOCHS, runs=runs))
        command = [*SNAKEMAKE, "--cores", str(CORES), "--config", "studies=[timed]"]
        run([*command, "--until", "prepare_data"], root)
        start = time.perf_counter()
        run(command, root)
        wall = time.perf_counter() - start
        logs = [log.read_text() for log in root.glob("results/quick/logs/tr*/*.log")]  # train, trial
        return wall, sum(len(set(re.findall(r"epoch ([1-9]\d*),", log))) for log in logs)


def run(command: list[str], root: Path) -> None:
    """A command, or what it said."""
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
