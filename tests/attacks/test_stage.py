"""Oracle: what may stand under `attacks` and what may not, written out here; the columns of the table."""

from typing import Any

import pyarrow as pa
import pytest

from lea import registry
from lea.attacks.stage import OUTPUTS, STAGE, Attacks, read
from lea.errors import UserError
from lea.study.spec import Task, canonical, parse_task
from lea.study.stages import Need, asked_id
from tests.probes.asking import BATCH, TABLE, asking
from tests.specs import run

FAMILIES = {  # Sec. 4.6, and the corrected
    "gradient": {"gradient-sign", "projected-gradient", "deepfool", "adef", "slsqp", "saliency-map"}
    | {"gradient-sign-margin", "projected-gradient-margin", "deepfool-tie-safe", "adef-overshoot"}
    | {"slsqp-corrected", "foolbox-projected-gradient"},
    "score": {"single-pixel", "local-search"},
    "decision": {"spatial", "gaussian-blur", "contrast-reduction", "gaussian-noise", "salt-and-pepper"},
}
GIVEN = {"which": [{"name": "spatial"}, {"name": "deepfool"}], "batches": 2, "images": 3}
COLUMNS = {
    "run": pa.string(),
    "seed": pa.int32(),
    "family": pa.string(),
    "protocol": pa.string(),
    "attack": pa.string(),
    "sample": pa.int32(),
    "label": pa.int32(),
    "clean": pa.int32(),
    "status": pa.string(),
    "success": pa.bool_(),
    "confirmed": pa.bool_(),
    "distance": pa.float64(),
    "queries": pa.int64(),
    "gradients": pa.int64(),
    "seconds": pa.float64(),
    "margin": pa.float64(),
    "slope": pa.float64(),
    "rises": pa.bool_(),
    "message": pa.string(),
}


def asked(**changes: Any) -> list[Attacks]:
    return list(read(GIVEN | changes, asking("attacks")))


def test_a_family_is_a_job() -> None:
    every = [{"name": name} for name in registry.PARTS["attack"]]
    found = asked(which=every)
    assert {one.family: {part.name for part in one.which} for one in found} == FAMILIES
    for one in found:
        names = [part.name for part in one.which]
        assert names == [name for name in registry.PARTS["attack"] if name in names], "in the order given"
        assert (one.batches, one.batch_size, one.images) == (2, BATCH, 3)


def test_attacks_are_named_alone_or_with_options() -> None:
    found = asked(which=["deepfool", {"name": "gradient-sign", "refined": 7}], batch_size=5)
    (family,) = found
    assert [(part.name, part.options) for part in family.which] == [
        ("deepfool", {"steps": 100, "candidates": 10, "overshoot": 1.05}),
        ("gradient-sign", {"steps": 1000, "refined": 7}),
    ]
    assert family.batch_size == 5


def test_attacks_are_what_they_were_after_a_way_through_text() -> None:
    for found in asked():
        text = canonical(Task(run=run(), asked=found))
        again = parse_task(STAGE.asks, text)
        assert again.asked == found
        assert canonical(again) == text


def test_the_file_is_named_by_family_and_what_is_asked() -> None:
    decision, gradient = asked()
    assert asked_id(decision).startswith("decision-")
    assert asked_id(gradient).startswith("gradient-")
    assert asked_id(asked(images=2)[0]) != asked_id(decision)
    assert STAGE.file("attacks") == "attacks-{asked}.parquet"


def test_the_trained_network_is_needed_and_the_attacks_are_named() -> None:
    (found,) = asked(which=["deepfool", "slsqp"])
    assert list(STAGE.needs(run(), found)) == [Need(role="weights", stage="train", output="weights")]
    assert [(kind, part.name) for kind, part in STAGE.parts(found)] == [
        ("attack", "deepfool"),
        ("attack", "slsqp"),
    ]


def test_the_columns_are_those_of_the_table_of_attacks() -> None:
    assert {name: pa.type_for_alias(type_) for name, type_ in OUTPUTS["attacks"].items()} == COLUMNS
    assert list(OUTPUTS["attacks"]) == list(COLUMNS)


class Strange:
    """An attack under a heading that no figure has."""

    FAMILY = "score"
    PROTOCOL = "mine"

    def attack(self, search): ...


class Nameless:
    """An attack that does not say what it asks for."""

    def attack(self, search): ...


HERE = "tests.attacks.test_stage"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such attack": (
        {"which": [{"name": "deep-fool"}]},
        "one.yaml: attacks.which.0: no attack 'deep-fool'; did you mean 'deepfool'?",
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
        {"which": ["adef", {"name": "spatial"}, {"name": "adef"}]},
        "which: found ['adef', 'spatial', 'adef']; expected each once",
    ),
    "none": ({"which": []}, "attacks.which: found none; expected names of attacks"),
    "no family": (
        {"which": [{"name": f"{HERE}:Nameless"}]},
        "has FAMILY = None; expected 'gradient' or 'score' or 'decision'",
    ),
    "a protocol of its own": (
        {"which": [{"name": f"{HERE}:Strange"}]},
        f"which.0: attack '{HERE}:Strange' has PROTOCOL = 'mine'; expected 'source' or 'corrected' or 'own'",
    ),
    "no steps": ({"which": [{"name": "gaussian-blur", "steps": 0}]}, "which.0.steps: found 0; expected"),
    "more images than a batch has": (
        {"batch_size": 4, "images": 5},
        "attacks.images: found 5 of each batch of 4; expected no more",
    ),
    "more batches than there are": (
        {"batches": 4},
        "attacks.batches: found 3 of each of 4 batches of 8; data set 'sprites' has 24 test samples at scale",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_attacks_that_cannot_be_are_refused_on_reading(name: str) -> None:
    change, message = WRONG[name]
    with pytest.raises(UserError) as found:
        asked(**change)
    assert message in str(found.value)


def test_the_last_test_image_may_be_attacked_and_no_other() -> None:
    batches = TABLE.test // BATCH
    assert asked(batches=batches, images=BATCH)
    with pytest.raises(UserError, match="expected no more"):
        asked(batches=batches + 1, images=1)


def test_a_network_without_labels_cannot_be_attacked() -> None:
    with pytest.raises(UserError) as found:
        list(read(GIVEN, asking("attacks", target=None)))
    assert str(found.value) == (
        "one.yaml: attacks: model 'classic' learns without labels, and cannot be made to err; remove it"
    )
