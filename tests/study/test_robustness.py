"""Oracle: the source's section on robustness, written out here, and what a configuration may not ask."""

from dataclasses import replace
from typing import Any

import pytest

from lea import registry
from lea.attacks.stage import Attacks
from lea.study.spec import Part, Run, Scale
from lea.study.study import Analysis
from lea.study.workflow import Workflow
from tests.study.reading import analyses, refusal, seeds_of

FAMILIES = {  # Sec. 4.6
    "gradient": {"gradient-sign", "projected-gradient", "deepfool", "adef", "slsqp", "saliency-map"},
    "score": {"single-pixel", "local-search"},
    "decision": {"spatial", "gaussian-blur", "contrast-reduction", "gaussian-noise", "salt-and-pepper"},
}
CORRECTED = {
    "gradient-sign-margin",
    "projected-gradient-margin",
    "deepfool-tie-safe",
    "adef-overshoot",
    "slsqp-corrected",
    "foolbox-projected-gradient",
}


def robustness(scale: Scale = "thesis", **changes: Any) -> Analysis:
    lea = {"robustness": changes}
    return analyses(scale=scale, lea=lea, analyses=["robustness"])["robustness"]


def asked(scale: Scale = "thesis") -> dict[str, Attacks]:
    """By family; every run has the same."""
    analysis = robustness(scale)
    first, *others = [analysis.uses[label]["attack"] for label in analysis.runs]
    assert all(one == first for one in others)
    return {one.family: one for one in first}


def layer(run: Run) -> Part | None:
    found = run.model.options.get("lea")
    return found if isinstance(found, Part) else None


def autoencoder(run: Run) -> Part | None:
    lea = layer(run)
    found = lea and lea.options["autoencoder"]
    return found if isinstance(found, Part) else None


def pair(run: Run) -> tuple[str, str] | None:
    """The names of its autoencoder and coder."""
    part = autoencoder(run)
    coder = part and part.options["coder"]
    return (part.name, coder.name) if part and isinstance(coder, Part) else None


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_every_run_is_attacked_with_all_thirteen_and_the_corrected(scale: Scale) -> None:
    assert list(asked(scale)) == ["gradient", "score", "decision"]
    for family, attacks in asked(scale).items():
        names = {part.name for part in attacks.which}
        assert names - CORRECTED == FAMILIES[family]
        assert names & CORRECTED == (CORRECTED if family == "gradient" else set())


def test_protocols_are_the_sources_and_the_corrected() -> None:
    protocols = {name: registry.constant("attack", name, "PROTOCOL") for name in registry.PARTS["attack"]}
    assert {name for name, one in protocols.items() if one == "source"} == set().union(*FAMILIES.values())
    assert {name for name, one in protocols.items() if one == "corrected"} == CORRECTED


def test_at_the_thesis_scale_400_images_are_attacked_and_the_sources_autoencoders_are_all_there() -> None:
    for attacks in asked().values():
        assert (attacks.batches, attacks.images, attacks.batch_size) == (20, 20, 64)
    of_thesis = dict(robustness().runs)
    assert of_thesis.pop("classic, early").fit.epochs == 20
    runs = of_thesis.values()
    found = {pair(run) for run in runs}
    pairs = {(autoencoder, coder) for autoencoder in ("ae", "vae", "cvae") for coder in ("fc", "conv", "sb")}
    assert found == {None, *pairs, ("ksparse", "fc"), ("ksparse", "conv")}
    assert len(runs) == len(found)
    for run in runs:
        assert (run.data.table.name, run.data.target, run.fit.epochs) == ("dsprites", "shape", 100)
        lea, part = layer(run), autoencoder(run)
        if lea and part:
            assert [lea.options[key] for key in ("window", "stride", "code_length")] == [4, 2, 10]
            if part.name == "cvae":
                assert (part.options["gamma"], part.options["capacity"]) == (10, 25)


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_the_network_without_leas_comes_first_and_is_what_all_others_are_compared_with(scale: Scale) -> None:
    analysis = robustness(scale)
    first, *others = analysis.runs
    assert first == "classic"
    assert analysis.baselines == dict.fromkeys(others, "classic")


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_one_network_without_leas_differs_from_the_other_by_its_epochs_alone(scale: Scale) -> None:
    runs = robustness(scale).runs
    whole, early = runs["classic"], runs["classic, early"]
    assert early.fit.epochs < whole.fit.epochs
    assert replace(early, fit=replace(early.fit, epochs=whole.fit.epochs)) == whole


