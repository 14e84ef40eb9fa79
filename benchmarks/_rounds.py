"""What the benchmarks share that compare ways to do the same: a process for each, ratios pair by pair.

Other work on the machine slows both ways of a pair, so ratios are told and not rates alone. It still moves
them, since threads wait for each other: OMP_NUM_THREADS=1 measures one thread by the processor's time, which
other work hardly moves.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch


def measure_apart(module: str, *told: str, python: str = sys.executable) -> Any:
    """What `python -m <module> <told ...>` prints last, as JSON."""
    command = [python, "-m", module, *told]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """How many seconds it takes, and what it returns."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    found = call()
    return clock() - start, found


def spread(values: list[float]) -> str:
    """Median and range."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"median {middle:.2f} ({low:.2f} to {high:.2f}, {len(values)} pairs)"


def print_ratio(name: str, over: list[float], under: list[float], target: float) -> None:
    """One line: the ratios of pairs, and what is promised."""
    ratios = [one / other for one, other in zip(over, under, strict=True)]
    print(f"  {name}: {spread(ratios)}; target {target}", flush=True)


def print_rate(name: str, rates: list[float]) -> None:
    """One line: the median rate."""
    print(f"  {name:24} {statistics.median(rates):7.0f} samples/s", flush=True)
