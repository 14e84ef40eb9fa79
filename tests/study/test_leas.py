"""Oracle: messages written out by hand, mistake by mistake; the source's configurations (App. A.1)."""

from pathlib import Path
from typing import Any

import pytest

from lea import registry
from lea.study.spec import Part, Run, canonical, parse
from tests.study.reading import analyses, refusal, runs_of

ANALYSIS = "trial/windows.yaml"
CONFIGURATION = """\
title: Windows
every_run:
  data: {table: digits}
  model:
    name: cnn-lea
    lea: {autoencoder: {name: vae}, code_length: 5, window: 4, stride: 2}
  method: {name: alternate}
  fit: {epochs: 3, optimizer: {name: adam, rate: 1.0e-3}}
runs:
  one:
    fit: {snapshots: [3, 0, 3]}
    pictures: [{name: leas, images: 2}]
seeds: 1
"""


@pytest.fixture
def windows(folder: Path) -> Path:
    """The small study with an analysis of LEAs."""
    (folder / ANALYSIS).write_text(CONFIGURATION)
    return folder


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    return {"trial": {"windows": {"runs": {"one": changes}}}, "analyses": ["windows"]}


def run(folder: Path, **changes: Any) -> Run:
    return runs_of("windows", folder, **changed(changes))["one"]


def refused(folder: Path, **changes: Any) -> str:
    message = refusal(folder, **changed(changes))
    return message.replace("--config: trial.windows: ", "").replace(f"{ANALYSIS}: ", "")


def lea(**changes: Any) -> dict[str, Any]:
    return {"model": {"lea": changes}}


def the_lea(found: Run) -> Part:
    layer = found.model.options["lea"]
    assert isinstance(layer, Part)
    return layer


def parts(layer: Part) -> tuple[Part, Part]:
    """Its autoencoder, and the coder in it."""
    autoencoder = layer.options["autoencoder"]
    assert isinstance(autoencoder, Part)
    coder = autoencoder.options["coder"]
    assert isinstance(coder, Part)
    return autoencoder, coder


def test_a_run_has_its_leas_with_every_option_filled_in(windows: Path) -> None:
    found = run(windows)
    assert the_lea(found) == Part(
        name="lea",
        options={
            "autoencoder": Part(
                name="vae", options={"coder": Part(name="fc", options={}), "beta": 1.0, "warm_up": 0}
            ),
            "code_length": 5,
            "window": 4,
            "stride": 2,
        },
    )
    assert found.fit.snapshots == (0, 3)
    assert canonical(parse(Run, canonical(found))) == canonical(found)


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({}, "cnn-lea-vae-fc-digits-"),
        ({"window": None, "stride": None}, "cnn-lea-vae-fc-digits-"),
        ({"autoencoder": {"coder": {"name": "conv"}}}, "cnn-lea-vae-conv-digits-"),
        ({"autoencoder": {"coder": "sb"}}, "cnn-lea-vae-sb-digits-"),
        ({"autoencoder": {"name": "ksparse"}}, "cnn-lea-ksparse-fc-digits-"),
        ({"autoencoder": "ae"}, "cnn-lea-ae-fc-digits-"),
    ],
)
def test_the_id_reads_as_the_parts_are(windows: Path, change: dict[str, Any], slug: str) -> None:
    assert run(windows, **lea(**change)).id.removeprefix(slug).isalnum()


def test_a_layer_is_the_one_lea_unless_it_says_another(windows: Path) -> None:
    before = run(windows)
    assert run(windows, **lea(name="lea")).id == before.id
    assert run(windows, **lea(name="lea.nn.layer:embed")).id != before.id


def test_every_option_of_the_leas_and_every_weight_is_another_id(windows: Path) -> None:
    joint = {"name": "joint"}
    changes: list[dict[str, Any]] = [
        {},
        lea(code_length=6),
        lea(window=5),
        lea(stride=1),
        lea(stride=None),
        lea(window=None, stride=None),
        lea(autoencoder={"beta": 2.0}),
        lea(autoencoder={"warm_up": 1}),
        lea(autoencoder={"coder": "sb"}),
        lea(autoencoder={"coder": {"name": "sb", "kernels": 8}}),
        {"method": "shared"},
        {"method": joint},
        {"method": joint | {"lea_weight": 0.1}},
        {"method": joint | {"class_weight": 0.1}},
        {"fit": {"snapshots": [0]}},
    ]
    assert len({run(windows, **change).id for change in changes}) == len(changes)


