"""Oracle: messages written out by hand, mistake by mistake; the source's numbers for the shipped study."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lea import registry
from lea.study.entries import AnalysisEntry, DatasetEntry, Settings, StudyEntry
from lea.study.layers import SCALES
from lea.study.reader import read_study
from lea.study.spec import Part
from lea.study.workflow import Workflow
from tests.study.reading import SHIPPED, analyses, refusal, runs_of, seeds_of

Edit = Callable[[str, str, str], None]
Own = Callable[[str, str], None]
MAIN, DATASETS = "config.yaml", "datasets.yaml"
SHARED, LEARNING, PICTURES = "trial/study.yaml", "trial/learning.yaml", "trial/pictures.yaml"


def test_a_configuration_without_a_mistake_becomes_runs_and_data_sets(folder: Path) -> None:
    read = analyses(folder)
    runs = read["learning"].runs
    assert {label: run.model.options for label, run in runs.items()} == {
        "small": {"kernels": (32, 64), "hidden": 16},
        "large": {"kernels": (4, 8), "hidden": 1024},
    }
    assert {label: run.data.samples for label, run in runs.items()} == {"small": 200, "large": 100}
    small = runs["small"].fit
    assert small.optimizer is not None
    assert (small.optimizer.name, small.optimizer.options["rate"]) == ("adam", 1e-3)
    assert (small.epochs, small.batch_size, small.precision) == (2, 32, "float32")
    assert (small.optimizers, small.frozen, small.snapshots, runs["small"].start) == ({}, None, (), None)
    assert (runs["small"].data.target, runs["small"].data.split) == ("label", "fixed")
    assert runs["small"].method.name == "classify"
    assert [one.name for one in read["pictures"].datasets] == ["digits", "shapes"]
    assert [one.id for one in read["learning"].datasets] == [runs["small"].data.table.id]
    assert {one.study for one in read.values()} == {"trial"}


MODELS = f"expected one of {', '.join(registry.PARTS['model'])}, or your own 'module:attribute'"
READERS = f"expected one of {', '.join(registry.PARTS['dataset'])}, or your own 'module:attribute'"
FIGURES = f"expected one of {', '.join(registry.PARTS['figure'])}, or your own 'module:attribute'"
IN_FILES = {
    (MAIN, "precision:", "precison:"): "precison: no such key; did you mean 'precision'?",
    (DATASETS, "batch_size: 32", "batchsize: 32"): (
        "digits: batchsize: no such key; did you mean 'batch_size'?"
    ),
    (DATASETS, "quick: {train: 200", "quick: {tran: 200"): (
        "digits: quick.tran: no such key; did you mean 'train'?"
    ),
    (DATASETS, "quick: {train", "qwick: {train"): "digits: qwick: no such key; did you mean 'quick'?",
    (LEARNING, "seeds: 2", "seds: 2"): "seds: no such key; did you mean 'seeds'?",
    (LEARNING, "{epochs: 2,", "{epoch: 2,"): ("every_run.fit.epoch: no such key; did you mean 'epochs'?"),
    (LEARNING, "{samples: 100}", "{sample: 100}"): (
        "runs.large.data.sample: no such key; did you mean 'samples'?"
    ),
    (LEARNING, "title:", "zzz:"): (
        "zzz: no such key; expected one of title, datasets, every_run, grid, runs, seeds, columns, baseline, "
        "summaries, figures, tables, quick, reduced, thesis"
    ),
    (LEARNING, "epochs: 2", "epochs: two"): ("every_run.fit.epochs: found 'two'; expected a whole number"),
    (LEARNING, "epochs: 2", "epochs: 2.5"): "every_run.fit.epochs: found 2.5; expected a whole number",
    (LEARNING, "epochs: 2", "epochs: true"): "every_run.fit.epochs: found True; expected a whole number",
    (LEARNING, "epochs: 2", "epochs: -1"): "every_run.fit.epochs: found -1; expected a number at least 0",
    (LEARNING, "1.0e-3", "1e-3"): (
        "every_run.fit.optimizer.rate: found '1e-3'; expected a number; YAML reads 1e-4 as text, write 1.0e-4"
    ),
    (LEARNING, "1.0e-3", "true"): ("every_run.fit.optimizer.rate: found True; expected a number"),
    (LEARNING, "1.0e-3", "11"): (
        "every_run.fit.optimizer.rate: found 11.0; expected a number between 1e-12 and 10"
    ),
    (LEARNING, "1.0e-3", ".nan"): (
        "every_run.fit.optimizer.rate: found nan; expected a number between 1e-12 and 10"
    ),
    (MAIN, "scale: quick", "scale: quik"): (
        "scale: found 'quik'; did you mean 'quick'? expected one of quick, reduced, thesis"
    ),
    (MAIN, "scale: quick", "scale: full"): "scale: found 'full'; expected one of quick, reduced, thesis",
    (MAIN, "analyses: all", "analyses: learning"): (
        "analyses: found 'learning'; expected all or a list, such as [a, b]"
    ),
    (MAIN, "device: auto\njobs_per_gpu: 1\n", ""): (
        "missing 'device', 'jobs_per_gpu'; every key must be given; add it"
    ),
    (LEARNING, "title: Learning\n", ""): "missing 'title'; every key must be given; add it",
    (LEARNING, "seeds: 2\n", ""): (
        "missing 'seeds'; an analysis with runs says how many seeds each has; add it"
    ),
    (LEARNING, "hidden: 16", "hiden: 16"): ("runs.small.model.hiden: no such key; did you mean 'hidden'?"),
    (LEARNING, "hidden: 16", "hidden: big"): (
        "runs.small.model.hidden: found 'big'; expected a whole number"
    ),
    (LEARNING, "hidden: 16", "hidden: 0"): (
        "runs.small.model.hidden: found 0; expected a number between 1 and 1000000"
    ),
    (LEARNING, "[4, 8]", "[4]"): "runs.large.model.kernels: found 1 values; expected 2",
    (LEARNING, "[4, 8]", "4"): "runs.large.model.kernels: found 4; expected a list, such as [a, b]",
    (LEARNING, "[4, 8]", "[4, x]"): ("runs.large.model.kernels.1: found 'x'; expected a whole number"),
    (LEARNING, "[4, 8]", "[4, 5000]"): (
        "runs.large.model.kernels: found 5000; expected a number between 1 and 4096"
    ),
    (LEARNING, "name: classic, hidden", "name: clasic, hidden"): (
        f"runs.small.model: no model 'clasic'; did you mean 'classic'? {MODELS}"
    ),
    (LEARNING, "name: classic, hidden", "name: 'nowhere:Net', hidden"): (
        "runs.small.model: no model 'nowhere:Net'; "
        "expected a module on the Python path that defines the attribute"
    ),
    (DATASETS, "reader: mnist", "reader: mnits"): (
        f"digits: reader: no dataset 'mnits'; did you mean 'mnist'? {READERS}"
    ),
    (LEARNING, "table: digits", "table: digit"): (
        "every_run.data.table: no data set 'digit'; expected one of digits, shapes, "
        "or add it to datasets.yaml"
    ),
    (PICTURES, "[digits, shapes]", "[digits, shape]"): (
        "datasets: no data set 'shape'; expected one of digits, shapes, or add it to datasets.yaml"
    ),
    (DATASETS, "target: shape", "target: colour"): (
        "shapes: target: found 'colour'; expected a label of 'dsprites': shape, scale, orientation, x, y"
    ),
    (LEARNING, "{table: digits}", "{table: shapes, target: size}"): (
        "every_run.data.target: found 'size'; expected a label of 'dsprites': shape, scale, orientation, x, y"
    ),
    (LEARNING, "name: curves", "name: curve"): (
        f"figures.0: no figure 'curve'; did you mean 'curves'? {FIGURES}"
    ),
    (PICTURES, "[examples]", "[examples, regimes]"): (
        "figures: figure 'regimes' shows runs, and there are none; add `runs`"
    ),
    (PICTURES, "datasets: [digits, shapes]\n", ""): (
        "figures: figure 'examples' shows data sets, and none is named; add `datasets`"
    ),
    (PICTURES, "[examples]", "[examples, examples]"): (
        "figures: two figures or tables would be written as 'examples'; expected each once; "
        "give one another `file`"
    ),
    (LEARNING, "samples: 100", "samples: 201"): (
        "runs.large.data.samples: found 201; "
        "data set 'digits' has 200 training samples at scale quick; expected no more"
    ),
    (DATASETS, "side: 28", "side: 7"): "digits: side: found 7; expected a number between 8 and 1024",
    (DATASETS, "side: 28", "side: 1025"): ("digits: side: found 1025; expected a number between 8 and 1024"),
    (DATASETS, "side: 64", "side: 28"): "shapes: side: found 28; expected one of 32, 64",
    (DATASETS, "train: 400\n  test: 100", "train: 737000\n  test: 281"): (
        "shapes: train: found 737000 and 281 for test; expected 737,280 at most in all"
    ),
    (DATASETS, "  train: 400\n", ""): (
        "shapes: train: missing; embedded samples are made in any number; say how many"
    ),
    (DATASETS, "digits:", "../x:"): (
        "found the name '../x'; expected small letters, digits and '-', since files are named so"
    ),
    (DATASETS, "quick: {train: 200, test: 50}", "quick: 5"): (
        "digits: quick: found 5; expected a mapping of what differs at this scale"
    ),
}


@pytest.mark.parametrize(
    ("mistake", "message"),
    IN_FILES.items(),
    ids=[f"{old} -> {new}".replace("\n", " ") for _, old, new in IN_FILES],
)
def test_a_mistake_in_a_file_is_answered_with_file_key_and_what_to_do(
    folder: Path, edit: Edit, mistake: tuple[str, str, str], message: str
) -> None:
    edit(*mistake)
    assert refusal(folder) == f"{mistake[0]}: {message}"


ON_THE_COMMAND_LINE = {
    "--config: scal: no such key; did you mean 'scale'?": {"scal": "quick"},
    "--config: scale: found 3; expected one of quick, reduced, thesis": {"scale": 3},
    "--config: source: found 'embeded'; did you mean 'embedded'? expected one of original, embedded": {
        "source": "embeded"
    },
    "--config: trail: no such key; did you mean 'trial'?": {"trail": {"learning": {"seeds": 3}}},
    "--config: trial: learnin: no such key; did you mean 'learning'?": {"trial": {"learnin": {"seeds": 3}}},
    "--config: trial: found 3; expected a mapping of keys": {"trial": 3},
    "--config: trial.learning: seed: no such key; did you mean 'seeds'?": {
        "trial": {"learning": {"seed": 3}}
    },
    "--config: trial.learning: seeds: found 0; expected a number at least 1": {
        "trial": {"learning": {"seeds": 0}}
    },
    "--config: trial.learning: quick.every_run.fit.epoch: no such key; did you mean 'epochs'?": {
        "trial": {"learning": {"quick": {"every_run": {"fit": {"epoch": 3}}}}}
    },
    "--config: trial.learning: runs.small.model.hidden: found 'x'; expected a whole number": {
        "trial": {"learning": {"runs": {"small": {"model": {"hidden": "x"}}}}}
    },
    "--config: datasets.digits: tests: no such key; did you mean 'test'?": {
        "datasets": {"digits": {"tests": 1}}
    },
    "--config: trial.learning: found 3; expected a mapping of keys": {"trial": {"learning": 3}},
    "--config: datasets.digits: found 3; expected a mapping of keys": {"datasets": {"digits": 3}},
}


@pytest.mark.parametrize(("message", "overrides"), ON_THE_COMMAND_LINE.items())
def test_a_mistake_on_the_command_line_is_named_as_such(
    folder: Path, message: str, overrides: dict[str, Any]
) -> None:
    assert refusal(folder, **overrides) == message


def test_data_sets_given_as_no_mapping_on_the_command_line_are_refused(folder: Path) -> None:
    assert refusal(folder, datasets=3).startswith("--config: datasets: found 3; expected a mapping")


def test_an_unknown_analysis_is_answered_with_the_nearest_and_with_who_asked(
    folder: Path, edit: Edit
) -> None:
    message = refusal(folder, analyses=["learn"])
    assert message.startswith("--config: analyses.learn: ")
    assert "did you mean 'learning'?" in message
    edit(MAIN, "analyses: all", "analyses: [learn]")
    assert refusal(folder).startswith("config.yaml: analyses.learn: ")


def test_a_misspelt_scale_key_is_answered_with_the_nearest(folder: Path, edit: Edit) -> None:
    edit(MAIN, "scale: quick", "scal: quick")
    assert "scal: no such key; did you mean 'scale'?" in refusal(folder)


def test_a_mistake_in_the_section_of_another_scale_is_found_at_once(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "  seeds: 3", "  seds: 3")
    assert refusal(folder) == f"{LEARNING}: reduced.seds: no such key; did you mean 'seeds'?"


def test_a_model_without_a_name_is_told_so(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "name: classic, hidden", "hidden")
    assert refusal(folder) == (
        f"{LEARNING}: runs.small.model: missing 'name'; expected which model it is; add it"
    )


def test_a_file_that_is_no_yaml_or_missing_is_named(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "metric: loss}]", "metric: loss}")
    assert refusal(folder).startswith(f"{LEARNING}: not YAML: ")
    (folder / DATASETS).unlink()
    assert refusal(folder).startswith(f"{DATASETS}: no such file; expected ")


def test_more_pictures_than_the_original_has_are_refused_from_the_original_alone(
    folder: Path, edit: Edit
) -> None:
    edit(DATASETS, "test: 10000}", "test: 10001}")
    assert refusal(folder, scale="thesis") == (
        f"{DATASETS}: digits: thesis.test: found 10001; the original has 10,000; expected no more"
    )
    study = read_study({"scale": "thesis", "thesis": {"source": "embedded"}}, folder)
    assert [one.test for one in study.datasets.values() if one.name == "digits"] == [10001]


def test_a_figure_drawn_by_two_analyses_is_refused_in_the_file_of_the_second(
    folder: Path, edit: Edit
) -> None:
    edit("trial/more.yaml", "", "title: More\ndatasets: [digits]\nfigures: [examples]\n")
    assert refusal(folder) == (
        f"{PICTURES}: figures: examples is drawn by 'more' too; "
        "remove it from one, or give one another `file`"
    )
    (more,) = analyses(folder, analyses=["more"]).values()
    assert [drawn.file for drawn in more.drawn] == ["examples"]


def test_an_analysis_whose_file_could_not_name_a_folder_is_refused(folder: Path, edit: Edit) -> None:
    edit("trial/A b.yaml", "", "title: More\n")
    assert refusal(folder) == (
        "trial/A b.yaml: found the name 'A b'; expected small letters, digits and '-', "
        "since files are named so"
    )


def learning(**changes: Any) -> dict[str, Any]:
    """What the command line lays over the analysis."""
    return {"trial": {"learning": changes}}


def epochs(folder: Path, **overrides: Any) -> tuple[int, ...]:
    runs = runs_of("learning", folder, **{"scale": "reduced", **overrides})
    return tuple(run.fit.epochs for run in runs.values())


def test_later_layers_win_key_by_key(folder: Path, edit: Edit) -> None:
    def line(count: int) -> dict[str, Any]:
        return {"every_run": {"fit": {"epochs": count}}}

    assert epochs(folder, scale="quick") == (2, 2)  # the file
    assert epochs(folder) == (5, 5)  # its section for the scale
    assert epochs(folder, **learning(**line(7))) == (7, 7)  # the command line
    assert epochs(folder, **learning(**line(7), reduced=line(8))) == (8, 8)  # and its section
    assert epochs(folder, **learning(**line(7), thesis=line(8))) == (7, 7)
    edit(LEARNING, "data: {samples: 100}", "fit: {epochs: 1}")
    assert epochs(folder) == (5, 1)  # what a run says of itself is nearer than `every_run` of any layer
    assert epochs(folder, **learning(runs={"large": {"fit": {"epochs": 9}}})) == (5, 9)


def test_a_layer_leaves_alone_what_it_does_not_name(folder: Path) -> None:
    change = learning(reduced={"every_run": {"fit": {"optimizer": {"rate": 0.5}}}})
    runs = runs_of("learning", folder, scale="reduced", **change)
    assert {run.fit.optimizer and run.fit.optimizer.options["rate"] for run in runs.values()} == {0.5}
    assert {run.fit.epochs for run in runs.values()} == {5}
    assert [run.data.samples for run in runs.values()] == [300, 100]


def test_what_a_run_leaves_out_is_the_data_sets_or_the_studys(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "data: {samples: 100}", "fit: {batch_size: 5, precision: float32}")
    fits = {label: run.fit for label, run in runs_of("learning", folder, precision="bfloat16").items()}
    assert (fits["small"].batch_size, fits["small"].precision) == (32, "bfloat16")
    assert (fits["large"].batch_size, fits["large"].precision) == (5, "float32")


def test_settings_are_layered_too(folder: Path) -> None:
    def source(**overrides: Any) -> set[str]:
        return {dataset.source for dataset in read_study(overrides, folder).datasets.values()}

    assert source() == {"embedded"}
    assert source(scale="thesis") == {"original"}
    assert source(scale="thesis", source="embedded") == {"embedded"}
    assert source(scale="thesis", source="original", thesis={"source": "embedded"}) == {"embedded"}


def test_a_scale_inside_a_scales_section_changes_nothing_in_silence(folder: Path, edit: Edit) -> None:
    edit(MAIN, "  source: original", "  source: original\n  scale: quick")
    assert "scale" in refusal(folder, scale="thesis")


ORIGINS = {
    f"{LEARNING}: every_run.fit.epochs": ({}, []),
    f"{LEARNING}: reduced.every_run.fit.epochs": ({"scale": "reduced"}, []),
    "--config: trial.learning: every_run.fit.epochs": ({"scale": "reduced"}, ["every_run"]),
    "--config: trial.learning: reduced.every_run.fit.epochs": ({"scale": "reduced"}, ["reduced"]),
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_error_names_the_layer_that_gave_the_value(folder: Path, edit: Edit, origin: str) -> None:
    overrides, line = ORIGINS[origin]
    edit(LEARNING, "epochs: 2", "epochs: -2")
    edit(LEARNING, "epochs: 5", "epochs: -5")
    bad = {"fit": {"epochs": -7}}
    given = {key: bad if key == "every_run" else {"every_run": bad} for key in line}
    found = {"reduced": "-5", "--config": "-7"}
    number = next((found[word] for word in ("--config", "reduced") if word in origin), "-2")
    message = refusal(folder, **overrides, **learning(**given))
    assert message == f"{origin}: found {number}; expected a number at least 0"


def test_a_data_set_given_on_the_command_line_alone_is_a_data_set(folder: Path) -> None:
    entry = {"reader": "svhn", "target": "label", "batch_size": 8, "side": 32, "train": 9, "test": 5}
    change = {"datasets": {"plates": entry}, "trial": {"pictures": {"datasets": ["plates"]}}}
    assert [(one.name, one.train) for one in analyses(folder, **change)["pictures"].datasets] == [
        ("plates", 9)
    ]


def test_data_sets_of_the_shipped_study_can_be_changed_on_the_command_line() -> None:
    study = read_study({"datasets": {"mnist": {"quick": {"train": 1234}}}}, SHIPPED)
    assert [one.train for one in study.datasets.values() if one.name == "mnist"] == [1234]


@pytest.mark.parametrize("name", ["analyses", "scale", "thesis"])
def test_an_analysis_or_a_study_named_as_a_key_of_the_command_line_is_refused(
    folder: Path, edit: Edit, name: str
) -> None:
    edit(f"trial/{name}.yaml", "", "title: More\n")
    assert refusal(folder).startswith(f"trial/{name}.yaml: found the name '{name}'")
    (folder / f"trial/{name}.yaml").unlink()
    edit(f"{name}/study.yaml", "", "title: More\n")
    assert refusal(folder).startswith(f"{name}: found the name '{name}'")


@pytest.mark.parametrize("scale", SCALES)
def test_the_shipped_configuration_reads_at_every_scale(scale: str) -> None:
    workflow = Workflow({"scale": scale})
    study = workflow.study
    assert study.scale == scale
    files = [file for file in SHIPPED.glob("*/*.yaml") if file.name not in ("study.yaml", DATASETS)]
    assert {(one.study, one.name) for one in study.analyses} == {(one.parent.name, one.stem) for one in files}
    every = [(one.seeds, run) for one in study.analyses for run in one.runs.values()]
    asked = {(run.id, seed, run.as_built) for seeds, run in every if not run.search for seed in range(seeds)}
    searched = {(run.id, seed) for seeds, run in every if run.search for seed in range(seeds)}
    trained = {(run, seed) for run, seed, as_built in asked if not as_built}
    # A model as it was built is tested by the same stage where a table of that is read.
    assert trained <= seeds_of(workflow, "train") <= {(run, seed) for run, seed, _ in asked}
    assert seeds_of(workflow, "choose") == seeds_of(workflow, "trial") == searched
    assert searched


def test_the_thesis_scale_has_the_numbers_of_table_4_1() -> None:
    study = read_study({"scale": "thesis", "studies": ["lea"]}, SHIPPED)
    sizes = {
        one.name: (one.source, one.side, one.train, one.test) for one in study.datasets.values() if one.side
    }
    assert sizes == {
        "mnist": ("original", 28, 60_000, 10_000),
        "fashion-mnist": ("original", 28, 60_000, 10_000),
        "dsprites": ("original", 64, 59_972, 10_006),
        "cifar-10": ("original", 32, 50_000, 10_000),
    }


def test_the_thesis_scale_trains_as_the_source_did() -> None:
    analysis = analyses(scale="thesis")["accuracy"]
    run = analysis.runs["classic"]
    assert analysis.seeds == 10
    assert (run.data.table.name, run.data.target, run.model.name) == ("dsprites", "shape", "classic")
    assert run.model.options == {"kernels": (32, 64), "hidden": 1024}
    fit = run.fit
    assert fit.optimizer == Part(name="adam", options={"rate": 1e-4, "decay": 0.0, "clip_norm": None})
    assert (fit.epochs, fit.batch_size, fit.precision) == (20, 64, "float32")
    assert (run.data.samples, run.data.held_out) == (59_972, None)


@pytest.mark.parametrize(
    ("name", "size"), [("mnist", 256), ("fashion-mnist", 128), ("dsprites", 64), ("cifar-10", 128)]
)
def test_batch_sizes_are_the_sources(name: str, size: int) -> None:
    changes = {"accuracy": {"every_run": {"data": {"table": name}}}}
    runs = runs_of("accuracy", scale="thesis", analyses=["accuracy"], lea=changes)
    assert [run.fit.batch_size for run in runs.values()] == [size, size]


def test_the_keys_of_the_shipped_files_and_the_fields_agree_both_ways() -> None:
    main = yaml.safe_load((SHIPPED / MAIN).read_text())
    entries = [one for file in SHIPPED.rglob(DATASETS) for one in yaml.safe_load(file.read_text()).values()]
    shared = [yaml.safe_load(file.read_text()) for file in SHIPPED.glob("*/study.yaml")]
    written = [
        yaml.safe_load(file.read_text())
        for file in SHIPPED.glob("*/*.yaml")
        if file.name not in ("study.yaml", DATASETS)
    ]
    for layers, kind in (
        ([main], Settings),
        (entries, DatasetEntry),
        (shared, StudyEntry),
        (written, AnalysisEntry),
    ):
        keys = set().union(*(set(one) | {k for s in SCALES for k in one.get(s, {})} for one in layers))
        assert keys - set(SCALES) == set(kind.__dataclass_fields__)


OWN = """
raise RuntimeError("a configuration must be read without importing its parts")

