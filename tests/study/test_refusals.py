"""Oracle: combinations that cannot work or would give wrong results, each refused with its own words."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lea import sources
from lea.errors import UserError
from lea.study.reader import read_study
from lea.study.workflow import Workflow

Edit = Callable[[str, str, str], None]
LEARNING, PICTURES = "analyses/learning.yaml", "analyses/pictures.yaml"


def refusal(overrides: dict[str, Any], folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_study(overrides, folder)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Write a module of a user's own."""
    monkeypatch.syspath_prepend(str(tmp_path / "own"))

    def write(name: str, text: str) -> None:
        file = tmp_path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for cached in (sources.find, sources.tree, sources.definitions):
            cached.cache_clear()

    return write


def test_more_samples_than_the_whole_original_are_refused(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "thesis: {train: 60000, test: 10000}", "thesis: {test: 10000}")
    edit(LEARNING, "samples: 100", "samples: 60001")
    assert "has 60000 training images" in refusal({"scale": "thesis"}, folder)


def test_splits_of_dsprites_never_overlap(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "  train: 400\n  test: 100\n", "  train: 727275\n")
    assert "expected 737,280 at most in all" in refusal({"source": "original"}, folder)
    edit("datasets.yaml", "727275", "727274")  # and 10,006 for the test
    assert read_study({"source": "original"}, folder)


def test_a_source_that_a_data_set_does_not_have_is_refused_not_replaced(
    folder: Path, edit: Edit, part: Callable[[str, str], None]
) -> None:
    part("drawn_only.py", "class Drawn:\n    SOURCES = ('embedded',)\n    FACTORS = {'label': 2}\n")
    edit("datasets.yaml", "reader: mnist", 'reader: "drawn_only:Drawn"')
    assert read_study({}, folder)
    assert "comes from embedded; the study's source is 'original'" in refusal({"source": "original"}, folder)


def test_a_data_set_that_nobody_asks_for_may_be_impossible(
    folder: Path, edit: Edit, part: Callable[[str, str], None]
) -> None:
    part("drawn_only.py", "class Drawn:\n    SOURCES = ('embedded',)\n    FACTORS = {'label': 2}\n")
    entry = '{reader: "drawn_only:Drawn", target: label, batch_size: 8, side: 28, train: 9, test: 5}'
    edit("datasets.yaml", "", f"unused: {entry}\n")
    assert "unused" not in {one.name for one in read_study({"source": "original"}, folder).datasets.values()}


def test_data_sets_that_are_listed_stand_beside_those_of_the_runs(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "title: Learning", "title: Learning\ndatasets: [shapes]")
    analysis = read_study({}, folder).analyses["learning"]
    assert [dataset.name for dataset in analysis.datasets] == ["shapes", "digits"]


def test_a_label_that_is_a_number_must_stand_in_quotes(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "  small:", "  10:")
    message = f"{LEARNING}: runs.10: found the label 10; expected text; write it in quotes"
    assert refusal({}, folder) == message


def test_the_same_key_twice_is_refused(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "seeds: 2\n", "seeds: 2\nseeds: 3\n")
    assert "'seeds' stands twice" in refusal({}, folder)


def test_a_file_in_another_encoding_and_one_with_another_ending_are_refused(folder: Path) -> None:
    (folder / "analyses/more.yml").write_text("title: More\n")
    assert "expected .yaml" in refusal({}, folder)
    (folder / "analyses/more.yml").unlink()
    (folder / PICTURES).write_bytes("title: Größe".encode("latin1"))
    assert refusal({}, folder).startswith(f"{PICTURES}: not YAML")


def test_two_summaries_of_one_file_name_are_refused(
    folder: Path, edit: Edit, part: Callable[[str, str], None]
) -> None:
    part("one_summary.py", "NEEDS = ('metrics',)\ndef best(x): ...\ndef worst(x): ...\n")
    part("two_needs.py", "NEEDS = ('one_summary:best', 'one_summary:worst')\ndef draw(x): ...\n")
    edit(LEARNING, "[fig-4.2]", '["two_needs:draw"]')
    assert "two summaries would be written as 'one-summary'" in refusal({}, folder)


