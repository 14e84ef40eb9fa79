"""Oracle: combinations that cannot work or would give wrong results, each refused with its own words."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lea.study.reader import read_study
from lea.study.workflow import Workflow
from tests.study.reading import analyses, refusal, runs_of

DRAWN = """
class Drawn:
    SOURCES = ("embedded",)
    FACTORS = {"label": 2}

    def names(self, source): ...
    def embedded(self, split, count, side): ...
"""
Edit = Callable[[str, str, str], None]
DRAWING = "def table(x): ...\ndef draw(x): ...\n"
Own = Callable[[str, str], None]
LEARNING, PICTURES = "trial/learning.yaml", "trial/pictures.yaml"
FIGURES = "[{name: curves, metric: loss}]"


def test_more_samples_than_the_whole_original_are_refused(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "thesis: {train: 60000, test: 10000}", "thesis: {test: 10000}")
    edit(LEARNING, "samples: 100", "samples: 60001")
    assert "has 60000 training samples" in refusal(folder, scale="thesis")


def test_splits_of_dsprites_never_overlap(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "  train: 400\n  test: 100\n", "  train: 727275\n")
    assert "expected 737,280 at most in all" in refusal(folder, source="original")
    edit("datasets.yaml", "727275", "727274")  # and 10,006 for the test
    assert read_study({"source": "original"}, folder)


def test_a_source_that_a_data_set_does_not_have_is_refused_not_replaced(
    folder: Path, edit: Edit, own: Own
) -> None:
    own("drawn_only.py", DRAWN)
    edit("datasets.yaml", "reader: mnist", 'reader: "drawn_only:Drawn"')
    assert read_study({}, folder)
    assert "comes from embedded; the study's source is 'original'" in refusal(folder, source="original")


def test_a_data_set_that_nobody_asks_for_may_be_impossible(folder: Path, edit: Edit, own: Own) -> None:
    own("drawn_only.py", DRAWN)
    entry = '{reader: "drawn_only:Drawn", target: label, batch_size: 8, side: 28, train: 9, test: 5}'
    edit("datasets.yaml", "", f"unused: {entry}\n")
    assert "unused" not in {one.name for one in read_study({"source": "original"}, folder).datasets.values()}


def test_data_sets_that_are_listed_stand_beside_those_of_the_runs(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "title: Learning", "title: Learning\ndatasets: [shapes]")
    analysis = analyses(folder)["learning"]
    assert [dataset.name for dataset in analysis.datasets] == ["shapes", "digits"]


def test_a_label_that_is_a_number_must_stand_in_quotes(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "  small:", "  10:")
    message = f"{LEARNING}: runs.10: found the key 10; expected text; write it in quotes"
    assert refusal(folder) == message


def test_the_same_key_twice_is_refused(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "seeds: 2\n", "seeds: 2\nseeds: 3\n")
    assert "'seeds' stands twice" in refusal(folder)
    assert refusal(folder).endswith("mend it there")
    edit(LEARNING, "seeds: 2\nseeds: 3\n", "seeds: 2\n")
    edit(LEARNING, "hidden: 16", "hidden: 16, 'hidden': 17")
    assert "'hidden' stands twice" in refusal(folder)


def test_a_mapping_may_take_from_another_what_it_does_not_say_itself(folder: Path, edit: Edit) -> None:
    before = runs_of("learning", folder)
    edit(LEARNING, "  small:\n    model:", "  small: &small\n    model: &model")
    edit(LEARNING, "  large:", "  like: {<<: *small, data: {samples: 7}}\n  large:")
    edit(LEARNING, "{name: classic, kernels: [4, 8]}", "{<<: *model, kernels: [4, 8], hidden: 1024}")
    found = runs_of("learning", folder)
    assert found["large"] == before["large"]
    assert found["like"].model == before["small"].model
    assert found["like"].data.samples == 7


def test_a_file_in_another_encoding_and_one_with_another_ending_are_refused(folder: Path) -> None:
    (folder / "trial/more.yml").write_text("title: More\n")
    assert "expected .yaml" in refusal(folder)
    (folder / "trial/more.yml").unlink()
    (folder / PICTURES).write_bytes("title: Größe".encode("latin1"))
    assert refusal(folder).startswith(f"{PICTURES}: not YAML")


def test_two_summaries_of_one_file_name_are_refused(folder: Path, edit: Edit, own: Own) -> None:
    own("one_summary.py", "NEEDS = ('metrics',)\nCOLUMNS = {}\ndef best(x): ...\ndef worst(x): ...\n")
    own("two_needs.py", f"NEEDS = ('one_summary:best', 'one_summary:worst')\n{DRAWING}")
    edit(LEARNING, FIGURES, '["two_needs:draw"]')
    assert "two summaries would be written as 'one-summary'" in refusal(folder)


@pytest.mark.parametrize("needs", ["", "NEEDS = ('curves')\n", "NEEDS = (1,)\n"])
def test_a_figure_says_what_it_needs(folder: Path, edit: Edit, own: Own, needs: str) -> None:
    own("needy.py", f"{needs}{DRAWING}")
    edit(LEARNING, FIGURES, '["needy:draw"]')
    assert "expected a tuple of names" in refusal(folder)


def test_a_summary_needs_something(folder: Path, edit: Edit, own: Own) -> None:
    own("idle.py", "NEEDS = ()\nCOLUMNS = {}\ndef summarise(x): ...\n")
    edit(LEARNING, FIGURES, "[]\ntables: [{name: rows, summary: 'idle:summarise'}]")
    assert "NEEDS is (); expected a tuple of names" in refusal(folder)


def test_a_summary_needs_tables_that_exist(folder: Path, edit: Edit, own: Own) -> None:
    own("wants.py", "NEEDS = ('metric',)\nCOLUMNS = {}\ndef summarise(x): ...\n")
    own("draws.py", f"NEEDS = ('wants:summarise',)\n{DRAWING}")
    edit(LEARNING, FIGURES, '["draws:draw"]')
    assert "expected names of tables: data or metrics or times or" in refusal(folder)


NET = """
class Net:
    def __init__(self, shape, classes, *, width: int = 3): ...
    def forward(self, x): ...
"""


def test_a_part_in_a_folder_without_init_is_found(folder: Path, edit: Edit, own: Own) -> None:
    own("spaceless/net.py", NET)
    edit(LEARNING, "name: classic, hidden: 16", 'name: "spaceless.net:Net"')
    assert runs_of("learning", folder)["small"].model.options == {"width": 3}
    assert "spaceless.net" not in sys.modules


def test_data_sets_of_one_reader_share_their_original_files(
    folder: Path, edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = "small-digits: {reader: mnist, target: label, batch_size: 8, side: 28, train: 9, test: 5}\n"
    edit("datasets.yaml", "", small)
    padded = "padded: {reader: mnist-padded, target: label, batch_size: 8, side: 32, train: 9, test: 5}\n"
    edit("datasets.yaml", "", padded)
    edit(PICTURES, "[digits, shapes]", "[digits, small-digits, padded]")
    workflow = Workflow({"source": "original"})
    (missing,) = workflow.missing()
    assert missing.name == "mnist"
    assert all(file.startswith("data/mnist/") for file in missing.files)
