"""Oracle: the sentences below the figures, written out by hand."""

from collections.abc import Callable
from pathlib import Path

from lea.study.notes import note, title
from lea.study.reader import read_study

Edit = Callable[[str, str, str], None]


def test_a_figure_says_data_source_size_scale_and_seeds(folder: Path) -> None:
    study = read_study({}, folder)
    assert note(study, study.analyses["learning"]) == (
        "Data: digits: MNIST (digits drawn here), source embedded, 28x28 pixels, "
        "200 training and 50 test images. Trained on the first 100 or all of them. Scale: quick. 2 seeds."
    )


def test_a_figure_of_the_originals_says_so_and_one_without_runs_names_no_seeds(folder: Path) -> None:
    study = read_study({"scale": "thesis"}, folder)
    assert note(study, study.analyses["pictures"]) == (
        "Data: digits: MNIST, source original, 28x28 pixels, 60,000 training and 10,000 test images; "
        "shapes: dSprites, source original, 64x64 pixels, 400 training and 100 test images. Scale: thesis."
    )


def test_what_is_not_limited_is_called_all(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "thesis: {train: 60000,", "thesis: {")
    study = read_study({"scale": "thesis"}, folder)
    assert "all training and 10,000 test images" in note(study, study.analyses["pictures"])


def test_pictures_made_here_are_never_called_as_the_published_ones(folder: Path) -> None:
    for source in ("embedded", "original"):
        for dataset in read_study({"source": source}, folder).datasets.values():
            assert title(dataset).endswith((": MNIST", ": dSprites")) == (source == "original")
            assert title(dataset).endswith(" here)") == (source == "embedded")


def test_two_data_sets_of_one_reader_have_titles_of_their_own(folder: Path, edit: Edit) -> None:
    entry = "{reader: mnist, target: label, batch_size: 8, side: 32, train: 9, test: 5}"
    edit("datasets.yaml", "", f"large-digits: {entry}\n")
    edit("analyses/pictures.yaml", "[digits, shapes]", "[digits, large-digits]")
    titles = [title(dataset) for dataset in read_study({}, folder).analyses["pictures"].datasets]
    assert len(set(titles)) == 2
