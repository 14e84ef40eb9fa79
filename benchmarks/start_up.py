"""What every job pays before and after its work: seconds to import, and to train for next to no time."""

import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lea.data.job import prepare
from lea.study.spec import Task, canonical
from lea.study.stages import stage
from tests.specs import run

COMMANDS = {
    "python (nothing)": ["-c", ""],
    "python -m lea --help": ["-m", "lea", "--help"],
    "import lea.study.workflow": ["-c", "import lea.study.workflow"],
    "import lea.store": ["-c", "import lea.store"],
    "import lea.summary.job": ["-c", "import lea.summary.job"],
    "import lea.figures.job": ["-c", "import lea.figures.job"],
    "import torch": ["-c", "import torch"],
    "import lea.training.job": ["-c", "import lea.training.job"],
}
ROUNDS, JOBS = 5, 8
HEAVY = ("torch", "pandas", "matplotlib", "sympy")


class Cost(NamedTuple):
    """Of one process."""

    seconds: float
    core: float  # seconds of a core, which other work on the machine hardly moves
    said: str


def cost_of(arguments: Sequence[str]) -> Cost:
    """Run Python with these arguments."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    core = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, core, done.stderr)


def middle(values: Sequence[float]) -> float:
    """The median; the first is not counted, since it read files that no cache held."""
    return statistics.median(values[1:])


def main() -> None:
    """Print what imports take, then what jobs take."""
    costs: dict[str, list[Cost]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS + 1):
        for name, arguments in COMMANDS.items():
            costs[name].append(cost_of(arguments))
    for name, arguments in COMMANDS.items():
        told = cost_of(["-X", "importtime", *arguments]).said
        heavy = ", ".join(module for module in HEAVY if re.search(rf" {module}$", told, re.MULTILINE))
        seconds, core = (middle([getattr(one, what) for one in costs[name]]) for what in ("seconds", "core"))
        print(f"{name:28} {seconds:5.2f} s, {core:5.2f} s of a core; with {heavy or 'nothing heavy'}")
    with tempfile.TemporaryDirectory() as folder:
        print_jobs(Path(folder))


def print_jobs(folder: Path) -> None:
    """What a training takes beside its steps and metrics, of which it says itself how long they took."""
    wanted = run()
    data = folder / "data.parquet"
    prepare(canonical(wanted.data.table), folder, data)
    spec = canonical(Task(run=wanted, asked=None))
    outputs = [f"--output={name}={folder / stage('train').file(name)}" for name in stage("train").outputs]
    asked = ["--spec", spec, "--input", f"data={data}", *outputs, "--device", "cpu", "--threads", "1"]
    outside, cores = [], []
    for seed in range(JOBS + 1):
        cost = cost_of(["-m", "lea", "train", "--seed", str(seed), *asked])
        trained = re.search(r"trained for (\d+\.\d+) s", cost.said)
        assert trained, cost.said
        outside.append(cost.seconds - float(trained[1]))
        cores.append(cost.core)
    told = f"{middle(outside):.2f} s outside training, {middle(cores):.2f} s of a core in all"
    print(f"{JOBS} short trainings: each {told}")
