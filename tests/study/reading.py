"""Configurations as tests read them."""

from pathlib import Path
from typing import Any

import pytest

from lea.errors import UserError
from lea.study.reader import read_study
from lea.study.spec import Run
from lea.study.study import Analysis
from lea.study.workflow import Workflow

SHIPPED = Path(__file__).parents[2] / "config"


def analyses(folder: Path = SHIPPED, **overrides: Any) -> dict[str, Analysis]:
    """Every analysis by its name; of the shipped studies the LEA's."""
    its = {"studies": ["lea"]} if folder == SHIPPED else {}
    return {one.name: one for one in read_study(its | overrides, folder).analyses}


def runs_of(analysis: str, folder: Path = SHIPPED, **overrides: Any) -> dict[str, Run]:
    """The runs of one analysis by label; the others are not read."""
    return dict(analyses(folder, **{"analyses": [analysis]} | overrides)[analysis].runs)


def refusal(folder: Path = SHIPPED, **overrides: Any) -> str:
    """What is said about a configuration, without the folder's name."""
    with pytest.raises(UserError) as caught:
        read_study(overrides, folder)
    return str(caught.value).replace(f"{folder}/", "")


def seeds_of(workflow: Workflow, stage: str) -> set[tuple[str, int]]:
    """All jobs of a stage, as runs and seeds."""
    works = workflow.jobs.works.values()
    return {(work.run.id, seed) for work in works if work.stage.name == stage for seed in work.seeds}
