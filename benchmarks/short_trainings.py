"""300 short trainings on two cores: how much of the time is not training (target: under 25 %).

A copy of the project with a study of 60 runs and 5 seeds of some seconds each; `SHORT_TRAININGS=30` takes
fewer runs. What a training spends in its steps and metrics it says itself; all else is outside: start-up,
reading, writing, scheduling.
"""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from tests.project import SNAKEMAKE, copy_parts

SEEDS, CORES = 5, 2
TRAININGS = int(os.environ.get("SHORT_TRAININGS", "300"))
RUN = "  r{number}: {{fit: {{optimizer: {{rate: {rate}}}}}}}"
STUDY = "title: Short\ncolumns: {rate: fit.optimizer.rate}\n"
ANALYSIS = """
title: Short
seeds: {seeds}
every_run:
  data: {{table: dsprites, samples: 2000}}
  model: {{name: classic, kernels: [16, 16], hidden: 256}}
  method: {{name: classify}}
  fit: {{epochs: 20, batch_size: 20, optimizer: {{name: adam}}}}
runs:
{runs}
"""


def main() -> None:
    """Print the share of two cores' time that went into training."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_parts(root)
        # No two runs are alike, or they would be trained once.
        runs = "\n".join(RUN.format(number=n, rate=1e-3 + n * 1e-6) for n in range(TRAININGS // SEEDS))
        study = root / "config/short"
        study.mkdir()
        (study / "study.yaml").write_text(STUDY)
        (study / "short.yaml").write_text(ANALYSIS.format(seeds=SEEDS, runs=runs))
        command = [*SNAKEMAKE, "--cores", str(CORES), "--config", "studies=[short]"]

        def run(rule: str) -> None:
            subprocess.run([*command, "--until", rule], cwd=root, capture_output=True, check=True)

        run("prepare_data")
        start = time.perf_counter()
        run("train")
        wall = time.perf_counter() - start
        logs = list(root.glob("results/quick/logs/train/*.log"))
        count, trained = len(logs), sum(map(seconds_in, logs))
        outside = 1 - trained / wall / CORES
        print(f"{count} trainings of {trained / count:.1f} s: {wall:.0f} s, {outside:.0%} outside")


def seconds_in(log: Path) -> float:
    """From a training's first line to the one before its files are written."""
    return float(re.search(r"trained for (\d+\.\d) s", log.read_text())[1])
