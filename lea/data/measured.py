"""Tables of measurements: faults, gauges, what these recorded. Those of Tohoku, 11 March 2011, are shipped.

Where they come from stands in the README beside them.
"""

import csv
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

from lea.errors import UserError

TOHOKU = Path(__file__).with_name("tohoku")


def path_of(name: str) -> Path:
    """The file that is meant: a shipped table's by its name, such as `subfaults-48`, or any other's path."""
    path = Path(name) if Path(name).suffix else TOHOKU / f"{name}.csv"
    if not path.is_file():
        there = ", ".join(sorted(one.stem for one in TOHOKU.glob("*.csv")))
        raise UserError(f"no file {path}; expected one of {there}, which are shipped, or the path of a file")
    return path


def is_shipped(name: str) -> bool:
    """Whether there is such a table."""
    return (TOHOKU / f"{name}.csv").is_file()


def digest_of(path: Path) -> str:
    """Of what a file holds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a CSV file, which has these columns at least."""
    return [row for _, row in _lines(path, columns)]


def read_numbers(path: Path, columns: Sequence[str]) -> list[dict[str, float]]:
    """These columns of its lines, as numbers."""
    return [
        {name: number(row[name], f"{path}, line {line}, {name}") for name in columns}
        for line, row in _lines(path, columns)
    ]


def _lines(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The lines behind the first, but for empty ones, each with its number in the file."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            found = f"columns {', '.join(reader.fieldnames or ()) or 'none'}"
            raise UserError(f"{path}, line 1: {found}; expected {', '.join(columns)} among them")
        rows = [(reader.line_num, row) for row in reader]
    if not rows:
        raise UserError(f"{path}: no line after the first; expected one at least")
    return rows


def number(text: str | None, where: str) -> float:
    """A field of a file."""
    try:
        found = float(text or "")
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise UserError(f"{where}: '{text or ''}'; expected a number")
    return found
