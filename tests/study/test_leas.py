"""Oracle: messages written out by hand, mistake by mistake; the source's configurations (App. A.1)."""

from pathlib import Path
from typing import Any

import pytest

from lea.errors import UserError
from lea.study.reader import read_study
from lea.study.spec import Lea, Part, Run, Training, canonical, parse

SHIPPED = Path(__file__).parents[2] / "config"
ANALYSIS = "analyses/windows.yaml"
CONFIGURATION = """\
title: Windows
every_run:
  dataset: digits
  lea: {autoencoder: {name: vae}, coder: {name: fc}, code_length: 5, window: 4, stride: 2}
  training: {epochs: 3, learning_rate: 1.0e-3}
runs:
  one:
    network: {name: cnn-lea}
    pictures: {epochs: [3, 0, 3], images: 2}
seeds: 1
"""


@pytest.fixture
def windows(folder: Path) -> Path:
    """The small study with an analysis of LEAs."""
    (folder / ANALYSIS).write_text(CONFIGURATION)
    return folder


def run(folder: Path, **changes: Any) -> Run:
    return read_study({"windows": {"runs": {"one": changes}}}, folder).analyses["windows"].runs["one"]


def refusal(folder: Path, **changes: Any) -> str:
    with pytest.raises(UserError) as caught:
        run(folder, **changes)
    return str(caught.value).replace("--config: windows: ", "").replace(f"{folder}/{ANALYSIS}: ", "")


def test_a_run_has_its_leas_with_every_option_filled_in(windows: Path) -> None:
    found = run(windows)
    assert found.lea == Lea(
        autoencoder=Part(name="vae", options={"beta": 1.0, "warm_up": 0}),
        coder=Part(name="fc", options={}),
        code_length=5,
        window=4,
        stride=2,
    )
    assert found.pictures is not None
    assert found.pictures.epochs == (0, 3)
    assert canonical(parse(Run, canonical(found))) == canonical(found)


@pytest.mark.parametrize(
    ("lea", "slug"),
    [
        ({}, "cnn-lea-vae-fc-w4s2c5-digits-"),
        ({"stride": None}, "cnn-lea-vae-fc-w4s4c5-digits-"),
        ({"window": None, "stride": None}, "cnn-lea-vae-fc-c5-digits-"),
        ({"coder": {"name": "conv"}, "code_length": 12}, "cnn-lea-vae-conv-w4s2c12-digits-"),
        ({"autoencoder": {"name": "ksparse"}}, "cnn-lea-ksparse-fc-w4s2c5-digits-"),
    ],
)
def test_the_id_reads_as_the_leas_are(windows: Path, lea: dict[str, Any], slug: str) -> None:
    assert run(windows, lea=lea).id.removeprefix(slug).isalnum()


def test_every_option_of_the_leas_and_every_weight_is_another_id(windows: Path) -> None:
    joint = {"regime": "joint"}
    changes: list[dict[str, Any]] = [
        {},
        {"lea": {"code_length": 6}},
        {"lea": {"window": 5}},
        {"lea": {"stride": 1}},
        {"lea": {"autoencoder": {"beta": 2.0}}},
        {"lea": {"autoencoder": {"warm_up": 1}}},
        {"lea": {"coder": {"name": "sb"}}},
        {"lea": {"coder": {"name": "sb", "kernels": 8}}},
        {"training": {"regime": "shared"}},
        {"training": joint},
        {"training": joint | {"lea_weight": 0.1}},
        {"training": joint | {"class_weight": 0.1}},
        {"pictures": {"images": 3}},
    ]
    assert len({run(windows, **change).id for change in changes}) == len(changes)


@pytest.mark.parametrize(
    ("network", "training", "expected"),
    [
        ("cnn-lea", {}, ("alternate", None, None)),
        ("lea-fc", {}, ("alternate", None, None)),
        ("lea-fc", {"regime": "independent"}, ("independent", None, None)),
        ("lea-only", {}, ("joint", 1.0, 1.0)),
        ("lea-only", {"lea_weight": 0.01}, ("joint", 1.0, 0.01)),
        ("cnn-lea", {"regime": "joint", "class_weight": 0}, ("joint", 0.0, 1.0)),
        ("lea-alone", {}, (None, None, None)),
    ],
)
def test_the_regime_is_the_networks_or_the_configurations_or_the_sources(
    windows: Path, network: str, training: dict[str, Any], expected: tuple[object, ...]
) -> None:
    found: Training = run(windows, network={"name": network}, training=training).training
    assert (found.regime, found.class_weight, found.lea_weight) == expected


def test_a_decoder_free_network_has_lea_weight_0(windows: Path) -> None:
    text = CONFIGURATION.replace("    pictures: {epochs: [3, 0, 3], images: 2}\n", "")
    (windows / ANALYSIS).write_text(text)
    found = run(windows, network={"name": "decoder-free"}).training
    assert (found.regime, found.class_weight, found.lea_weight) == ("joint", 1.0, 0.0)


def test_a_network_without_labels_has_no_target(windows: Path) -> None:
    assert run(windows, network={"name": "lea-alone"}).target is None
    assert run(windows).target == "label"