@pytest.mark.parametrize("needs", ["", "NEEDS = ('curves')\n", "NEEDS = ()\n", "NEEDS = (1,)\n"])
def test_a_figure_says_what_it_needs(
    folder: Path, edit: Edit, part: Callable[[str, str], None], needs: str
) -> None:
    part("needy.py", f"{needs}def draw(x): ...\n")
    edit(LEARNING, "[fig-4.2]", '["needy:draw"]')
    assert "expected a tuple of names" in refusal({}, folder)


def test_a_summary_needs_tables_that_exist(
    folder: Path, edit: Edit, part: Callable[[str, str], None]
) -> None:
    part("wants.py", "NEEDS = ('metric',)\ndef summarise(x): ...\n")
    part("draws.py", "NEEDS = ('wants:summarise',)\ndef draw(x): ...\n")
    edit(LEARNING, "[fig-4.2]", '["draws:draw"]')
    assert "expected names of tables: data or metrics" in refusal({}, folder)


def test_a_part_in_a_folder_without_init_is_found(
    folder: Path, edit: Edit, part: Callable[[str, str], None]
) -> None:
    part("spaceless/net.py", "class Net:\n    def __init__(self, shape, classes, *, width: int = 3): ...\n")
    edit(LEARNING, "name: classic, hidden: 16", 'name: "spaceless.net:Net"')
    assert read_study({}, folder).analyses["learning"].runs["small"].network.options == {"width": 3}
    assert "spaceless.net" not in sys.modules


PICTURES_OF = "{reader: folder, options: {path: %s, channels: %s}, target: label, batch_size: 4, side: 16}"


@pytest.fixture
def own_pictures(folder: Path, edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pictures that an analysis asks for; the study is read from beside `config`."""
    for split in ("train", "test"):
        (tmp_path / "own" / split / "cat").mkdir(parents=True)
        (tmp_path / "own" / split / "cat" / "1.png").touch()
    edit("datasets.yaml", "", f"cats: {PICTURES_OF % (tmp_path / 'own', 3)}\n")
    edit(LEARNING, "dataset: digits", "dataset: cats")
    edit(LEARNING, "    training: {samples: 100}\n", "")
    monkeypatch.chdir(folder.parent)
    return tmp_path / "own"


def test_a_folder_of_pictures_is_looked_at_before_any_job(own_pictures: Path) -> None:
    (dataset,) = Workflow({}).study.analyses["learning"].datasets
    assert len(Workflow({})._pictures[dataset.id]) == 2
    (own_pictures / "train/cat/{1}.png").touch()
    with pytest.raises(UserError, match="found braces in a name"):
        Workflow({})
    (own_pictures / "train/cat/{1}.png").unlink()
    (own_pictures / "test/cat/1.png").unlink()
    (own_pictures / "test/cat").rmdir()
    (own_pictures / "test").rmdir()
    with pytest.raises(UserError, match=r"test: no such folder, for data set 'cats'"):
        Workflow({})


def test_pictures_are_grey_or_coloured(own_pictures: Path, folder: Path) -> None:
    text = (folder / "datasets.yaml").read_text()
    (folder / "datasets.yaml").write_text(text.replace("channels: 3", "channels: 2"))
    assert "options.channels: found 2; expected one of 1, 3" in refusal({}, folder)


def test_data_sets_of_one_reader_share_their_original_files(
    folder: Path, edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = "small-digits: {reader: mnist, target: label, batch_size: 8, side: 28, train: 9, test: 5}\n"
    edit("datasets.yaml", "", small)
    edit(PICTURES, "[digits, shapes]", "[digits, small-digits]")
    workflow = Workflow({"source": "original"})
    assert list(workflow.missing_originals()) == ["mnist"]
    assert all(file.startswith("data/mnist/") for file in workflow.missing_originals()["mnist"])