def test_pictures_are_taken_of_a_run_and_do_not_change_it(windows: Path) -> None:
    before = run(windows)
    for pictures in (None, [{"name": "leas", "images": 3}]):
        assert run(windows, pictures=pictures).id == before.id


@pytest.mark.parametrize(
    ("model", "method", "expected"),
    [
        ("cnn-lea", "alternate", ("alternate", {})),
        ("lea-fc", "alternate", ("alternate", {})),
        ("lea-fc", "independent", ("independent", {})),
        ("lea-fc", "joint", ("joint", {"class_weight": 1.0, "lea_weight": 1.0})),
        (
            "lea-fc",
            {"name": "joint", "lea_weight": 0.01},
            ("joint", {"class_weight": 1.0, "lea_weight": 0.01}),
        ),
        (
            "cnn-lea",
            {"name": "joint", "class_weight": 0},
            ("joint", {"class_weight": 0.0, "lea_weight": 1.0}),
        ),
        ("lea-alone", "leas", ("leas", {})),
    ],
)
def test_a_method_has_its_weights_and_only_they(
    windows: Path, model: str, method: Any, expected: tuple[str, dict[str, float]]
) -> None:
    found = run(windows, model={"name": model}, method=method).method
    assert (found.name, found.options) == expected


def test_a_method_without_labels_has_no_target(windows: Path) -> None:
    assert run(windows, model={"name": "lea-alone"}, method="leas").data.target is None
    assert run(windows).data.target == "label"


