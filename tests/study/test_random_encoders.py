"""Oracle: the design of the source's study, written out here, and what a configuration may not ask."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from lea.study import parts
from lea.study.reader import read_study
from lea.study.spec import Part, Run, Scale, Trained
from lea.study.study import Analysis
from lea.study.workflow import Workflow
from tests.study.reading import SHIPPED, refusal

SCALES: list[Scale] = ["quick", "reduced", "thesis"]
ENCODERS = ("learnt", "last-learnt", "fixed", "kitchen-sinks")
PRIORS = (("normal", None), ("real-nvp", 2), ("real-nvp", 6))
PROTOCOLS = ("source", "elbo")


def analysis(name: str, scale: Scale = "thesis") -> Analysis:
    asked = {"scale": scale, "studies": ["random-encoders"], "analyses": [name]}
    return read_study(asked, SHIPPED).analyses[0]


def vaes(of: Analysis) -> list[Run]:
    return [run for run in of.runs.values() if run.model.name == "encoder-decoder"]


def part(run: Run, option: str) -> Part:
    found = run.model.options[option]
    assert isinstance(found, Part)
    return found


def place(run: Run) -> tuple[str, str, str, Any, Any]:
    """Where in the design a run stands."""
    prior = part(run, "prior")
    names = (part(run, "encoder").name, part(run, "layout").name, prior.name)
    return (*names, prior.options.get("flows"), run.method.options["protocol"])


@pytest.mark.parametrize("scale", ["reduced", "thesis"])
def test_the_design_is_four_encoders_two_layouts_three_priors_and_two_protocols(scale: Scale) -> None:
    found = [place(run) for run in vaes(analysis("vaes", scale))]
    expected = product(ENCODERS, ("fc", "conv"), PRIORS, PROTOCOLS)
    assert sorted(map(str, found)) == sorted(
        str((encoder, layout, *prior, protocol)) for encoder, layout, prior, protocol in expected
    )


def test_at_quick_every_encoder_layout_and_protocol_is_there_somewhere() -> None:
    found = [place(run) for name in ("vaes", "svhn") for run in vaes(analysis(name, "quick"))]
    assert {one[0] for one in found} == set(ENCODERS)
    assert {one[1] for one in found} == {"fc", "conv"}
    assert {one[-1] for one in found} == set(PROTOCOLS)


def test_thesis_trains_as_the_source_did() -> None:
    of = analysis("vaes")
    assert of.seeds == 5
    for run in vaes(of):
        assert (run.data.samples, run.data.held_out, run.data.split) == (25_000, 10_000, "fresh")
        assert (run.fit.epochs, run.fit.batch_size) == (250, 256)
        assert run.fit.optimizer is not None
        assert (run.fit.optimizer.name, run.fit.optimizer.options["rate"]) == ("adam", 1e-3)
        assert run.model.options["latent"] == 16
        assert run.data.table.train == 60_000  # of which 25,000 are left for the test
        hidden = part(run, "prior").options.get("hidden")
        assert hidden == (
            None if part(run, "prior").name == "normal" else {"fc": 64, "conv": 128}[place(run)[1]]
        )
    svhn = analysis("svhn")
    assert svhn.seeds == 5
    for run in vaes(svhn):
        assert (run.data.table.train, run.data.samples, run.data.held_out) == (73_257, 25_000, 10_000)
        assert (run.fit.epochs, run.fit.batch_size, run.model.options["latent"]) == (500, 256, 32)
        assert place(run)[1:4] == ("conv", "real-nvp", 6)
    assert {(place(run)[0], place(run)[-1]) for run in vaes(svhn)} == set(product(ENCODERS, PROTOCOLS))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["vaes", "svhn"])
def test_encoder_and_decoder_begin_with_xaviers_weights_and_the_flows_do_not(name: str, scale: Scale) -> None:
    for run in vaes(analysis(name, scale)):
        assert run.initialisation == Part(name="glorot", options={"parts": ("encoder", "decoder")})
        own = part(run, "encoder").options.get("initialisation")
        expected = Part(name="glorot", options={"parts": None})
        assert own == (None if part(run, "encoder").name == "learnt" else expected)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["vaes", "svhn"])
def test_the_models_of_a_seed_share_its_division_and_one_classifier(name: str, scale: Scale) -> None:
    of = analysis(name, scale)
    assert len({(run.data.samples, run.data.held_out, run.data.table.id) for run in vaes(of)}) == 1
    classifiers = set()
    for label, run in of.runs.items():
        for asked in of.uses[label].get("measure", ()):
            assert run.model.name == "encoder-decoder"
            if asked.what.name == "samples":
                trained = asked.what.options["classifier"]
                assert isinstance(trained, Trained)
                classifiers.add((trained.run.id, trained.seed))
    assert classifiers == {(of.runs["classifier"].id, 0)}


def test_all_28_models_are_counted_at_the_larger_scales() -> None:
    for scale in ("reduced", "thesis"):
        runs = analysis("weights", scale).runs.values()
        assert len({run.id for run in runs}) == len(runs) == 28


# --- what the source left open ---


@pytest.mark.parametrize("scale", ["reduced", "thesis"])
def test_every_beginning_is_tried_in_both_layouts_and_normalisation_with_dropout(scale: Scale) -> None:
    found = set()
    for run in vaes(analysis("initialisation", scale)):
        options = part(run, "encoder").options
        begun = options["initialisation"]
        name = begun.name if isinstance(begun, Part) else None
        found.add((part(run, "layout").name, name, options["normalise"], options["dropout"]))
        assert part(run, "prior").options["hidden"] == {"fc": 64, "conv": 128}[part(run, "layout").name]
        assert part(run, "encoder").name == "fixed"
    beginnings = [(name, False, 0.0) for name in (None, "he", "glorot", "orthogonal")]
    besides = [("glorot", True, 0.0), ("glorot", True, 0.2), ("glorot", False, 0.2)]
    assert found == {(layout, *one) for layout in ("fc", "conv") for one in (*beginnings, *besides)}


@pytest.mark.parametrize("scale", ["reduced", "thesis"])
def test_priors_are_mixtures_vamp_and_those_of_the_design_which_are_trained_once(scale: Scale) -> None:
    runs = vaes(analysis("priors", scale))
    assert {part(run, "prior").name for run in runs} == {"normal", "real-nvp", "mixture", "vamp"}
    shared = {run.id for run in runs} & {run.id for run in vaes(analysis("vaes", scale))}
    flows = [run for run in runs if part(run, "prior").name in ("normal", "real-nvp")]
    assert shared == {run.id for run in flows}
    assert len(flows) == 3 * 3


@pytest.mark.parametrize("scale", SCALES)
def test_a_density_is_fitted_to_the_codes_of_an_autoencoder_that_is_the_same_but_for_its_prior(
    scale: Scale,
) -> None:
    runs = analysis("ex-post", scale).runs
    fitted = {label: run for label, run in runs.items() if run.method.name == "fit-prior"}
    assert {label.partition(",")[0] for label in fitted} == {"random", "learnt"}
    for label, run in fitted.items():
        first = runs[label.partition(",")[0]]
        assert run.start is not None
        assert run.start.model.run == first
        assert run.start.parts == ("encoder", "decoder")
        for option in ("encoder", "layout", "latent"):
            assert run.model.options[option] == first.model.options[option]
        assert (run.fit.batch_size, run.fit.optimizer) == ("all", None)
        assert run.data == first.data


def changed(*path: str, value: Any) -> dict[str, Any]:
    """The quick VAEs with one value changed in a grid."""
    for key in reversed(path):
        value = {key: value}
    return {"studies": ["random-encoders"], "random-encoders": {"vaes": {"quick": value}}}


# --- what is refused ---


FLOWS = ("grid", "fc flows", "run", "model")
WRONG: list[tuple[dict[str, Any], str]] = [
    (
        changed(*FLOWS, "latent", value=15),
        "prior: prior 'real-nvp' with `latent` 15; expected a multiple of 2",
    ),
    (
        changed(*FLOWS, value={"layout": {"name": "conv"}, "latent": 18}),
        "layout: layout 'conv' with `latent` 18; expected a multiple of 4",
    ),
    (
        changed("every_run", "data", "samples", value=1900),
        "samples: found 1900 and 200 held out; data set 'mnist-padded' has 2000 training samples",
    ),
    (
        changed(*FLOWS, "prior", "name", value="real-nwp"),
        "no prior 'real-nwp'; did you mean 'real-nvp'?",
    ),
    (
        changed("grid", "fc flows", "run", "initialisation", "name", value="xavier"),
        "no initialisation 'xavier'; expected one of glorot, he, orthogonal",
    ),
    (
        changed("grid", "fc flows", "run", "fit", value={"frozen": {"parts": ["encoders"]}}),
        "fit.frozen.parts: model 'encoder-decoder' has no part 'encoders'; expected the name of a module",
    ),
    (
        changed("grid", "fc flows", "run", "initialisation", "parts", value=["decoder", "flow"]),
        "initialisation.parts: model 'encoder-decoder' has no part 'flow'; expected the name of a module",
    ),
    (
        changed("grid", "fc flows", "over", "method.protocol", value=["bits"]),
        "protocol: found 'bits'; expected one of elbo, source",
    ),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_does_not_fit_is_refused_before_any_job(change: dict[str, Any], message: str) -> None:
    assert message in refusal(**change)


def test_pictures_of_another_side_are_refused_before_any_job() -> None:
    change = {
        "every_run": {"data": {"table": "mnist"}},
        **{"grid": {"fc flows": {"run": {"model": {"layout": "conv"}}}}},
    }
    message = refusal(**{"studies": ["random-encoders"], "random-encoders": {"vaes": change}})
    assert "layout 'conv' on data set 'mnist' of 28x28; expected 32x32" in message


def test_weights_that_are_not_there_are_fetched_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {
        "studies": ["random-encoders"],
        "analyses": ["svhn"],
        "scale": "thesis",
        "data_folder": str(tmp_path),
    }
    workflow = Workflow(asked, SHIPPED.parent)
    missing = {one.name: one.files for one in workflow.missing()}
    file = tmp_path / "inception" / "weights-inception-2015-12-05-6726825d.pth"
    assert missing["inception"] == [str(file)]
    reading = [key for key in workflow.jobs.works if str(file) in workflow.jobs.plan(key).originals]
    assert len(reading) == 8
    assert {key[0] for key in reading} == {"measure"}
    assert workflow.environment(tmp_path)["LEA_DATA_FOLDER"] == str(tmp_path)
    file.parent.mkdir()
    file.touch()
    assert "inception" not in {one.name for one in workflow.missing()}


def test_a_library_that_is_not_installed_is_asked_for_before_any_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "find_spec", lambda library: None)
    message = refusal(studies=["random-encoders"], scale="thesis")
    assert "thesis.every_run.measures.1.extractor: extractor 'inception' needs the library" in message
    assert "expected what the extra `fid` brings: pip install torch-fidelity" in message
    assert read_study({"studies": ["random-encoders"]}, SHIPPED).analyses
