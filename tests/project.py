"""All of the project, for tests and benchmarks that run a copy of it."""

import re
import shutil
import signal
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SNAKEMAKE = [sys.executable, "-m", "snakemake"]


def copy_parts(root: Path) -> None:
    """What the workflow needs of the project."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("Snakefile", "workflow", "profiles", "lea", "config"):
        source = REPOSITORY / name
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, root / name, ignore=ignore) if source.is_dir() else shutil.copy2(source, root)


def process_making(output: Path) -> int:
    """The process that holds an output and keeps what it has done if it is asked to end; 0 if none does."""
    try:
        owner = re.match(r"process (\d+) on ", output.with_name(f".{output.name}.lock").read_text())
    except FileNotFoundError:
        return 0
    process = int(owner[1]) if owner else 0
    catches = int(status(process, "SigCgt") or "0", 16)
    return process if catches >> (signal.SIGTERM - 1) & 1 else 0


def status(process: int, field: str) -> str:
    """What the kernel says of a process; nothing if there is none."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return text.partition(f"\n{field}:\t")[2].partition("\n")[0]