ONE = "runs.one"
MISTAKES: list[tuple[dict[str, Any], str]] = [
    (lea(stride=5), f"{ONE}.model.lea.stride: found 5; expected a number between 1 and 4 (`window`)"),
    (
        lea(window=40, stride=2),
        f"{ONE}.model.lea.window: found 40; the lea number 1 sees 28x28 of data set 'digits' of 28x28; "
        "expected 28 at most",
    ),
    (
        lea(window=16, stride=2),
        f"{ONE}.model.lea.window: found 16; the lea number 2 sees 14x14 of data set 'digits' of 28x28; "
        "expected 14 at most",
    ),
    (
        {"model": {"name": "lea-fc", "lea": {"window": 29}}},
        f"{ONE}.model.lea.window: found 29; it sees 28x28 of data set 'digits' of 28x28; expected 28 at most",
    ),
    (lea(windo=3), f"{ONE}.model.lea.windo: no such key; did you mean 'window'?"),
    (lea(code_length=0), f"{ONE}.model.lea.code_length: found 0; expected a number at least 1"),
    (
        lea(autoencoder={"name": "vea"}),
        f"{ONE}.model.lea.autoencoder: no autoencoder 'vea'; did you mean 'vae'? expected one of ae, "
        "ksparse, vae, cvae, or your own 'module:attribute'",
    ),
    (
        lea(autoencoder={"coder": {"name": "xyz"}}),
        f"{ONE}.model.lea.autoencoder.coder: no coder 'xyz'; expected one of fc, conv, sb, or your own "
        "'module:attribute'",
    ),
    (
        lea(autoencoder={"coder": {"name": "conv", "kernel": 3}}),
        f"{ONE}.model.lea.autoencoder.coder.kernel: no such key; did you mean 'kernels'?",
    ),
    (
        lea(autoencoder={"gamma": 5}),
        f"{ONE}.model.lea.autoencoder.gamma: no such key; expected one of coder, beta, warm_up",
    ),
    (
        lea(autoencoder={"beta": -1}),
        f"{ONE}.model.lea.autoencoder.beta: found -1.0; expected a number between 0 and 1000000.0",
    ),
    (
        lea(autoencoder={"name": "ksparse", "k": 6}),
        f"{ONE}.model.lea.autoencoder.k: found 6; expected a number between 1 and 5 (`code_length`)",
    ),
    (
        {"model": {"lea": "lea"}},
        f"{ONE}.model.lea: missing 'autoencoder'; lea 'lea' cannot do without; add it",
    ),
    ({"model": {"lea": None}}, f"{ONE}.model.lea: found nothing; expected which lea it is; name one"),
    (
        {"model": {"name": "classic"}},
        "every_run.model.lea: no such key; expected one of kernels, hidden",
    ),
    (
        {"model": "classic"},
        "every_run.method: method 'alternate' needs `lea`, and model 'classic' has none; "
        "choose another of the two",
    ),
    (
        {"model": "classic", "method": "classify"},
        f"{ONE}.pictures.0: picture 'leas' needs `lea`, and model 'classic' has none; "
        "choose another of the two",
    ),
    (
        {"method": "leas"},
        f"{ONE}.method: model 'cnn-lea' is for classes, and method 'leas' learns no label; "
        "choose another of the two",
    ),
    (
        {"method": "jont"},
        f"{ONE}.method: no method 'jont'; did you mean 'joint'? expected one of "
        f"{', '.join(registry.PARTS['method'])}, or your own 'module:attribute'",
    ),
    ({"method": {"lea_weight": 0.1}}, f"{ONE}.method.lea_weight: no such key; expected none at all"),
    (
        {"method": {"name": "joint", "lea_weight": -1}},
        f"{ONE}.method.lea_weight: found -1.0; expected a number between 0 and 1000000000.0",
    ),
    (
        {"model": {"name": "lea-alone"}, "method": "leas", "data": {"target": "label"}},
        f"{ONE}.data.target: found 'label'; method 'leas' learns without labels; remove it",
    ),
    (
        {"fit": {"snapshots": [1, 4]}},
        f"{ONE}.fit.snapshots: found [1, 4]; expected some of 0 (untrained) to 3",
    ),
    ({"fit": {"snapshots": [-1]}}, f"{ONE}.fit.snapshots: found -1; expected a number at least 0"),
    (
        {"pictures": {"name": "leas"}},
        f"{ONE}.pictures: found {{'name': 'leas'}}; expected a list of names, or of mappings with `name`",
    ),
    ({"pictures": []}, f"{ONE}.pictures: found []; expected a list of names, or of mappings with `name`"),
    (
        {"pictures": [{"name": "leas", "images": 0}]},
        f"{ONE}.pictures.0.images: found 0; expected a number between 1 and 4096",
    ),
    (
        {"pictures": ["leas"]},
        f"{ONE}.pictures.0: missing 'images'; picture 'leas' cannot do without; add it",
    ),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_is_answered_with_its_key_and_what_to_do(
    windows: Path, changes: dict[str, Any], message: str
) -> None:
    assert refused(windows, **changes) == message


def test_a_model_with_leas_must_be_told_which(windows: Path) -> None:
    (windows / ANALYSIS).write_text(CONFIGURATION.replace("    lea: {", "    # lea: {"))
    assert refused(windows) == "every_run.model: missing 'lea'; model 'cnn-lea' cannot do without; add it"


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        (
            "figures: [{name: pictures, kind: code, across: epoch, file: maps}]",
            "figures: figure 'maps' shows pictures, and 'one' has none; add `pictures`",
        ),
        (
            "tables: [{name: rows, summary: measures, file: counts}]",
            "tables: table 'counts' shows measures, and 'one' has none; add `measures`",
        ),
    ],
)
def test_a_figure_without_what_it_shows_is_refused(windows: Path, figures: str, message: str) -> None:
    text = CONFIGURATION.replace("    pictures: [{name: leas, images: 2}]\n", "")
    (windows / ANALYSIS).write_text(f"{text}{figures}\n")
    assert refused(windows) == message


def test_pictures_may_be_of_some_runs_only(windows: Path) -> None:
    text = CONFIGURATION.replace("runs:\n", "runs:\n  two: {}\n")
    figure = "figures: [{name: pictures, kind: code, across: epoch, file: maps}]\n"
    (windows / ANALYSIS).write_text(text + figure)
    found = analyses(windows)["windows"]
    assert {label: sorted(uses) for label, uses in found.uses.items()} == {"two": [], "one": ["show"]}


