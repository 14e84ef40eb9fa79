"""Oracle: what may stand under `probes` and what may not, written out here; the columns of the table."""

from typing import Any

import pyarrow as pa
import pytest

from lea.errors import UserError
from lea.probes.stage import OUTPUTS, STAGE, Probes, read
from lea.study.paths import Paths
from lea.study.spec import Task, canonical, parse_task
from lea.study.stages import Need, asked_id
from tests.probes.asking import BATCH, TABLE, asking
from tests.specs import run

GIVEN = {"factors": ["x", "orientation"], "hidden": 3, "epochs": 2, "learning_rate": 1}
COLUMNS = {
    "run": pa.string(),
    "seed": pa.int32(),
    "probe": pa.string(),
    "layer": pa.string(),
    "place": pa.int32(),
    "factor": pa.string(),
    "group": pa.string(),
    "epoch": pa.int32(),
    "split": pa.string(),
    "metric": pa.string(),
    "value": pa.float64(),
}


def asked(**changes: Any) -> list[Probes]:
    return list(read(GIVEN | changes, asking("probes")))


def test_what_is_missing_is_the_data_sets_and_what_is_given_stands() -> None:
    (found,) = asked()
    assert found == Probes(
        factors=("x", "orientation"),
        layers=None,
        hidden=3,
        samples=None,
        epochs=2,
        batch_size=BATCH,
        learning_rate=1.0,
    )
    (other,) = asked(layers=["out", "input"], samples=TABLE.train, batch_size=5)
    assert (other.layers, other.samples, other.batch_size) == (("out", "input"), TABLE.train, 5)


def test_probes_are_what_they_were_after_a_way_through_text() -> None:
    (found,) = asked(layers=["out"])
    text = canonical(Task(run=run(), asked=found))
    again = parse_task(STAGE.asks, text)
    assert again.asked == found
    assert canonical(again) == text


def test_the_file_is_named_by_what_is_asked() -> None:
    (one,), (other,) = asked(), asked(hidden=4)
    assert asked_id(one) != asked_id(other)
    assert STAGE.file("probes") == "probes-{asked}.parquet"
    assert Paths("quick").output(STAGE, "probes").endswith("/run={run}/seed={seed}/probes-{asked}.parquet")


def test_the_trained_network_is_needed_and_no_part_is_named() -> None:
    (found,) = asked()
    assert list(STAGE.needs(run(), found)) == [Need(role="weights", stage="train", output="weights")]
    assert list(STAGE.parts(found)) == []


def test_the_columns_are_those_of_the_table_of_probes() -> None:
    assert {name: pa.type_for_alias(type_) for name, type_ in OUTPUTS["probes"].items()} == COLUMNS
    assert list(OUTPUTS["probes"]) == list(COLUMNS)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such factor": (
        {"factors": ["colour"]},
        "one.yaml: probes.factors: found 'colour'; expected a label of 'dsprites': ",
    ),
    "twice": ({"factors": ["x", "x"]}, "probes.factors: found ['x', 'x']; expected each once"),
    "none": ({"factors": []}, "probes.factors: found none; expected labels of the data set"),
    "no layers": (
        {"layers": []},
        "probes.layers: found none; expected names of layers; or remove it, for all",
    ),
    "a layer twice": ({"layers": ["a", "a"]}, "probes.layers: found ['a', 'a']; expected each once"),
    "too many": (
        {"samples": 41},
        "probes.samples: found 41; data set 'sprites' has 40 training samples at scale quick; expected",
    ),
    "a key": ({"hiden": 3}, "probes.hiden: no such key; did you mean 'hidden'?"),
    "a rate out of range": ({"learning_rate": 11.0}, "probes.learning_rate: found 11.0; expected a number"),
}


@pytest.mark.parametrize("name", WRONG)
def test_probes_that_cannot_be_are_refused_on_reading(name: str) -> None:
    change, message = WRONG[name]
    with pytest.raises(UserError) as found:
        asked(**change)
    assert message in str(found.value)
