"""Oracle: what several studies share and what each has of its own, written out by hand; messages likewise."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from lea.study.workflow import Workflow
from tests.study.reading import analyses, refusal, seeds_of

Edit = Callable[[str, str, str], None]
LEARNING = "trial/learning.yaml"


@pytest.fixture
def two(folder: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second study with an analysis of the same name, that draws a figure of the same name."""
    edit("second/study.yaml", "", "title: A second\ncolumns: {samples: data.samples}\n")
    text = (folder / LEARNING).read_text().replace("hidden: 16", "hidden: 17").replace("seeds: 2", "seeds: 3")
    edit("second/learning.yaml", "", text)
    monkeypatch.chdir(folder.parent)
    return folder


def test_two_studies_may_draw_a_figure_of_one_name(two: Path) -> None:
    workflow = Workflow({})
    names = [(one.study, one.name) for one in workflow.study.analyses]
    assert names == [("second", "learning"), ("trial", "learning"), ("trial", "pictures")]
    targets = workflow.targets()
    assert len(targets) == len(set(targets))
    for study in ("second", "trial"):
        assert f"results/quick/{study}/figures/curves.png" in targets
        assert f"results/quick/{study}/summary/learning.curves.parquet" in targets


def test_each_figure_is_drawn_from_the_runs_of_its_own_study(two: Path) -> None:
    drawings = Workflow({}).drawings
    read = {
        study: set(drawings.read(SimpleNamespace(study=study, summary="learning.curves")))
        for study in ("second", "trial")
    }
    assert [len(files) for files in read.values()] == [6, 4]
    assert len(read["second"] & read["trial"]) == 2  # the large network's two seeds


def test_studies_share_runs_and_data(two: Path) -> None:
    workflow = Workflow({})
    second, trial, _ = workflow.study.analyses
    assert second.runs["large"].id == trial.runs["large"].id
    assert second.runs["small"].id != trial.runs["small"].id
    assert seeds_of(workflow, "train") == {
        *((second.runs[label].id, seed) for label in ("small", "large") for seed in range(3)),
        *((trial.runs[label].id, seed) for label in ("small", "large") for seed in range(2)),
    }
    data = [file for file in workflow.targets() if "/data/" in file]
    assert len(data) == len(set(data)) == 2


def test_each_study_has_columns_of_its_own(two: Path) -> None:
    second, trial, _ = Workflow({}).study.analyses
    assert list(second.columns) == ["samples"]
    assert list(trial.columns) == ["model"]


def test_some_studies_can_be_chosen(two: Path, edit: Edit) -> None:
    assert {one.study for one in Workflow({"studies": ["second"]}).study.analyses} == {"second"}
    edit("config.yaml", "studies: all", "studies: [trial]")
    assert {one.study for one in Workflow({}).study.analyses} == {"trial"}
    assert {one.study for one in Workflow({"studies": "all"}).study.analyses} == {"second", "trial"}


def test_some_analyses_can_be_chosen_of_all_studies(two: Path) -> None:
    read = Workflow({"analyses": ["learning"]}).study.analyses
    assert [(one.study, one.name) for one in read] == [("second", "learning"), ("trial", "learning")]
    read = Workflow({"analyses": ["learning"], "studies": ["trial"]}).study.analyses
    assert [(one.study, one.name) for one in read] == [("trial", "learning")]


def test_a_study_that_is_not_chosen_may_be_wrong(two: Path, edit: Edit) -> None:
    edit("second/learning.yaml", "hidden: 17", "hiden: 17")
    assert "hiden: no such key" in refusal(two)
    assert analyses(two, studies=["trial"])
    assert analyses(two, analyses=["pictures"])


def test_the_command_line_lays_a_change_over_the_analysis_of_a_study(two: Path) -> None:
    change = {"second": {"learning": {"seeds": 1, "runs": {"small": {"fit": {"epochs": 9}}}}}}
    second, trial, _ = Workflow(change).study.analyses
    assert (second.seeds, trial.seeds) == (1, 2)
    assert [run.fit.epochs for run in second.runs.values()] == [9, 2]
    assert [run.fit.epochs for run in trial.runs.values()] == [2, 2]


def test_numbers_that_the_command_line_leaves_as_text_are_numbers(two: Path) -> None:
    change = {"second": {"learning": {"seeds": "1", "every_run": {"fit": {"optimizer": {"rate": "1e-2"}}}}}}
    second = Workflow(change).study.analyses[0]
    assert second.seeds == 1
    assert {run.fit.optimizer and run.fit.optimizer.options["rate"] for run in second.runs.values()} == {0.01}


def test_mistakes_are_named_with_their_study(two: Path, edit: Edit) -> None:
    assert refusal(two, secnd={}) == "--config: secnd: no such key; did you mean 'second'?"
    assert refusal(two, second={"pictures": {"title": "x"}}) == (
        "--config: second: pictures: no such key; expected one of learning"
    )
    assert refusal(two, second={"learning": {"sede": 3}}) == (
        "--config: second.learning: sede: no such key; did you mean 'seeds'?"
    )
    assert refusal(two, studies=["secnd"]) == "--config: studies.secnd: no such key; did you mean 'second'?"
    assert refusal(two, studies="second") == (
        "--config: studies: found 'second'; expected all or a list, such as [a, b]"
    )
    assert refusal(two, studies=["second"], analyses=["pictures"]) == (
        "--config: analyses.pictures: no such key; expected one of learning"
    )
    edit("second/learning.yaml", "seeds: 3\nreduced", "sede: 3\nreduced")
    assert refusal(two) == "second/learning.yaml: sede: no such key; did you mean 'seeds'?"


def test_a_study_says_its_title_and_no_more_than_it_may(two: Path, edit: Edit) -> None:
    edit("second/study.yaml", "title: A second", "titel: A second")
    assert refusal(two) == "second/study.yaml: titel: no such key; did you mean 'title'?"
    edit("second/study.yaml", "titel: A second\n", "")
    assert refusal(two) == "second/study.yaml: missing 'title'; every key must be given; add it"
    (two / "second/study.yaml").unlink()
    assert refusal(two).startswith("second/study.yaml: no such file; expected the study's configuration")


@pytest.mark.parametrize("name", ["A b", "x.y", "-x", "ü"])
def test_the_name_of_a_study_names_a_folder(two: Path, edit: Edit, name: str) -> None:
    edit(f"{name}/study.yaml", "", "title: Another\n")
    assert refusal(two) == (
        f"{name}: found the name {name!r}; expected small letters, digits and '-', since files are named so"
    )


@pytest.mark.parametrize("name", [".git", "__pycache__"])
def test_a_hidden_folder_is_no_study(two: Path, name: str) -> None:
    (two / name).mkdir()
    assert len(Workflow({}).study.analyses) == 3


def test_a_study_without_analyses_is_none(two: Path, edit: Edit) -> None:
    edit("empty/study.yaml", "", "title: Nothing yet\n")
    assert len(Workflow({}).study.analyses) == 3
    assert "empty" not in Workflow({}).drawings.studies()
