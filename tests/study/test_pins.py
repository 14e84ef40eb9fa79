"""Oracle: the names that results had when this was last meant to change: an id that changes by accident makes
every user compute all again. If it is meant: `python -m tests.study.test_pins`, and say so in the changelog.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from lea.study.layers import SCALES
from lea.study.workflow import Workflow

PINS = Path(__file__).with_name("pins.json")


def found(scale: str) -> dict[str, Any]:
    """All runs by study, analysis and label, and a digest of the names of all files."""
    workflow = Workflow({"scale": scale})
    targets = "\n".join(sorted(workflow.targets()))
    return {
        "runs": {
            f"{analysis.study}/{analysis.name}": {label: run.id for label, run in analysis.runs.items()}
            for analysis in workflow.study.analyses
        },
        "targets": {"count": targets.count("\n") + 1, "sha256": hashlib.sha256(targets.encode()).hexdigest()},
    }


@pytest.mark.parametrize("scale", SCALES)
def test_runs_and_files_are_called_as_before(scale: str) -> None:
    pinned, now = json.loads(PINS.read_text())[scale], found(scale)
    assert list(now["runs"]) == list(pinned["runs"])
    for analysis, runs in now["runs"].items():
        assert list(runs.items()) == list(pinned["runs"][analysis].items()), analysis
    assert now["targets"] == pinned["targets"]


if __name__ == "__main__":
    PINS.write_text(json.dumps({scale: found(scale) for scale in SCALES}, indent=1) + "\n")
