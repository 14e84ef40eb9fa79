"""Oracle: which files a study of a user's own, or one that the command line changes, may and may not write,
thought out by hand.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from lea.study.workflow import Workflow
from tests.study.reading import refusal

Edit = Callable[[str, str, str], None]
LEARNING = "trial/learning.yaml"


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.fixture
def mine(here: Path, tmp_path: Path) -> Path:
    """A copy of a published analysis in a folder elsewhere, with another number of seeds."""
    mine = tmp_path / "elsewhere" / "mine"
    mine.mkdir(parents=True)
    (mine / "study.yaml").write_text((here / "trial/study.yaml").read_text())
    (mine / "learning.yaml").write_text((here / LEARNING).read_text().replace("seeds: 2", "seeds: 3"))
    return mine


def drawn(workflow: Workflow) -> set[str]:
    """All that is a study's own."""
    return {file for file in workflow.targets() if "/runs/" not in file and "/data/" not in file}


def folders(workflow: Workflow) -> dict[str, str]:
    """By analysis, where its results go."""
    return {one.name: one.results for one in workflow.study.analyses}


# overrides

CHANGES = [
    {"trial": {"learning": {"seeds": 3}}},
    {"trial": {"learning": {"every_run": {"data": {"table": "shapes"}}}}},
    {"trial": {"learning": {"quick": {"seeds": 3}}}},
    {"datasets": {"digits": {"train": 150}}},
    {"precision": "bfloat16"},
    {"source": "original"},
]


@pytest.mark.parametrize("overrides", CHANGES, ids=str)
def test_what_the_command_line_changes_writes_no_published_file(here: Path, overrides: dict) -> None:
    published, changed = drawn(Workflow({})), Workflow(overrides)
    its = {file for file in drawn(changed) if "learning" in file or "curves" in file}
    assert its
    assert not its & published
    assert changed.changed() == {
        f"results/quick/{one.results}/config.yaml": overrides
        for one in changed.study.analyses
        if one.results != "trial"
    }


def test_an_analysis_that_is_not_changed_stays_where_it_was(here: Path) -> None:
    where = folders(Workflow({"trial": {"learning": {"seeds": 3}}}))
    assert where["pictures"] == "trial"
    assert where["learning"].startswith("trial-")


def test_another_change_has_another_folder_and_the_same_one_the_same(here: Path) -> None:
    def where(**learning: object) -> str:
        return folders(Workflow({"trial": {"learning": learning}}))["learning"]

    assert len({where(seeds=3), where(seeds=4), where(title="Another")}) == 3
    assert where(seeds=3) == where(seeds=3)
    chosen = Workflow({"analyses": ["learning"], "trial": {"learning": {"seeds": 3}}})
    assert folders(chosen) == {"learning": where(seeds=3)}


UNCHANGED = [
    {"trial": {"learning": {"seeds": 2}}},
    {"trial": {"learning": {"reduced": {"seeds": 7}}}},
    {"datasets": {"unused": {"reader": "mnist", "batch_size": 1, "side": 28, "train": 9, "test": 9}}},
    {"source": "embedded", "precision": "float32"},
    {"device": "cpu", "jobs_per_gpu": 3, "data_folder": "elsewhere"},
    {"analyses": ["learning"], "studies": ["trial"]},
    {"scale": "quick"},
]


@pytest.mark.parametrize("overrides", UNCHANGED, ids=str)
def test_what_changes_nothing_is_the_published_study(here: Path, overrides: dict) -> None:
    assert set(folders(Workflow(overrides)).values()) == {"trial"}
    assert Workflow(overrides).changed() == {}
    assert drawn(Workflow(overrides)) <= drawn(Workflow({}))


def test_a_changed_study_shares_runs_and_data(here: Path) -> None:
    published, changed = Workflow({}), Workflow({"trial": {"learning": {"seeds": 3}}})
    shared = {file for file in published.targets() if file not in drawn(published)}
    assert shared < set(changed.targets())


