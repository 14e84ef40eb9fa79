"""All of the project, for tests and benchmarks that run a copy of it."""

import re
import shutil
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
    """The process that holds an output; 0 if none does."""
    try:
        owner = output.with_name(f".{output.name}.lock").read_text()
    except FileNotFoundError:
        return 0
    found = re.match(r"process (\d+) on ", owner)
    return int(found[1]) if found else 0