ONE = "runs.one"
MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"lea": {"stride": 5}},
        f"{ONE}.lea.stride: found 5; the window is 4; expected no more than a window, so that no value is "
        "dropped",
    ),
    (
        {"lea": {"window": None}},
        "every_run.lea.stride: found 2; the window is the whole input; expected no more than a window, "
        "so that no value is dropped",
    ),
    ({"lea": {"windo": 3}}, f"{ONE}.lea.windo: no such key; did you mean 'window'?"),
    ({"lea": {"code_length": 0}}, f"{ONE}.lea.code_length: found 0; expected a number at least 1"),
    (
        {"lea": {"autoencoder": {"name": "vea"}}},
        f"{ONE}.lea.autoencoder: no autoencoder 'vea'; did you mean 'vae'? expected one of ae, ksparse, vae, "
        "cvae, or your own 'module:attribute'",
    ),
    (
        {"lea": {"coder": {"name": "xyz"}}},
        f"{ONE}.lea.coder: no coder 'xyz'; expected one of fc, conv, sb, or your own 'module:attribute'",
    ),
    (
        {"lea": {"autoencoder": {"gamma": 5}}},
        f"{ONE}.lea.autoencoder.gamma: no such key; expected one of beta, warm_up",
    ),
    (
        {"lea": {"autoencoder": {"beta": -1}}},
        f"{ONE}.lea.autoencoder.beta: found -1.0; expected a number between 0 and 1000000.0",
    ),
    (
        {"network": {"name": "classic"}},
        "every_run.lea: network 'classic' has no LEAs; remove it, or choose another network",
    ),
    (
        {"training": {"regime": "jont"}},
        f"{ONE}.training.regime: found 'jont'; did you mean 'joint'? expected one of alternate, shared, "
        "joint, independent",
    ),
    (
        {"training": {"lea_weight": 0.1}},
        f"{ONE}.training.lea_weight: found a weight of a loss; regime 'joint' alone has one; remove it",
    ),
    (
        {"network": {"name": "lea-only"}, "training": {"regime": "shared"}},
        f"{ONE}.training.regime: found 'shared'; network 'lea-only' is trained 'joint'",
    ),
    (
        {"network": {"name": "decoder-free"}, "training": {"lea_weight": 0.1}},
        f"{ONE}.training.lea_weight: found 0.1; network 'decoder-free' is trained with 0.0; remove it",
    ),
    (
        {"network": {"name": "lea-alone"}, "training": {"regime": "joint"}},
        f"{ONE}.training.regime: found 'joint'; network 'lea-alone' has not both LEAs and labels; remove it",
    ),
    (
        {"network": {"name": "lea-alone"}, "target": "label"},
        f"{ONE}.target: found 'label'; network 'lea-alone' learns without labels; remove it",
    ),
    (
        {"pictures": {"epochs": [1, 4]}},
        f"{ONE}.pictures.epochs: found [1, 4]; expected some of 0 (untrained) to 3",
    ),
    ({"pictures": {"epochs": []}}, f"{ONE}.pictures.epochs: found []; expected some of 0 (untrained) to 3"),
    (
        {"network": {"name": "decoder-free"}},
        f"{ONE}.pictures: pictures show reconstructions, and with LEA weight 0 there are none; remove it",
    ),
    ({"pictures": {"images": 0}}, f"{ONE}.pictures.images: found 0; expected a number at least 1"),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_is_answered_with_its_key_and_what_to_do(
    windows: Path, changes: dict[str, Any], message: str
) -> None:
    assert refusal(windows, **changes) == message


def test_a_network_with_leas_must_be_told_which(windows: Path) -> None:
    (windows / ANALYSIS).write_text(CONFIGURATION.replace("  lea: {", "  # lea: {"))
    assert refusal(windows) == (
        "every_run.lea: missing; network 'cnn-lea' has LEAs; say which autoencoder, coder and window"
    )


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ("fig-4.3", "figures: fig-4.3 shows pictures, and no run keeps any; add `pictures`"),
        ("table-3.1", "tables: table-3.1 counts parameters, and no models are named; add `models`"),
    ],
)
def test_a_figure_without_what_it_shows_is_refused(windows: Path, figure: str, message: str) -> None:
    text = CONFIGURATION.replace("    pictures: {epochs: [3, 0, 3], images: 2}\n", "")
    (windows / ANALYSIS).write_text(text + f"{message.partition(':')[0]}: [{figure}]\n")
    assert refusal(windows) == message


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
    found = read_study({"scale": "thesis"}, SHIPPED).analyses[analysis].runs[label]
    lea, training, expected = found.lea, found.training, SOURCE[analysis, label]
    assert lea is not None
    assert (found.dataset.name, found.target) == expected["data"]
    parts = (lea.autoencoder.name, lea.coder.name, lea.code_length, lea.window, lea.stride)
    assert parts == expected["lea"]
    assert (lea.autoencoder.options, lea.coder.options) == (expected["options"], expected["coder"])
    assert (training.epochs, training.learning_rate, training.samples) == (expected["epochs"], 1e-4, None)


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_what_two_analyses_have_in_common_is_trained_once(scale: str) -> None:
    analyses = read_study({"scale": scale}, SHIPPED).analyses
    names = ("autoencoders", "reconstructions")
    one, two = ({run.id for run in analyses[name].runs.values()} for name in names)
    assert len(one & two) == 6


def test_figure_3_3_has_the_sources_eleven_autoencoders() -> None:
    labels = set(read_study({"scale": "thesis"}, SHIPPED).analyses["reconstructions"].runs)
    every = {f"{one} {coder}" for one in ("ae", "ksparse", "vae", "cvae") for coder in ("fc", "conv", "sb")}
    assert labels == every - {"ksparse sb"}