def test_at_quick_two_of_four_runs_are_those_whose_layers_are_read() -> None:
    read = analyses()
    shared = {run.id for run in read["robustness"].runs.values()} & {
        run.id for run in read["equivariance"].runs.values()
    }
    assert len(shared) == 2


def test_a_family_a_run_and_seed_is_a_job() -> None:
    workflow = Workflow({"analyses": ["robustness"]})
    targets = list(workflow.jobs.targets("attack"))
    assert len(targets) == len(set(targets)) == 4 * 2 * 3
    assert len(seeds_of(workflow, "attack")) == 4 * 2
    families = {"gradient", "score", "decision"}
    assert {file.rpartition("/")[2].split("-")[1] for file in targets} == families


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such attack": (
        {"which": [{"name": "deep-fool"}]},
        "lea.robustness: every_run.attacks.which.0: no attack 'deep-fool'; did you mean 'deepfool'?",
    ),
    "no such option": (
        {"which": [{"name": "deepfool", "step": 3}]},
        "which.0.step: no such key; did you mean 'steps'?",
    ),
    "out of range": (
        {"which": [{"name": "deepfool"}, {"name": "deepfool-tie-safe", "overshoot": 0.5}]},
        "which.1.overshoot: found 0.5; expected",
    ),
    "twice": (
        {"which": [{"name": "adef"}, {"name": "adef"}]},
        "which: found ['adef', 'adef']; expected each once",
    ),
    "none": ({"which": []}, "attacks.which: found none; expected names of attacks"),
    "no family": (
        {"which": [{"name": "tests.study.test_robustness:Nameless"}]},
        "has FAMILY = None; expected 'gradient' or 'score' or 'decision'",
    ),
    "a protocol of its own": (
        {"which": [{"name": "tests.study.test_robustness:Strange"}]},
        "which.0: attack 'tests.study.test_robustness:Strange' has PROTOCOL = 'mine'; expected 'source' or",
    ),
    "no steps": ({"which": [{"name": "gaussian-blur", "steps": 0}]}, "which.0.steps: found 0; expected"),
    "more images than a batch has": (
        {"batch_size": 4, "images": 5},
        "attacks.images: found 5 of each batch of 4; expected no more",
    ),
    "more batches than there are": (
        {"batches": 100},
        "attacks.batches: found 2 of each of 100 batches of 64; data set 'dsprites' has 600 test samples",
    ),
}


class Strange:
    """An attack under a heading that no figure has."""

    FAMILY = "score"
    PROTOCOL = "mine"

    def attack(self, search: object) -> None: ...


class Nameless:
    """An attack that does not say what it asks for."""

    def attack(self, search: object) -> None: ...


@pytest.mark.parametrize("name", WRONG)
def test_attacks_that_cannot_be_are_refused_on_reading(name: str) -> None:
    change, message = WRONG[name]
    assert message in refusal(lea={"robustness": {"every_run": {"attacks": change}}})


def test_a_model_without_labels_cannot_be_attacked() -> None:
    attacks = {"which": [{"name": "spatial"}], "batches": 1, "images": 1}
    message = refusal(lea={"codes": {"every_run": {"attacks": attacks}}})
    assert "attacks: model 'lea-alone' learns without labels, and cannot be" in message


def test_one_run_attacked_in_two_ways_is_refused_in_one_analysis() -> None:
    again = {"model": {"name": "classic"}, "method": "classify", "attacks": {"batches": 1}}
    message = refusal(lea={"robustness": {"runs": {"again": again}, "baseline": None}})
    assert "runs.again: the same run as 'classic', of which stage 'attack' is asked something else" in message


def test_a_figure_of_attacks_needs_them() -> None:
    message = refusal(analyses=["accuracy"], lea={"accuracy": {"figures": ["attacks"]}})
    assert "figure 'attacks' shows attacks, and 'classic', 'cnn-lea' have none; add `attacks`" in message