def test_a_figure_of_a_changed_study_says_so(here: Path) -> None:
    from lea.study.notes import note

    for overrides, said in (({}, False), ({"trial": {"learning": {"seeds": 3}}}, True)):
        study = Workflow({"analyses": ["learning"], **overrides}).study
        assert note(study, study.analyses[0]).endswith(" Changed by --config.") == said


# a folder elsewhere


def test_a_study_elsewhere_draws_every_figure_and_has_results_of_its_own(mine: Path) -> None:
    workflow = Workflow({"studies": ["trial", str(mine)]})
    for study in ("trial", "mine"):
        assert f"results/quick/{study}/figures/curves.png" in workflow.targets()
    first, _, own = workflow.study.analyses
    assert own.runs == first.runs
    assert {run for run in workflow.study.runs} == {run.id for run in own.runs.values()}
    assert workflow.study.elsewhere == (mine,)
    assert workflow.changed() == {}


@pytest.mark.parametrize("written", ["../elsewhere/mine", "~/mine", "./../elsewhere/mine/"])
def test_a_study_may_be_given_by_any_path(
    mine: Path, here: Path, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(mine.parent))
    monkeypatch.chdir(here)
    assert folders(Workflow({"studies": [written]}, Path(".."))) == {"learning": "mine"}


def test_a_study_elsewhere_has_data_sets_of_its_own_beside_the_shared_ones(mine: Path) -> None:
    entry = "{reader: mnist, target: label, batch_size: 8, side: 28, train: 30, test: 20}"
    (mine / "datasets.yaml").write_text(f"few: {entry}\n")
    text = (mine / "learning.yaml").read_text()
    (mine / "learning.yaml").write_text(text.replace("table: digits", "table: few").replace("100", "10"))
    workflow = Workflow({"studies": [str(mine)]})
    assert {one.name for one in workflow.study.datasets.values()} == {"few"}
    smaller = Workflow({"studies": [str(mine)], "datasets": {"few": {"test": 10}}})
    assert [one.test for one in smaller.study.datasets.values()] == [10]
    assert folders(smaller)["learning"].startswith("mine-")


def test_a_study_elsewhere_has_parts_of_its_own(
    mine: Path, fresh_sources: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lea.sources.FOLDERS", [])
    (mine / "nets_of_mine.py").write_text(
        "class Small:\n    def __init__(self, shape, classes, *, width: int = 3): ...\n"
        "    def forward(self, x): ...\n"
    )
    text = (mine / "learning.yaml").read_text()
    text = text.replace("name: classic, hidden: 16", "name: nets_of_mine:Small")
    (mine / "learning.yaml").write_text(text)
    workflow = Workflow({"studies": [str(mine)]})
    assert workflow.study.analyses[0].runs["small"].model.options == {"width": 3}


def test_what_is_wrong_with_a_study_elsewhere_is_said(mine: Path, here: Path) -> None:
    def said(*studies: str) -> str:
        return refusal(here, studies=list(studies))

    assert said("./none") == (
        "--config: studies: found 'none'; expected a study's folder, with study.yaml and its analyses"
    )
    named_alike = mine.parent / "trial"
    mine.rename(named_alike)
    assert said(str(named_alike)) == (
        f"--config: studies: found '{named_alike}', whose results would be written over those of trial; "
        "rename the folder"
    )
    (named_alike / "study.yaml").unlink()
    named_alike.rename(mine)
    assert said(str(mine)).startswith(f"{mine}/study.yaml: no such file; expected ")
    (mine / "study.yaml").write_text("title: Mine\n")
    (mine / "datasets.yaml").write_text("digits: {}\n")
    assert said(str(mine)) == (
        f"{mine}/datasets.yaml: digits: stands in datasets.yaml too; give it another name"
    )
    upper = mine.rename(mine.with_name("Mine"))
    assert said(str(upper)).startswith(f"{upper}: found the name 'Mine'; expected small letters")


def test_the_folder_of_a_published_study_is_that_study(here: Path) -> None:
    assert folders(Workflow({"studies": ["config/trial"]})) == folders(Workflow({"studies": ["trial"]}))
