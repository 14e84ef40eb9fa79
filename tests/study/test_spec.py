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
from lea.study.spec import (
    Data,
    Dataset,
    Fit,
    Frozen,
    Part,
    Run,
    Start,
    Task,
    Trained,
    canonical,
    digest,
    parse,
    parse_task,
    trained_in,
)
from lea.study.workflow import Workflow
from tests import specs
from tests.study.reading import runs_of, seeds_of

Edit = Callable[[str, str, str], None]
LEARNING = "trial/learning.yaml"
LAYER = Part(
    name="lea",
    options={
        "autoencoder": Part(
            name="vae", options={"beta": 1.0, "coder": Part(name="conv", options={"kernels": 8})}
        ),
        "code_length": 5,
        "window": None,
        "stride": None,
    },
)


def digits(**changes: Any) -> Dataset:
    values: dict[str, Any] = {
        "name": "digits",
        "reader": Part(name="mnist", options={}),
        "source": "embedded",
        "side": 28,
        "train": 200,
        "test": 50,
    }
    return Dataset(**values | changes)


def example(**changes: Any) -> Run:
    values: dict[str, Any] = {
        "data": specs.data(table=digits(), target="label", samples=100, held_out=50),
        "model": Part(name="classic", options={"kernels": (4, 8), "hidden": 16}),
        "method": Part(name="classify", options={}),
        "fit": specs.fit(epochs=2, batch_size=32, optimizer=Part(name="adam", options={"rate": 1e-3})),
        "initialisation": None,
        "start": None,
        "search": None,
        "called": None,
    }
    return Run(**values | changes)


def test_an_id_is_a_readable_slug_and_sixteen_hexadecimal_digits() -> None:
    assert re.fullmatch(r"classic-digits-[0-9a-f]{16}", example().id)
    assert re.fullmatch(r"digits-embedded-28px-[0-9a-f]{16}", digits().id)
    assert re.fullmatch(r"digits-embedded-[0-9a-f]{16}", digits(side=None).id)
    own = example(model=Part(name="my_parts:Wide_Net", options={}))
    assert re.fullmatch(r"wide-net-digits-[0-9a-f]{16}", own.id)


def test_the_slug_names_the_parts_in_a_model_but_one_that_is_called_as_its_option() -> None:
    run = example(model=Part(name="cnn-lea", options={"lea": LAYER, "hidden": 16}))
    assert re.fullmatch(r"cnn-lea-vae-conv-digits-[0-9a-f]{16}", run.id)
    own = replace(LAYER, name="mine:Layer")
    run = example(model=Part(name="cnn-lea", options={"lea": own}))
    assert re.fullmatch(r"cnn-lea-layer-vae-conv-digits-[0-9a-f]{16}", run.id)


def test_equal_specifications_have_equal_ids_in_any_process() -> None:
    assert example().id == example().id
    assert example() == example()
    parts = (
        '{"data":{"held_out":50,"others":{},"samples":100,"split":"fixed","table":{"name":"digits",',
        '"reader":{"name":"mnist","options":{}},"side":28,"source":"embedded","test":50,"train":200},',
        '"target":"label"},"fit":{"batch_size":32,"epochs":2,"optimizer":{"name":"adam","options":',
        '{"rate":0.001}},"optimizers":{},"precision":"float32","snapshots":[]},"method":{"name":"classify",',
        '"options":{}},"model":{"name":"classic","options":{"hidden":16,"kernels":[4,8]}}}',
    )
    found = hashlib.blake2b("".join(parts).encode(), digest_size=8).hexdigest()
    assert example().id == f"classic-digits-{found}" == "classic-digits-8de5c81df77a0972"


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of nested dictionaries, with its path."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, value


