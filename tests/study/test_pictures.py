"""Oracle: folders of Pillow's pictures with known faults put into them, and Snakemake's own reading of its
command line.
"""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from snakemake.cli import parse_config

from lea.data.job import remember
from lea.errors import MOST
from lea.study import pictures
from lea.study.reader import read_study
from lea.study.spec import canonical
from lea.study.workflow import Workflow
from tests.study.reading import analyses, refusal, runs_of

ENTRY = "reader: folder\n  target: label\n  batch_size: 4\n  side: 16\n"
BIRDS = f"birds:\n  {ENTRY}  options: {{path: %s, channels: 3}}\n  quick: {{train: 6, test: 1}}\n"
ASKED = {"trial": {"pictures": {"datasets": ["birds"], "tables": []}}}
PATH, TRAIN = "datasets.yaml: birds: options.path", "datasets.yaml: birds: quick.train"


@pytest.fixture
def birds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six pictures for training and two for the test, of two classes; a data set of them, and a study."""
    own = folder.parent / "birds"
    for split, count in (("train", 3), ("test", 1)):
        for name in ("owls", "tits"):
            (own / split / name).mkdir(parents=True)
            for index in range(count):
                Image.new("RGB", (9, 7), (10 * index, 0, 0)).save(own / split / name / f"{index}.png")
    with (folder / "datasets.yaml").open("a") as file:
        file.write(BIRDS % own)
    monkeypatch.chdir(folder.parent)
    return own


def write_deep(file: Path, *, colour: bool) -> None:
    """A PNG of 16 bits; Pillow writes none in colour, so that a grey one's head is made into one's."""
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(file)
    if colour:
        content = bytearray(file.read_bytes())
        content[25] = 2  # the type of its colours
        file.write_bytes(content)


def faults(folder: Path, birds: Path, **overrides: Any) -> list[str]:
    return refusal(folder, **(ASKED | overrides)).replace(f"{birds}/", "").splitlines()


def code(folder: Path) -> str:
    """What Snakemake compares for the table of the pictures."""
    (digest,) = read_study(ASKED, folder).folders.values()
    return digest


def make_table(folder: Path) -> Path:
    """What the data job leaves behind, but for the table's content."""
    (dataset,) = analyses(folder, **ASKED)["pictures"].datasets
    made = Path(f"results/quick/data/{dataset.id}.parquet")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.touch()
    remember(canonical(dataset), made)
    return made


def test_a_folder_that_is_well_is_read_and_its_pictures_are_counted(folder: Path, birds: Path) -> None:
    (dataset,) = analyses(folder, **ASKED)["pictures"].datasets
    assert (dataset.train, dataset.test) == (6, 1)
    assert pictures.list_folder(dataset).counts == {"train": 6, "test": 2}


def test_more_than_there_are_is_refused_at_its_key_whoever_gives_it(folder: Path, birds: Path) -> None:
    given = {"datasets": {"birds": {"quick": {"train": "7"}, "test": "3000"}}}
    expected = "expected no more, or null for all there are"
    assert faults(folder, birds, **given) == [
        f"--config: datasets.birds: quick.train: found 7; the folder has 6; {expected}",
        f"--config: datasets.birds: test: found 3,000; the folder has 2; {expected}",
    ]
    text = (folder / "datasets.yaml").read_text()
    (folder / "datasets.yaml").write_text(text.replace("{train: 6, test: 1}", "{train: 1000}"))
    assert faults(folder, birds) == [f"{TRAIN}: found 1,000; the folder has 6; {expected}"]


def test_a_run_that_asks_for_more_than_the_folder_has_is_refused(folder: Path, birds: Path) -> None:
    all_there_are = {"datasets": {"birds": {"quick": {"train": None}}}}
    run = {"data": {"table": "birds", "samples": 7}}
    asked = {"trial": {"learning": {"runs": {"small": run}}}, **all_there_are}
    assert refusal(folder, **asked) == (
        "--config: trial.learning: runs.small.data.samples: "
        "found 7; data set 'birds' has 6 training samples at scale quick; expected no more"
    )
    run["data"]["samples"] = 6
    assert runs_of("learning", folder, **asked)["small"].data.samples == 6