SOURCE: dict[tuple[str, str], dict[str, Any]] = {
    ("reconstructions", "cvae sb"): {
        "data": ("fashion-mnist", None), "epochs": 800, "lea": ("cvae", "sb", 10, None, None),
        "options": {"gamma": 5.0, "capacity": 20.0, "rising": None},
        "coder": {"kernels": 32, "kernel_size": 3},
    },
    ("reconstructions", "ksparse conv"): {
        "data": ("fashion-mnist", None), "epochs": 800, "lea": ("ksparse", "conv", 10, None, None),
        "options": {"k": 5, "a": 1.3}, "coder": {"kernels": 32, "kernel_size": 3},
    },
    ("accuracy", "cnn-lea"): {
        "data": ("dsprites", "shape"), "epochs": 20, "lea": ("vae", "fc", 5, 4, 2),
        "options": {"beta": 1.0, "warm_up": 0}, "coder": {},
    },
    ("confidence", "Fashion-MNIST, ae"): {
        "data": ("fashion-mnist", "label"), "epochs": 100, "lea": ("ae", "fc", 10, 4, 2),
        "options": {}, "coder": {},
    },
    ("confidence", "CIFAR-10, cvae"): {
        "data": ("cifar-10", "label"), "epochs": 100, "lea": ("cvae", "fc", 10, 4, 2),
        "options": {"gamma": 10.0, "capacity": 25.0, "rising": None}, "coder": {},
    },
    ("codes", "CIFAR-10"): {
        "data": ("cifar-10", None), "epochs": 200, "lea": ("cvae", "fc", 10, 4, 1),
        "options": {"gamma": 10.0, "capacity": 25.0, "rising": 25}, "coder": {},
    },
    ("codes", "dSprites"): {
        "data": ("dsprites", None), "epochs": 800, "lea": ("cvae", "fc", 10, 4, 1),
        "options": {"gamma": 10.0, "capacity": 25.0, "rising": None}, "coder": {},
    },
}  # fmt: skip


@pytest.mark.parametrize(("analysis", "label"), SOURCE)
def test_at_the_thesis_scale_a_run_is_the_sources(analysis: str, label: str) -> None:
    found, expected = runs_of(analysis, scale="thesis")[label], SOURCE[analysis, label]
    layer = the_lea(found)
    autoencoder, coder = parts(layer)
    assert (found.data.table.name, found.data.target) == expected["data"]
    options = [layer.options[key] for key in ("code_length", "window", "stride")]
    assert (autoencoder.name, coder.name, *options) == expected["lea"]
    own = {key: value for key, value in autoencoder.options.items() if key != "coder"}
    assert (own, coder.options) == (expected["options"], expected["coder"])
    assert found.fit.optimizer is not None
    assert (found.fit.epochs, found.fit.optimizer.options["rate"]) == (expected["epochs"], 1e-4)
    assert found.data.samples == found.data.table.train


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_what_two_analyses_have_in_common_is_trained_once(scale: str) -> None:
    read = analyses(scale=scale)
    names = ("autoencoders", "reconstructions")
    one, two = ({run.id for run in read[name].runs.values()} for name in names)
    assert len(one & two) == 6


def test_figure_3_3_has_the_sources_ten_autoencoders_and_one_of_ours() -> None:
    labels = set(runs_of("reconstructions", scale="thesis"))
    source = {f"{one} {coder}" for one in ("ae", "ksparse") for coder in ("fc", "conv")}
    source |= {f"{one} {coder}" for one in ("vae", "cvae") for coder in ("fc", "conv", "sb")}
    assert len(source) == 10
    assert labels == source | {"ae sb"}


def test_table_3_1_counts_twelve_models_of_which_none_is_trained() -> None:
    for scale in ("quick", "reduced", "thesis"):
        runs = runs_of("parameters", scale=scale)
        assert len({run.id for run in runs.values()}) == 12
        assert all(run.as_built for run in runs.values())
        shapes = {run.data.table.name: run.data.table.reader.options["shape"] for run in runs.values()}
        assert shapes == {"28x28x1": (28, 28, 1), "4x4x32": (4, 4, 32)}
