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
        status = Path(f"/proc/{owner[1]}/status").read_text() if owner else ""
    except FileNotFoundError:
        return 0
    caught = re.search(r"^SigCgt:\s+(\w+)$", status, re.MULTILINE)
    return int(owner[1]) if owner and caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1 else 0