def test_pictures_are_grey_or_coloured(folder: Path, birds: Path) -> None:
    given = {"datasets": {"birds": {"options": {"channels": 2}}}}
    expected = "options.channels: found 2; expected one of 1, 3"
    assert faults(folder, birds, **given) == [f"--config: datasets.birds: {expected}"]


def test_null_takes_away_a_number_of_a_lower_layer_on_the_command_line_too(folder: Path, birds: Path) -> None:
    for given in ("datasets={birds: {quick: {train: null}}}", "datasets={birds: {train: null}}"):
        (dataset,) = analyses(folder, **ASKED, **parse_config([given]))["pictures"].datasets
        assert (dataset.train, dataset.test) == (None, 1)


def test_all_that_is_wrong_with_a_folder_is_said_at_once_with_its_key(folder: Path, birds: Path) -> None:
    (birds / "train/owls/notes.txt").write_text("seen")
    (birds / "train/tits/0.png").write_text("<html>")
    (birds / "train/tits/1.png").write_bytes(b"")
    write_deep(birds / "train/tits/2.png", colour=True)
    write_deep(birds / "test/tits/0.png", colour=False)
    (birds / "train/stray.png").write_bytes(b"")
    (birds / "test/owls/0.png").unlink()
    (birds / "train/wrens").mkdir()
    given = {"datasets": {"birds": {"train": 9, "quick": {"train": 9}}}}
    some = "expected at least one of this class; add some or remove the folder"
    expected = "expected a PNG or JPEG file; replace or remove it"
    assert faults(folder, birds, **given) == [
        "--config: datasets.birds: quick.train: found 9; the folder has 6; "
        "expected no more, or null for all there are",
        f"{PATH}: train/stray.png: a file; expected only folders here, one for each class; move it into one",
        f"{PATH}: train/owls/notes.txt: not a picture; "
        "expected only .png, .jpg, .jpeg files; convert or remove it",
        f"{PATH}: train/wrens: no pictures; {some}",
        f"{PATH}: test/owls: no pictures; {some}",
        f"{PATH}: test/wrens: no such folder, but train has it; expected the same classes in train and test; "
        "add the class here or remove it there",
        f"{PATH}: train/tits/0.png: unreadable (it begins with b'<html>'); {expected}",
        f"{PATH}: train/tits/1.png: unreadable (an empty file); {expected}",
        f"{PATH}: train/tits/2.png: values of 16 bits; expected 8; convert it",
        f"{PATH}: test/tits/0.png: values of 16 bits; expected 8; convert it",
    ]


def test_two_folders_are_said_in_one_message_and_one_that_nobody_asks_for_in_none(
    folder: Path, birds: Path
) -> None:
    with (folder / "datasets.yaml").open("a") as file:
        file.write(f"fish:\n  {ENTRY}  options: {{path: nowhere, channels: 1}}\n")
    (birds / "test/owls/0.png").rename(birds / "test/owls/0.gif")
    asked = {"trial": {"pictures": {"datasets": ["fish", "birds"], "tables": []}}}
    fish, owls = faults(folder, birds, **asked)
    assert fish.startswith("datasets.yaml: fish: options.path: nowhere: no such folder")
    assert owls.startswith(f"{PATH}: test/owls/0.gif: not a picture")
    assert len(faults(folder, birds)) == 1
    assert not read_study({}, folder).folders


def test_of_many_faults_the_first_are_named_and_the_others_counted(folder: Path, birds: Path) -> None:
    for index in range(MOST + 23):
        (birds / f"train/owls/{index:02}.txt").touch()
    lines = faults(folder, birds)
    assert [line.rpartition("/")[2][:6] for line in lines[:MOST]] == [f"{at:02}.txt" for at in range(MOST)]
    assert lines[MOST:] == ["and 23 more"]


def test_braces_in_names_are_letters_as_others(folder: Path, birds: Path) -> None:
    before = code(folder)
    (birds / "train/owls/0.png").rename(birds / "train/owls/{0}.png")
    assert code(folder) != before


