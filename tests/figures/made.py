"""Made-up summaries, and the figures and tables as the configuration of the LEA study has them."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import yaml

from lea import registry
from lea.figures.job import Drawing
from lea.store import schema
from lea.study.build import in_file
from lea.study.entries import DrawnEntry
from lea.study.parts import read_part
from lea.study.spec import canonical

ROOT = Path(__file__).parents[2]
STYLE = ROOT / "lea" / "figures" / "lea.mplstyle"
FACTS = {
    "label": "string",
    "run": "string",
    "network": "string",
    "autoencoder": "string",
    "coder": "string",
    "code_length": "int64",
    "window": "int64",
    "samples": "int64",
    "lea_weight": "float64",
}


def columns_of(summary: str) -> dict[str, str]:
    """Of a summary of an analysis of the LEA study."""
    facts = FACTS if registry.constant("summary", summary, "FACTS", True) else {}
    return facts | registry.constant("summary", summary, "COLUMNS")


def summary_table(name: str, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """What rows do not have is null."""
    return pa.Table.from_pylist(list(rows), schema(columns_of(name)))


def summary_frame(name: str, rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    return summary_table(name, rows).to_pandas()


def drawing_of(kind: str, name: str, /, **options: object) -> Drawing:
    """A figure or a table with these options, those not given being its own."""
    return Drawing(kind, part_of(kind, {"name": name, **options}))


def part_of(kind: str, values: Mapping[str, object]) -> Mapping[str, object]:
    """As a job is given it."""
    part: Mapping[str, object] = json.loads(canonical(read_part(kind, values, in_file("test"))))
    return part


@cache
def entries() -> dict[str, tuple[str, Mapping[str, object]]]:
    """Every figure and table of the LEA study by the name of its file: its kind, and what is said of it."""
    found = {}
    for file in sorted((ROOT / "config" / "lea").glob("*.yaml")):
        analysis = yaml.safe_load(file.read_text())
        for kind in ("figure", "table"):
            for entry in analysis.get(f"{kind}s") or ():
                values = {"name": entry} if isinstance(entry, str) else entry
                own = set(DrawnEntry.__dataclass_fields__) - {"name"}
                found[values.get("file", values["name"])] = (
                    kind,
                    {key: one for key, one in values.items() if key not in own},
                )
    return found


def configured(file: str) -> Drawing:
    """The figure or table of a file of the LEA study."""
    kind, values = entries()[file]
    return Drawing(kind, part_of(kind, values))
