"""What every job pays before it works: seconds to start, and whether torch came along."""

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python (nothing)": ["-c", ""],
    "python -m lea --help": ["-m", "lea", "--help"],
    "import lea.study.workflow": ["-c", "import lea.study.workflow"],
    "import lea.summary.job": ["-c", "import lea.summary.job"],
    "import lea.figures.job": ["-c", "import lea.figures.job"],
    "import lea.training.job": ["-c", "import lea.training.job"],
}
ROUNDS = 5


def main() -> None:
    """Print the median over rounds; the first is not counted."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS + 1):
        for name, arguments in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    for name, arguments in COMMANDS.items():
        told = [sys.executable, "-X", "importtime", *arguments]
        torch = (
            "torch"
            if " torch\n" in subprocess.run(told, capture_output=True, text=True).stderr
            else "no torch"
        )
        print(f"{name:28} {statistics.median(times[name][1:]):5.2f} s, {torch}")
