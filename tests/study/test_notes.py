"""Oracle: the sentences below the figures, written out by hand."""

from collections.abc import Callable
from pathlib import Path

from lea.study.notes import note, title
from lea.study.reader import read_study
from lea.study.study import Analysis, Study

Edit = Callable[[str, str, str], None]


def named(study: Study, name: str) -> Analysis:
    return next(one for one in study.analyses if one.name == name)


def test_a_figure_says_data_source_size_scale_and_seeds(folder: Path) -> None:
    study = read_study({}, folder)
    assert note(study, named(study, "learning")) == (
        "Data: digits: MNIST (digits drawn here), source embedded, 28x28 pixels, "
        "200 training and 50 test images. Trained on the first 100 or all of them. Scale: quick. 2 seeds."
    )


def test_a_figure_of_the_originals_says_so_and_one_without_runs_names_no_seeds(folder: Path) -> None:
    study = read_study({"scale": "thesis"}, folder)
    assert note(study, named(study, "pictures")) == (
        "Data: digits: MNIST, source original, 28x28 pixels, 60,000 training and 10,000 test images; "
        "shapes: dSprites, source original, 64x64 pixels, 400 training and 100 test images. Scale: thesis."
    )


def test_what_is_not_limited_is_called_all(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "thesis: {train: 60000,", "thesis: {")
    study = read_study({"scale": "thesis"}, folder)
    assert "all training and 10,000 test images" in note(study, named(study, "pictures"))


def test_pictures_made_here_are_never_called_as_the_published_ones(folder: Path) -> None:
    for source in ("embedded", "original"):
        for dataset in read_study({"source": source}, folder).datasets.values():
            assert title(dataset).endswith((": MNIST", ": dSprites")) == (source == "original")
            assert title(dataset).endswith(" here)") == (source == "embedded")


def test_two_data_sets_of_one_reader_have_titles_of_their_own(folder: Path, edit: Edit) -> None:
    entry = "{reader: mnist, target: label, batch_size: 8, side: 32, train: 9, test: 5}"
    edit("datasets.yaml", "", f"large-digits: {entry}\n")
    edit("trial/pictures.yaml", "[digits, shapes]", "[digits, large-digits]")
    titles = [title(dataset) for dataset in named(read_study({}, folder), "pictures").datasets]
    assert len(set(titles)) == 2


LEARNING = "trial/learning.yaml"


def sentences(folder: Path) -> str:
    study = read_study({}, folder)
    return note(study, named(study, "learning")).partition(". ")[2]


def test_all_samples_are_not_worth_a_word(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "    data: {samples: 100}\n", "")
    assert sentences(folder) == "Scale: quick. 2 seeds."
    edit(LEARNING, "{table: digits}", "{table: digits, samples: 200}")
    assert sentences(folder) == "Scale: quick. 2 seeds."


def test_what_is_held_out_and_a_division_for_each_seed_are_said(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "{table: digits}", "{table: digits, held_out: 20}")
    assert sentences(folder) == (
        "Trained on the first 100 or all of them. Held out of training: 20. Scale: quick. 2 seeds."
    )
    edit(LEARNING, "{samples: 100}", "{samples: 100, split: fresh, held_out: 10}")
    assert sentences(folder) == (
        "Trained on 100 drawn for each seed or all of them. Held out of training: 10 or 20. "
        "Scale: quick. 2 seeds."
    )


def test_a_model_of_which_nothing_is_trained_is_trained_on_nothing(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "data: {samples: 100}", "data: {samples: 100}\n    fit: {epochs: 0}")
    edit(LEARNING, "seeds: 2", "seeds: 1")
    assert sentences(folder) == "Scale: quick. 1 seed."


def test_of_data_without_samples_it_says_that_there_is_only_a_shape(folder: Path, edit: Edit) -> None:
    edit("datasets.yaml", "", "8x8x1: {reader: blank, options: {shape: [8, 8, 1]}, batch_size: 1}\n")
    edit("trial/pictures.yaml", "[digits, shapes]", "[8x8x1]")
    study = read_study({}, folder)
    assert note(study, named(study, "pictures")) == "Data: 8x8x1, only a shape. Scale: quick."
