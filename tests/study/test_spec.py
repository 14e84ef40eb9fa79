"""Oracle: laws of identity (equal meaning, equal id; other value, other id) and a text written by hand."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lea.errors import UserError
from lea.study.build import build, in_file, plain
from lea.study.reader import read_study
from lea.study.spec import Dataset, Part, Run, Training, canonical, parse
from tests.specs import training

Edit = Callable[[str, str, str], None]
LEARNING = "analyses/learning.yaml"


def example(**changes: Any) -> Run:
    values: dict[str, Any] = {
        "dataset": Dataset(
            name="digits",
            reader=Part(name="mnist", options={}),
            source="embedded",
            side=28,
            train=200,
            test=50,
        ),
        "target": "label",
        "network": Part(name="classic", options={"kernels": (4, 8), "hidden": 16}),
        "lea": None,
        "training": training(samples=100, held_out=50, epochs=2, batch_size=32, learning_rate=1e-3),
        "pictures": None,
    }
    return Run(**values | changes)


def test_an_id_is_a_readable_slug_and_eight_hexadecimal_digits() -> None:
    assert re.fullmatch(r"classic-digits-[0-9a-f]{8}", example().id)
    assert re.fullmatch(r"digits-embedded-28px-[0-9a-f]{8}", example().dataset.id)
    own = example(network=Part(name="my_parts:Wide_Net", options={}))
    assert re.fullmatch(r"wide-net-digits-[0-9a-f]{8}", own.id)


def test_equal_specifications_have_equal_ids_in_any_process() -> None:
    assert example().id == example().id
    assert example() == example()
    parts = (
        '{"dataset":{"name":"digits","reader":{"name":"mnist","options":{}},"side":28,"source":"embedded",',
        '"test":50,"train":200},"network":{"name":"classic","options":{"hidden":16,"kernels":[4,8]}},',
        '"target":"label","training":{"batch_size":32,"epochs":2,"held_out":50,"learning_rate":0.001,',
        '"precision":"float32","samples":100}}',
    )
    digest = hashlib.blake2b("".join(parts).encode(), digest_size=4).hexdigest()
    assert example().id == f"classic-digits-{digest}" == "classic-digits-c39dd638"


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of nested dictionaries, with its path."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, value


CHANGES = {
    ("dataset", "name"): "other",
    ("dataset", "reader", "name"): "svhn",
    ("dataset", "reader", "options"): {"path": "x"},
    ("dataset", "source"): "original",
    ("dataset", "side"): 32,
    ("dataset", "train"): 201,
    ("dataset", "test"): 51,
    ("target",): "shape",
    ("network", "name"): "other",
    ("network", "options", "kernels"): [8, 4],
    ("network", "options", "hidden"): 17,
    ("training", "samples"): 101,
    ("training", "held_out"): 51,
    ("training", "epochs"): 3,
    ("training", "batch_size"): 33,
    ("training", "learning_rate"): 1.0000001e-3,
    ("training", "precision"): "bfloat16",
}


def changed(run: Run, path: tuple[str, ...], value: Any) -> Run:
    document = json.loads(canonical(run))
    below = document
    for key in path[:-1]:
        below = below[key]
    below[path[-1]] = value
    return parse(Run, json.dumps(document))


def test_every_field_that_changes_changes_the_id() -> None:
    assert {path for path, _ in leaves(plain(example()))} == set(CHANGES)
    ids = {changed(example(), path, value).id for path, value in CHANGES.items()}
    assert len(ids | {example().id}) == len(CHANGES) + 1
    tables = {changed(example(), path, value).dataset.id for path, value in CHANGES.items()}
    assert len(tables) == 1 + sum(path[0] == "dataset" for path in CHANGES)


@pytest.mark.parametrize(
    ("path", "name"), [(("training", "samples"), "samples"), (("dataset", "train"), "train")]
)
def test_all_samples_is_another_run_than_any_count(path: tuple[str, str], name: str) -> None:
    part = replace(getattr(example(), path[0]), **{name: None})
    assert example(**{path[0]: part}).id != example().id


def test_what_is_not_given_leaves_no_trace_so_that_a_new_optional_key_changes_no_id() -> None:
    training = replace(example().training, samples=None, held_out=None)
    assert "samples" not in canonical(training)
    assert canonical(training) == ('{"batch_size":32,"epochs":2,"learning_rate":0.001,"precision":"float32"}')


def test_order_of_keys_and_spelling_of_numbers_change_nothing(folder: Path, edit: Edit) -> None:
    before = read_study({}, folder).analyses["learning"].runs
    edit(LEARNING, "{epochs: 2, learning_rate: 1.0e-3}", "{learning_rate: 0.00100, epochs: 2}")
    edit(LEARNING, "{name: classic, hidden: 16}", "{hidden: 16, kernels: [32, 64], name: classic}")
    after = read_study({}, folder).analyses["learning"].runs
    assert [run.id for run in after.values()] == [run.id for run in before.values()]
    edit(LEARNING, "0.00100", "0.0011")
    assert read_study({}, folder).analyses["learning"].runs["small"].id != before["small"].id


def test_a_whole_number_where_a_float_is_meant_is_that_float(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "1.0e-3", "1")
    one = read_study({}, folder).analyses["learning"].runs["small"].id
    edit(LEARNING, "learning_rate: 1", "learning_rate: 1.00")
    assert read_study({}, folder).analyses["learning"].runs["small"].id == one


def test_an_option_written_out_with_its_default_is_the_same_run(folder: Path, edit: Edit) -> None:
    before = read_study({}, folder).analyses["learning"].runs["small"].id
    edit(LEARNING, "hidden: 16", "hidden: 16, kernels: [32, 64]")
    edit(LEARNING, "epochs: 2, ", "epochs: 2, batch_size: 32, precision: float32, ")
    edit(LEARNING, "dataset: digits", "dataset: digits\n  target: label")
    assert read_study({}, folder).analyses["learning"].runs["small"].id == before


def test_the_canonical_text_is_sorted_json_that_means_the_same() -> None:
    for run in (example(), example(training=replace(example().training, samples=None))):
        text = canonical(run)
        assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
        again = parse(Run, text)
        assert canonical(again) == text
        assert again.id == run.id
        assert replace(again, network=run.network) == run  # options come back as JSON's lists
        assert again.network.options == {"kernels": [4, 8], "hidden": 16}


def test_a_job_refuses_a_specification_with_a_key_too_much_or_too_little() -> None:
    document = json.loads(canonical(example()))
    with pytest.raises(UserError, match=r"--spec: training\.epoch: no such key; did you mean 'epochs'"):
        parse(Run, json.dumps(document | {"training": document["training"] | {"epoch": 3}}))
    del document["training"]["epochs"]
    with pytest.raises(UserError, match="--spec: training: missing 'epochs'"):
        parse(Run, json.dumps(document))


def test_what_lies_outside_a_run_leaves_its_id_alone(folder: Path, edit: Edit) -> None:
    before = {label: run.id for label, run in read_study({}, folder).analyses["learning"].runs.items()}
    edit("analyses/pictures.yaml", "[digits, shapes]", "[shapes]")
    edit("analyses/more.yaml", "", "title: More\n")
    edit("datasets.yaml", "train: 400", "train: 401")
    edit(LEARNING, "seeds: 2", "seeds: 9")
    edit(LEARNING, "title: Learning", "title: What is learnt")
    edit(LEARNING, "  small:", "  tiny:")
    study = read_study({"device": "cpu", "jobs_per_gpu": 3, "data_folder": "elsewhere"}, folder)
    after = {label: run.id for label, run in study.analyses["learning"].runs.items()}
    assert after == {"tiny": before["small"], "large": before["large"]}


SHARING = """\
title: Another question
every_run: {dataset: digits, training: {learning_rate: 0.001, epochs: 2}}
runs:
  same: {network: {name: classic, kernels: [32, 64], hidden: 16}}
  own: {network: {name: classic, hidden: 17}}