def test_pictures_are_no_inputs_and_another_one_makes_another_table(folder: Path, birds: Path) -> None:
    data = Workflow(ASKED).data
    (dataset,) = analyses(folder, **ASKED)["pictures"].datasets
    asked, seen = SimpleNamespace(dataset=dataset.id), [code(folder)]
    assert data.files(asked) == []
    assert data.code(asked).endswith(f"-{seen[0]}")
    Image.new("RGB", (9, 7)).save(birds / "train/owls/new.png")
    seen.append(code(folder))
    (birds / "train/owls/new.png").rename(birds / "train/owls/old.png")
    seen.append(code(folder))
    (birds / "train/owls/old.png").rename(birds / "train/tits/old.png")
    seen.append(code(folder))
    Image.new("RGB", (9, 7), "red").save(birds / "train/tits/old.png")
    seen.append(code(folder))
    assert len(set(seen)) == len(seen)
    (birds / "train/tits/old.png").unlink()
    assert code(folder) == seen[0]


def test_a_picture_counts_by_its_content_once_a_table_is_made_of_it(folder: Path, birds: Path) -> None:
    make_table(folder)
    before, file = code(folder), birds / "train/owls/0.png"
    os.utime(file, ns=(1, 1))
    assert code(folder) == before
    make_table(folder)  # again, for another reason: what is known of it stays
    assert code(folder) == before
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(1, 1))
    assert code(folder) != before


def test_a_table_that_was_deleted_and_made_again_is_of_the_same_pictures(folder: Path, birds: Path) -> None:
    made = make_table(folder)
    os.utime(birds / "train/owls/0.png", ns=(1, 1))
    made.unlink()
    planned = code(folder)
    make_table(folder)
    assert code(folder) == planned


def test_a_damaged_note_is_as_none(folder: Path, birds: Path) -> None:
    before, made = code(folder), make_table(folder)
    (note,) = made.parent.glob(".*.pictures")
    for text in ("", "[]", "{", '{"a": 1}'):
        note.write_text(text)
        assert code(folder) == before


def test_only_pictures_that_no_table_is_made_of_are_opened(
    folder: Path, birds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, opened = make_table(folder), []
    head = pictures._head
    monkeypatch.setattr(pictures, "_head", lambda path: opened.append(Path(path).name) or head(path))
    code(folder)
    assert opened == []
    Image.new("RGB", (9, 7)).save(birds / "train/owls/new.png")
    code(folder)
    assert opened == ["new.png"]
    made.unlink()
    code(folder)
    assert len(opened) == 1 + 9


def test_the_files_of_another_reader_are_tracked_and_not_judged(folder: Path, birds: Path, own: Any) -> None:
    source = 'class Reader:\n    SOURCES = ("folder",)\n    FACTORS = {}\n'
    source += "    def names(self, source): ...\n    def folder(self, split, count, side): ...\n"
    own("readings.py", source + "    def __init__(self, *, path: str, channels: int) -> None: ...\n")
    text = (folder / "datasets.yaml").read_text()
    its = "reader: 'readings:Reader'"
    (folder / "datasets.yaml").write_text(text.replace("reader: folder\n  target: label", its))
    before = code(folder)
    (birds / "train/deep/er").mkdir(parents=True)
    (birds / "train/deep/er/values.csv").write_text("1")
    assert code(folder) != before


def test_a_path_may_begin_with_the_home(folder: Path, birds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (written,) = analyses(folder, **ASKED)["pictures"].datasets
    before = code(folder)
    monkeypatch.setenv("HOME", str(birds.parent))
    for file, old, new in (
        ("datasets.yaml", str(birds), "~/birds"),
        ("config.yaml", "data_folder: data", "data_folder: ~/originals"),
    ):
        (folder / file).write_text((folder / file).read_text().replace(old, new))
    (table,) = analyses(folder, **ASKED)["pictures"].datasets
    assert table == written, "a table is the same, whoever writes its path how"
    assert code(folder) == before
    assert read_study({}, folder).data_folder == str(birds.parent / "originals")
    assert read_study({"data_folder": "~/others"}, folder).data_folder == str(birds.parent / "others")
    assert read_study({"data_folder": "a~b"}, folder).data_folder == "a~b"
