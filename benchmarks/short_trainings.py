"""300 short trainings on two cores: how much of the time is not training (target: under 25 %).

A copy of the project with 60 runs and 5 seeds of some seconds each; `SHORT_TRAININGS=60` takes fewer seeds.
What a training spends in its steps and metrics it says itself; all else is outside: start-up, reading,
writing, scheduling.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.dry_run import copy_project

RUNS, CORES = 60, 2
TRAININGS = int(os.environ.get("SHORT_TRAININGS", "300"))
RUN = "  r{number}: {{training: {{epochs: 20, learning_rate: {rate}}}}}"
ANALYSIS = """
title: Short
seeds: {seeds}
every_run:
  dataset: dsprites
  network: {{name: classic, kernels: [16, 16], hidden: 256}}
  training: {{samples: 2000, batch_size: 20, learning_rate: 1.0e-3}}
runs:
{runs}
"""


def main() -> None:
    """Print the share of two cores' time that went into training."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_project(root)
        # No two runs are alike, or they would be trained once.
        runs = "\n".join(RUN.format(number=n, rate=1e-3 + n * 1e-6) for n in range(RUNS))
        text = ANALYSIS.format(seeds=TRAININGS // RUNS, runs=runs)
        (root / "config/analyses/short.yaml").write_text(text)
        command = [sys.executable, "-m", "snakemake", "--cores", str(CORES), "--config", "analyses=[short]"]
        subprocess.run([*command, "data"], cwd=root, capture_output=True, check=True)
        start = time.perf_counter()
        done = subprocess.run([*command, "train"], cwd=root, capture_output=True, text=True, check=True)
        wall = time.perf_counter() - start
        begun = done.stdout + done.stderr
        count = len(re.findall("^rule train_seed", begun, re.MULTILINE))
        trained = sum(seconds_in(log) for log in root.glob("results/quick/logs/train/*.log"))
        outside = 1 - trained / wall / CORES
        print(f"{count} trainings of {trained / count:.1f} s: {wall:.0f} s, {outside:.0%} outside")


def seconds_in(log: Path) -> float:
    """From a training's first line to the one before its files are written."""
    return float(re.search(r"trained for (\d+\.\d) s", log.read_text())[1])