CHANGES = {
    ("data", "table", "name"): "other",
    ("data", "table", "reader", "name"): "svhn",
    ("data", "table", "reader", "options"): {"path": "x"},
    ("data", "table", "source"): "original",
    ("data", "table", "side"): 32,
    ("data", "table", "train"): 201,
    ("data", "table", "test"): 51,
    ("data", "others"): {"outliers": plain(digits(name="other"))},
    ("data", "target"): "shape",
    ("data", "samples"): 101,
    ("data", "held_out"): 51,
    ("data", "split"): "fresh",
    ("model", "name"): "other",
    ("model", "options", "kernels"): [8, 4],
    ("model", "options", "hidden"): 17,
    ("method", "name"): "joint",
    ("method", "options"): {"lea_weight": 1.0},
    ("fit", "epochs"): 3,
    ("fit", "batch_size"): "all",
    ("fit", "optimizer", "name"): "sgd",
    ("fit", "optimizer", "options", "rate"): 1.0000001e-3,
    ("fit", "optimizers"): {"main": {"name": "adam", "options": {"rate": 1e-3}}},
    ("fit", "precision"): "bfloat16",
    ("fit", "snapshots"): [1],
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
    tables = {changed(example(), path, value).data.table.id for path, value in CHANGES.items()}
    assert len(tables) == 1 + sum(path[:2] == ("data", "table") for path in CHANGES)


def test_what_is_left_out_of_the_example_changes_the_id_too() -> None:
    trained = Trained(run=example(), seed=None)
    others = [
        example(start=Start(model=trained, parts=None)),
        example(start=Start(model=trained, parts=("out",))),
        example(start=Start(model=Trained(run=example(), seed=0), parts=None)),
        example(start=Start(model=Trained(run=example(model=LAYER), seed=0), parts=None)),
        example(fit=replace(example().fit, frozen=Frozen(parts=("out",), statistics="batch"))),
        example(fit=replace(example().fit, frozen=Frozen(parts=("out",), statistics="fitted"))),
        example(model=Part(name="classic", options={"teacher": trained})),
        example(model=Part(name="classic", options={"teacher": Trained(run=example(), seed=0)})),
    ]
    assert len({run.id for run in [example(), *others]}) == 1 + len(others)


@pytest.mark.parametrize("path", [("data", "samples"), ("data", "table", "train")])
def test_all_samples_is_another_run_than_any_count(path: tuple[str, ...]) -> None:
    document = json.loads(canonical(example()))
    below = document
    for key in path[:-1]:
        below = below[key]
    del below[path[-1]]
    assert parse(Run, json.dumps(document)).id != example().id


def test_what_is_not_given_leaves_no_trace_so_that_a_new_optional_key_changes_no_id() -> None:
    data = replace(example().data, samples=None, held_out=None)
    assert "samples" not in canonical(data)
    assert canonical(example().fit) == (
        '{"batch_size":32,"epochs":2,"optimizer":{"name":"adam","options":{"rate":0.001}},"optimizers":{},'
        '"precision":"float32","snapshots":[]}'
    )
    assert "start" not in canonical(example())


def test_order_of_keys_and_spelling_of_numbers_change_nothing(folder: Path, edit: Edit) -> None:
    before = runs_of("learning", folder)
    edit(
        LEARNING,
        "{epochs: 2, optimizer: {name: adam, rate: 1.0e-3}}",
        "{optimizer: {rate: 0.00100, name: adam}, epochs: 2}",
    )
    edit(LEARNING, "{name: classic, hidden: 16}", "{hidden: 16, kernels: [32, 64], name: classic}")
    after = runs_of("learning", folder)
    assert [run.id for run in after.values()] == [run.id for run in before.values()]
    edit(LEARNING, "0.00100", "0.0011")
    assert runs_of("learning", folder)["small"].id != before["small"].id


def test_a_whole_number_where_a_float_is_meant_is_that_float(folder: Path, edit: Edit) -> None:
    edit(LEARNING, "1.0e-3", "1")
    one = runs_of("learning", folder)["small"].id
    edit(LEARNING, "rate: 1", "rate: 1.00")
    assert runs_of("learning", folder)["small"].id == one


DEFAULTS = {
    "options of the model": ("hidden: 16", "hidden: 16, kernels: [32, 64]"),
    "what the data set and the study say": (
        "{epochs: 2, ", "{epochs: 2, batch_size: 32, precision: float32, "
    ),
    "what is none": ("{epochs: 2, ", "{epochs: 2, optimizers: {}, frozen: null, snapshots: [], "),
    "the target and the split": (
        "{table: digits}", "{table: digits, target: label, split: fixed, others: {}, held_out: null}"
    ),
    "all samples": ("{table: digits}", "{table: digits, samples: 200}"),
    "no start": ("  method:", "  start: null\n  method:"),
    "options of the optimizer": ("rate: 1.0e-3", "rate: 1.0e-3, decay: 0, clip_norm: null"),
    "a name alone": ("{name: classify}", "classify"),
}  # fmt: skip


@pytest.mark.parametrize("what", DEFAULTS)
def test_a_default_that_is_written_out_is_the_same_run(folder: Path, edit: Edit, what: str) -> None:
    before = runs_of("learning", folder)["small"]
    edit(LEARNING, *DEFAULTS[what])
    assert runs_of("learning", folder)["small"] == before
    assert runs_of("learning", folder)["small"].id == before.id


def test_the_canonical_text_is_sorted_json_that_means_the_same() -> None:
    trained = Trained(run=example(), seed=3)
    for run in (
        example(),
        example(data=replace(example().data, samples=None)),
        example(data=replace(example().data, others={"outliers": digits(train=9)})),
        example(model=Part(name="cnn-lea", options={"lea": LAYER, "teacher": trained, "names": {"a": 1}})),
        example(start=Start(model=trained, parts=("conv1", "out"))),
        example(fit=replace(example().fit, frozen=Frozen(parts=("out",), statistics="fitted"))),
    ):
        text = canonical(run)
        assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
        again = parse(Run, text)
        assert canonical(again) == text
        assert again.id == run.id
        assert replace(again, model=run.model, start=run.start) == run  # options come back as JSON's lists
    again = parse(Run, canonical(example()))
    assert again.model.options == {"kernels": [4, 8], "hidden": 16}


def test_parts_and_trained_models_in_parts_come_back_as_such() -> None:
    trained = Trained(run=example(), seed=None)
    run = example(model=Part(name="cnn-lea", options={"lea": LAYER, "teacher": trained, "names": {"a": 1}}))
    again = parse(Run, canonical(run)).model
    assert isinstance(again.options["lea"], Part)
    assert isinstance(again.options["lea"].options["autoencoder"], Part)
    assert isinstance(again.options["teacher"], Trained)
    assert again.options["teacher"].run.id == example().id
    assert again.options["names"] == {"a": 1}
    assert [one.run.id for one in trained_in(again)] == [example().id]


def test_a_mapping_that_is_only_like_a_part_or_a_trained_model_stays_a_mapping() -> None:
    options = {"where": {"name": "a"}, "run": {"run": "x"}, "both": {"name": "a", "options": 3, "more": 1}}
    part = Part(name="curves", options=options)
    assert part.options == options
    assert parse(Part, canonical(part)) == part


def test_a_task_is_a_run_and_what_is_asked_of_it() -> None:
    text = canonical(Task(run=example(), asked=None))
    assert text == f'{{"run":{canonical(example())}}}'
    assert parse_task(None, text).run.id == example().id
    text = canonical(Task(run=example(), asked=Frozen(parts=("a",), statistics="batch")))
    assert parse_task(Frozen, text).asked == Frozen(parts=("a",), statistics="batch")
    with pytest.raises(UserError, match=r"--spec: asked\.part: no such key; did you mean 'parts'"):
        parse_task(Frozen, text.replace('"parts"', '"part"'))


def test_a_job_refuses_a_specification_with_a_key_too_much_or_too_little() -> None:
    document = json.loads(canonical(example()))
    with pytest.raises(UserError, match=r"--spec: fit\.epoch: no such key; did you mean 'epochs'"):
        parse(Run, json.dumps(document | {"fit": document["fit"] | {"epoch": 3}}))
    del document["fit"]["epochs"]
    with pytest.raises(UserError, match="--spec: fit: missing 'epochs'"):
        parse(Run, json.dumps(document))
    with pytest.raises(UserError, match=r"--spec: not JSON: .*; expected what `snakemake -p` prints"):
        parse(Run, "{")


def test_what_lies_outside_a_run_leaves_its_id_alone(folder: Path, edit: Edit) -> None:
    before = {label: run.id for label, run in runs_of("learning", folder).items()}
    edit("trial/pictures.yaml", "[digits, shapes]", "[shapes]")
    edit("trial/more.yaml", "", "title: More\n")
    edit("trial/study.yaml", "model.name", "method.name")
    edit("elsewhere/study.yaml", "", "title: Elsewhere\n")
    edit("datasets.yaml", "train: 400", "train: 401")
    edit(LEARNING, "seeds: 2", "seeds: 9")
    edit(LEARNING, "title: Learning", "title: What is learnt")
    edit(LEARNING, "  small:", "  tiny:")
    edit(LEARNING, "metric: loss", "metric: accuracy, file: how-well")
    settings = {"device": "cpu", "jobs_per_gpu": 3, "data_folder": "elsewhere"}
    after = {label: run.id for label, run in runs_of("learning", folder, **settings).items()}
    assert after == {"tiny": before["small"], "large": before["large"]}


SHARING = """\
title: Another question
every_run: {data: {table: digits}, method: classify, fit: {optimizer: {rate: 0.001, name: adam}, epochs: 2}}
runs:
  same: {model: {name: classic, kernels: [32, 64], hidden: 16}}
  own: {model: {name: classic, hidden: 17}}
seeds: 5
"""


@pytest.mark.parametrize("study", ["trial", "another"])
@pytest.mark.parametrize("seeds", [5, 1])
def test_a_run_that_two_analyses_ask_for_is_trained_once_with_the_larger_number_of_seeds(
    folder: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch, study: str, seeds: int
) -> None:
    if study != "trial":
        edit(f"{study}/study.yaml", "", "title: Another\n")
    edit(f"{study}/sharing.yaml", "", SHARING.replace("seeds: 5", f"seeds: {seeds}"))
    monkeypatch.chdir(folder.parent)
    workflow = Workflow({})
    read = {one.name: one.runs for one in workflow.study.analyses}
    learning, sharing = read["learning"], read["sharing"]
    assert sharing["same"].id == learning["small"].id
    assert sharing["same"] == learning["small"]
    assert set(workflow.study.runs) == {learning["small"].id, learning["large"].id, sharing["own"].id}
    assert seeds_of(workflow, "train") == (
        {(learning["small"].id, seed) for seed in range(max(2, seeds))}
        | {(learning["large"].id, seed) for seed in range(2)}
        | {(sharing["own"].id, seed) for seed in range(seeds)}
    )
    targets = workflow.targets()
    assert len(targets) == len(set(targets))
    weights = [file for file in targets if file.endswith("/weights.safetensors")]
    assert len(weights) == max(2, seeds) + 2 + seeds


def test_two_labels_of_one_run_in_one_analysis_are_one_training(
    folder: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(LEARNING, "  large:", "  again:\n    model: {hidden: 16, name: classic}\n  large:")
    monkeypatch.chdir(folder.parent)
    workflow = Workflow({})
    (learning,) = (one for one in workflow.study.analyses if one.name == "learning")
    assert len(learning.runs) == 3
    assert len(seeds_of(workflow, "train")) == 4
    tables = list(workflow.jobs.tables(learning, "metrics"))
    assert len(tables) == len(set(tables)) == 4


def test_a_specification_cannot_be_changed() -> None:
    run = example(start=Start(model=Trained(run=example(), seed=0), parts=None))
    assert run.start
    specifications = (run, run.data, run.data.table, run.fit, run.model, run.start, run.start.model)
    for spec in specifications:
        assert is_dataclass(spec)
        for field in fields(spec):
            with pytest.raises(AttributeError):
                setattr(spec, field.name, None)


def test_no_field_of_a_specification_has_a_default() -> None:
    for kind in (Part, Dataset, Data, Frozen, Fit, Trained, Start, Run, Task):
        with pytest.raises(TypeError, match=f"missing {len(fields(kind))} required keyword-only"):
            kind()
        with pytest.raises(UserError, match="--spec: missing"):
            build(kind, {}, in_file("--spec"))


def test_numbers_that_differ_in_the_last_bit_have_other_ids() -> None:
    rates = [0.1, 0.1 + 2**-56, yaml.safe_load("0.10"), yaml.safe_load("1.0e-1")]
    ids = [digest(Part(name="adam", options={"rate": rate})) for rate in rates]
    assert ids[0] == ids[2] == ids[3]
    assert ids[0] != ids[1]


def test_every_id_of_the_shipped_studies_is_another_runs() -> None:
    study = read_study({"scale": "thesis"})
    by_id: dict[str, Run] = {}
    for _, _, run in study.used():
        assert by_id.setdefault(run.id, run) == run
    texts = {canonical(run) for _, _, run in study.used()}
    assert len(by_id) == len(texts) > 60
    assert len({(one.study, one.name) for one in study.analyses}) == len(study.analyses)
