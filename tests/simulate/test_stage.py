"""Oracle: what may stand under `tsunamis` and what may not, written out here; the columns of the tables."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lea.data.measured import TOHOKU
from lea.errors import UserError
from lea.simulate.stage import OUTPUTS, STAGE, Tsunami, read
from lea.study.paths import Paths
from lea.study.spec import Run, Task, canonical, parse_task
from lea.study.stages import Need, asked_id, keyed, parts_of
from tests import specs
from tests.asking import asking
from tests.specs import part, sprites

REGION = sprites(name="tohoku", reader=part("relief-region"), side=48, train=None, test=None)
DATA = specs.data(table=sprites(side=48), others={"region": REGION, "sprites": sprites(side=48)})
RUN = specs.run(data=DATA)  # a model without `encode`, `decode` and `prior`
CODES = specs.run(
    data=DATA,
    model=part("encoder-decoder", latent=2, layout=part("fc"), encoder=part("learnt"), prior=part("normal")),
)
FULL: dict[str, Any] = {
    "label": "shallow",
    "region": "sprites",
    "fault": "rectangles-2",
    "gauges": "buoys",
    "slopes": False,
    "sea": {"name": "noisy", "metres": 7},
    "draws": 4,
    "refined": 2,
    "seconds": 60,
    "every": 2,
    "snapshots": [0, 60],
    "friction": 0.025,
}
WHOSE = {"run": pa.string(), "seed": pa.int32(), "tsunami": pa.string(), "draw": pa.int32()}
COLUMNS = {
    "gauges": {"gauge": pa.string(), "seconds": pa.float64(), "level": pa.float32()},
    "maps": {
        "kind": pa.string(),
        "seconds": pa.float64(),
        "latitude": pa.float64(),
        "longitude": pa.float64(),
        "degrees": pa.float64(),
        "height": pa.int32(),
        "width": pa.int32(),
        "values": pa.list_(pa.float32()),
    },
    "seas": {"gauge": pa.string(), "metric": pa.string(), "value": pa.float64()},
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def asked(*entries: dict[str, Any], run: Run = RUN) -> list[Tsunami]:
    return list(read(list(entries), asking(run, "tsunamis")))


# --- what is asked ---


def test_an_entry_that_says_nothing_is_the_wave_of_tohoku_as_the_model_makes_it() -> None:
    assert asked({}) == [
        Tsunami(
            label="waves",
            region="region",
            fault="subfaults-48",
            fault_digest=digest(TOHOKU / "subfaults-48.csv"),
            gauges="buoys",
            gauges_digest=digest(TOHOKU / "buoys.csv"),
            slopes=True,
            sea=None,
            draws=0,
            refined=1,
            seconds=7500.0,
            every=5.0,
            snapshots=(),
            friction=0.0,
        )
    ]


def test_a_region_whose_tiles_have_another_side_is_refused() -> None:
    run = specs.run(data=specs.data(table=sprites(side=32), others={"region": REGION}))
    with pytest.raises(UserError, match="tiles of side 48, and the run's own have 32; expected the same"):
        asked({}, run=run)


def test_what_an_entry_says_stands() -> None:
    assert asked(FULL, run=CODES) == [
        Tsunami(
            label="shallow",
            region="sprites",
            fault="rectangles-2",
            fault_digest=digest(TOHOKU / "rectangles-2.csv"),
            gauges="buoys",
            gauges_digest=digest(TOHOKU / "buoys.csv"),
            slopes=False,
            sea=part("noisy", metres=7.0, kilometres=0.0),
            draws=4,
            refined=2,
            seconds=60.0,
            every=2.0,
            snapshots=(0.0, 60.0),
            friction=0.025,
        )
    ]


def test_each_entry_is_a_job_of_its_own() -> None:
    first, second = asked({"label": "one"}, {"label": "two", "refined": 2})
    assert (first.label, second.label) == ("one", "two")
    assert asked_id(first) != asked_id(second)


@pytest.mark.parametrize("key", [key for key in FULL if key != "gauges"])
def test_whatever_is_asked_otherwise_is_another_job(key: str) -> None:
    (one,), (other,) = asked({}, run=CODES), asked({key: FULL[key]}, run=CODES)
    assert asked_id(one) != asked_id(other)


def test_a_tsunami_is_what_it_was_after_a_way_through_text() -> None:
    for entry in ({}, FULL):
        (one,) = asked(entry, run=CODES)
        text = canonical(Task(run=CODES, asked=one))
        again = parse_task(STAGE.asks, text)
        assert again.asked == one
        assert canonical(again) == text


@pytest.mark.parametrize("key", ["fault", "gauges"])
def test_a_file_of_ones_own_with_another_content_is_another_job(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own.csv"
    own.write_text("name,latitude,longitude\none,38,145\n")
    (before,) = asked({key: "own.csv"})
    assert (getattr(before, key), getattr(before, f"{key}_digest")) == ("own.csv", digest(own))
    own.write_text("name,latitude,longitude\none,38,146\n")
    (after,) = asked({key: "own.csv"})
    assert getattr(after, f"{key}_digest") == digest(own) != getattr(before, f"{key}_digest")
    assert asked_id(after) != asked_id(before)


# --- what is declared ---


def test_the_stage_is_found_by_its_key_and_the_trained_model_is_needed() -> None:
    (one,) = asked({})
    assert keyed()["tsunamis"] is STAGE
    assert list(STAGE.needs(RUN, one)) == [Need(role="weights", stage="train", output="weights")]
    assert list(STAGE.needs(specs.run(fit=specs.fit(epochs=0)), one)) == []


def test_what_stands_in_the_floors_place_is_loaded_by_name() -> None:
    (plain,), (flat,) = asked({}), asked({"sea": "flat"})
    assert list(STAGE.parts(plain)) == []
    assert list(STAGE.parts(flat)) == [("sea", part("flat"))]
    assert ("sea", part("flat")) in list(parts_of(STAGE, RUN, flat))


def test_the_files_are_named_by_what_is_asked() -> None:
    assert {STAGE.file(name) for name in OUTPUTS} == {f"{name}-{{asked}}.parquet" for name in COLUMNS}
    assert Paths("quick").output(STAGE, "seas").endswith("/run={run}/seed={seed}/seas-{asked}.parquet")


def test_the_columns_are_those_of_the_tables() -> None:
    types = {"list<float32>": pa.list_(pa.float32())}
    found = {
        name: {column: types.get(type_) or pa.type_for_alias(type_) for column, type_ in columns.items()}
        for name, columns in OUTPUTS.items()
    }
    assert found == {name: WHOSE | columns for name, columns in COLUMNS.items()}


# --- what cannot be ---

TWICE = "found 'waves' a second time; expected one of its own"
NO_REGION = (
    "found 'sea', and the run's further tables are region, sprites; expected one of them: name it in "
    "`data.others`, such as {region: tohoku}"
)
NO_CODES = "codes are to be drawn, and model 'classic' has no `encode`; expected 0; or choose another model"
WRONG: dict[str, tuple[list[Any], str]] = {
    "no list": ([], ": found []; expected a list of names"),
    "a name": (["waves"], ".0: found 'waves'; expected a mapping of keys"),
    "twice": ([{}, {"label": "other"}, {"label": "waves"}], f".2.label: {TWICE}"),
    "no label twice": ([{}, {}], f".1.label: {TWICE}"),
    "no such region": ([{"region": "sea"}], f".0.region: {NO_REGION}"),
    "a moment after the end": (
        [{"seconds": 60, "snapshots": [0, 60, 61, 90]}],
        ".0.snapshots: found 61; expected at most 60, the end",
    ),
    "a moment after the usual end": (
        [{"snapshots": [7501]}],
        ".0.snapshots: found 7501; expected at most 7500, the end",
    ),
    "a moment before the start": (
        [{"snapshots": [-1]}],
        ".0.snapshots: found -1.0; expected a number at least 0",
    ),
    "draws of no codes": ([{"draws": 1}], f".0.draws: {NO_CODES}"),
    "fewer draws than none": ([{"draws": -1}], ".0.draws: found -1; expected a number at least 0"),
    "no such sea": ([{"sea": "flatt"}], ".0.sea: no sea 'flatt'; did you mean 'flat'?"),
    "no such option": ([{"sea": {"name": "flat", "metres": 3}}], ".0.sea.metres: no such key"),
    "less than no smoothing": (
        [{"sea": {"name": "noisy", "kilometres": -1}}],
        ".0.sea.kilometres: found -1.0; expected a number between 0 and 10000",
    ),
    "no such fault": ([{"fault": "faults"}], ".0.fault: no file "),
    "no such gauges": ([{"gauges": "none.csv"}], ".0.gauges: no file none.csv; expected one of buoys, "),
    "no such key": ([{}, {"label": "b", "second": 60}], ".1.second: no such key; did you mean 'seconds'?"),
    "not whole": ([{"refined": 1.5}], ".0.refined: found 1.5; expected a whole number"),
    "no cells": ([{"refined": 0}], ".0.refined: found 0; expected a number at least 1"),
    "no time": ([{"seconds": 0}], ".0.seconds: found 0.0; expected a number between 0.001 and 10000000.0"),
    "not ever": ([{"every": 0}], ".0.every: found 0.0; expected a number between 0.001 and 10000000.0"),
    "too rough": ([{"friction": 2}], ".0.friction: found 2.0; expected a number between 0 and 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_simulated_is_refused_at_its_place(name: str) -> None:
    values, message = WRONG[name]
    with pytest.raises(UserError) as caught:
        list(read(values, asking(RUN, "tsunamis")))
    assert str(caught.value).startswith(f"study.yaml: tsunamis{message}")


def test_a_run_without_further_tables_is_told_so() -> None:
    with pytest.raises(UserError, match="found 'region', and the run's further tables are none; expected"):
        asked({}, run=specs.run())


@pytest.mark.parametrize("model", ["identity", "mean", "pca"])
def test_models_that_have_codes_but_no_distribution_of_them_are_drawn_from_by_none(model: str) -> None:
    with pytest.raises(UserError, match=f"model '{model}' has no `prior`; expected 0"):
        asked({"draws": 1}, run=specs.run(data=DATA, model=part(model)))


@pytest.mark.parametrize("model", ["encoder-decoder", "vae-gan"])
def test_models_that_have_a_prior_may_be_drawn_from(model: str) -> None:
    (one,) = asked({"draws": 3}, run=specs.run(data=DATA, model=part(model, **CODES.model.options)))
    assert one.draws == 3
