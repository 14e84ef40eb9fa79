"""Oracle: what the study asks of a reader's constants, asked of a reader around another, is the other's."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from lea.study.notes import title
from lea.study.reader import read_study
from lea.study.spec import Dataset
from lea.study.workflow import Workflow
from tests.study.reading import SHIPPED, refusal

Edit = Callable[[str, str, str], None]
READER = "  reader: mnist\n"
SEVENS = "  reader: selected\n  options: {of: mnist, only: ['7']}\n"
NOISY = (
    "  reader: corrupted\n"
    "  options: {of: {name: selected, of: mnist, without: ['7']}, kind: noise, strength: 2}\n"
)
MIXED = "  reader: contaminated\n  options: {of: mnist, outliers: fashion-mnist, share: 0.1}\n"


def digits(folder: Path, **changes: str) -> Dataset:
    found = read_study(changes, folder).datasets.values()
    return next(one for one in found if one.name == "digits")


@pytest.mark.parametrize("reader", [SEVENS, NOISY, MIXED])
def test_a_reader_around_another_has_its_sources_title_files_and_sizes(
    folder: Path, edit: Edit, reader: str
) -> None:
    edit("datasets.yaml", READER, reader)
    assert title(digits(folder)) == "digits: MNIST (digits drawn here)"
    assert title(digits(folder, source="original")) == "digits: MNIST"
    assert digits(folder).origin.name == "mnist"
    workflow = Workflow({"source": "original"}, folder.parent)
    files = next(one.files for one in workflow.missing() if one.name == "mnist")
    assert files[0] == "data/mnist/MNIST/raw/train-images-idx3-ubyte"
    edit("datasets.yaml", "train: 60000", "train: 60001")
    assert "found 60001; the original has 60,000" in refusal(folder, scale="thesis")


def test_its_target_and_its_side_are_asked_for_as_the_others(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", READER, SEVENS)
    edit("datasets.yaml", "  side: 28\n", "")
    assert "datasets.yaml: digits: side: missing; add it" in refusal(folder)
    edit("datasets.yaml", "  target: label\n", "  side: 28\n  target: kind\n")
    assert "expected a label of 'mnist': label" in refusal(folder)


def test_what_is_wrong_in_the_other_is_said_with_its_place(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", READER, SEVENS.replace("of: mnist", "of: {name: folder, channels: 3}"))
    assert "digits: options.of: missing 'path'" in refusal(folder)
    edit("datasets.yaml", "of: {name: folder, channels: 3}", "of: minst")
    assert "no dataset 'minst'; did you mean 'mnist'?" in refusal(folder)


def test_pictures_of_a_folder_are_looked_at_within_another_reader(
    folder: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    edit(
        "datasets.yaml", READER, SEVENS.replace("of: mnist", "of: {name: folder, path: ~/gone, channels: 1}")
    )
    text = refusal(folder)
    assert f"{tmp_path}/gone: no such folder; expected one with train and test inside" in text


def test_the_code_of_a_table_is_that_of_all_its_readers(folder: Path, edit: Edit) -> None:
    def code() -> str:
        wildcards = SimpleNamespace(dataset=digits(folder).id)
        return Workflow({}, folder.parent).data.code(wildcards)

    edit("datasets.yaml", READER, SEVENS)
    of_digits = code()
    edit("datasets.yaml", "of: mnist", "of: svhn")
    assert code() != of_digits


@pytest.mark.parametrize("source", ["original", "embedded"])
@pytest.mark.parametrize(("reader", "side"), [("faces", "  side: 28\n"), ("points", "")])
def test_what_stands_in_for_nothing_is_made_here_whatever_the_source(
    folder: Path, edit: Edit, source: str, reader: str, side: str
) -> None:
    options = {"faces": "{}", "points": "{shape: moons}"}[reader]
    target = {"faces": "expression", "points": "label"}[reader]
    edit("datasets.yaml", READER, f"  reader: {reader}\n  options: {options}\n")
    edit(
        "datasets.yaml",
        "  target: label\n  batch_size: 32\n  side: 28\n",
        f"  target: {target}\n  batch_size: 32\n{side}",
    )
    assert digits(folder, source=source).source == "embedded"


def test_what_has_only_an_original_is_refused_without(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", READER, "  reader: lfw-subset\n")
    assert "comes from original; the study's source is 'embedded'" in refusal(folder)


@pytest.mark.parametrize(
    ("reader", "options", "message"),
    [
        (
            "corrupted",
            "{of: mnist, kind: noise, strength: 6}",
            "options.strength: found 6; expected one of 1, 2,",
        ),
        (
            "corrupted",
            "{of: mnist, kind: fog, strength: 1}",
            "options.kind: found 'fog'; expected one of noise,",
        ),
        (
            "contaminated",
            "{of: mnist, outliers: mnist, share: 0.6}",
            "options.share: found 0.6; expected a number between 0 and 0.5",
        ),
        ("points", "{shape: spiral}", "options.shape: found 'spiral'; expected one of mixture, moons,"),
        ("faces", "{channels: 2}", "options.channels: found 2; expected one of 1, 3"),
    ],
)
def test_an_option_that_there_is_not_is_refused(
    folder: Path, edit: Edit, reader: str, options: str, message: str
) -> None:
    edit("datasets.yaml", READER, f"  reader: {reader}\n  options: {options}\n")
    assert message in refusal(folder)


IMAGES = ("mnist", "fashion-mnist", "dsprites", "cifar-10", "svhn", "faces", "ferg")
NEAR = {  # without one class, and it alone
    "mnist": ("mnist-but-sevens", "mnist-sevens"),
    "fashion-mnist": ("fashion-mnist-but-7", "fashion-mnist-7"),
    "dsprites": ("dsprites-but-hearts", "dsprites-hearts"),
    "cifar-10": ("cifar-10-but-3", "cifar-10-3"),
    "svhn": ("svhn-but-sevens", "svhn-sevens"),
    "faces": ("faces-but-disgust", "faces-disgust"),
    "ferg": ("ferg-but-disgust", "ferg-disgust"),
}


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_every_set_of_images_has_near_and_corrupted_outliers(folder: Path, edit: Edit, scale: str) -> None:
    names = [name for image in IMAGES for name in (image, *NEAR[image], f"{image}-noise")]
    edit("datasets.yaml", "", (SHIPPED / "datasets.yaml").read_text())
    edit(
        "trial/pictures.yaml",
        "datasets: [digits, shapes]\nfigures: [examples]\n",
        f"datasets: {names}\n".replace("'", ""),
    )
    for source in ("embedded", "original"):
        made = {
            one.name: one for one in read_study({"scale": scale, "source": source}, folder).datasets.values()
        }
        for image in IMAGES:
            whole, rest, alone, spoilt = (made[name] for name in (image, *NEAR[image], f"{image}-noise"))
            assert {one.origin.name for one in (whole, rest, alone, spoilt)} == {whole.origin.name}
            assert {one.side for one in (rest, alone, spoilt)} == {whole.side}
            assert (spoilt.train, spoilt.test) == (whole.train, whole.test)


def test_photographs_have_them_and_come_from_the_original_file(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "", (SHIPPED / "datasets.yaml").read_text())
    edit(
        "trial/pictures.yaml",
        "datasets: [digits, shapes]\nfigures: [examples]\n",
        "datasets: [lfw-subset, lfw-noise]\n",
    )
    made = read_study({"source": "original"}, folder).datasets.values()
    assert {(one.name, one.source) for one in made} == {
        ("lfw-subset", "original"),
        ("lfw-noise", "original"),
        ("digits", "original"),
    }