class Net:
    LIMITS = {"width": (2, 8)}

    def __init__(
        self, shape, classes, *, width: int, kind: Literal["a", "b"] = "a", rate: float | None = None
    ):
        pass

    def forward(self, x): ...
"""


def test_a_users_own_model_is_checked_without_importing_it(folder: Path, edit: Edit, own: Own) -> None:
    own("reader_own_part.py", OWN)
    edit(LEARNING, "name: classic, hidden: 16", "name: 'reader_own_part:Net', width: 3")
    run = runs_of("learning", folder)["small"]
    assert run.model.options == {"width": 3, "kind": "a", "rate": None}
    assert run.id.startswith("net-digits-")
    assert "reader_own_part" not in sys.modules
    other = replace(run, model=replace(run.model, options={**run.model.options, "width": 4}))
    assert other.id != run.id


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "runs.small.model: missing 'width'; model 'reader_own_part:Net' cannot do without; add it"),
        ("width: 9", "runs.small.model.width: found 9; expected a number between 2 and 8"),
        ("width: 3, kind: c", "runs.small.model.kind: found 'c'; expected one of a, b"),
        ("width: 3, rate: x", "runs.small.model.rate: found 'x'; expected a number"),
        ("width: 3, with: 4", "runs.small.model.with: no such key; did you mean 'width'?"),
    ],
)
def test_options_of_a_users_own_model_are_checked(
    folder: Path, edit: Edit, own: Own, options: str, message: str
) -> None:
    own("reader_own_part.py", OWN)
    model = {"name": "reader_own_part:Net", **yaml.safe_load(f"{{{options}}}")}
    text = yaml.safe_dump(model, default_flow_style=True, width=200).strip()
    edit(LEARNING, "{name: classic, hidden: 16}", text)
    assert refusal(folder) == f"{LEARNING}: {message}"