seeds: 5
"""


@pytest.mark.parametrize("seeds", [5, 1])
def test_a_run_that_two_analyses_ask_for_is_trained_once_with_the_larger_number_of_seeds(
    folder: Path, edit: Edit, seeds: int
) -> None:
    edit("analyses/sharing.yaml", "", SHARING.replace("seeds: 5", f"seeds: {seeds}"))
    study = read_study({}, folder)
    learning, sharing = study.analyses["learning"].runs, study.analyses["sharing"].runs
    assert sharing["same"].id == learning["small"].id
    assert set(study.runs) == {learning["small"].id, learning["large"].id, sharing["own"].id}
    trainings = list(study.trainings())
    assert len(trainings) == len(set(trainings))
    assert set(trainings) == (
        {(learning["small"].id, seed) for seed in range(max(2, seeds))}
        | {(learning["large"].id, seed) for seed in range(2)}
        | {(sharing["own"].id, seed) for seed in range(seeds)}
    )


def test_two_labels_of_one_run_in_one_analysis_are_one_training(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "  large:", "  again:\n    network: {hidden: 16, name: classic}\n  large:")
    study = read_study({}, folder)
    assert len(study.analyses["learning"].runs) == 3
    assert len(list(study.trainings())) == 4


def test_a_specification_cannot_be_changed() -> None:
    for spec in (example(), example().dataset, example().training, example().network):
        assert is_dataclass(spec)
        for field in fields(spec):
            with pytest.raises(AttributeError):
                setattr(spec, field.name, None)


def test_no_field_of_a_specification_has_a_default() -> None:
    for kind in (Part, Dataset, Training, Run):
        with pytest.raises(TypeError, match=f"missing {len(fields(kind))} required keyword-only"):
            kind()
        with pytest.raises(UserError, match="--spec: missing"):
            build(kind, {}, in_file("--spec"))


def test_numbers_that_differ_in_the_last_bit_have_other_ids() -> None:
    rates = [0.1, 0.1 + 2**-56, yaml.safe_load("0.10"), yaml.safe_load("1.0e-1")]
    ids = [example(training=replace(example().training, learning_rate=rate)).id for rate in rates]
    assert ids[0] == ids[2] == ids[3]
    assert ids[0] != ids[1]
