"""Oracle: the twelve numbers of Table 3.1, as they were published; layers counted by hand."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lea.data.tensors import Data, Samples
from lea.measure.parameters import measure
from lea.measure.stage import OUTPUTS, Measuring
from lea.store import read_record, read_table
from lea.study.reader import read_study
from lea.study.spec import Dataset, Frozen, Part, Run, canonical, described
from lea.study.study import Analysis
from tests import specs
from tests.jobs import SEED, job, prepared
from tests.specs import part

CONFIG = Path(__file__).parents[2] / "config"
PUBLISHED = {
    ("vae", "sb", "28x28x1"): 52_053,
    ("vae", "sb", "4x4x32"): 42_196,
    ("ae", "sb", "28x28x1"): 51_723,
    ("ae", "sb", "4x4x32"): 41_866,
    ("vae", "fc", "28x28x1"): 2_509_604,
    ("vae", "fc", "4x4x32"): 1_081_876,
    ("ae", "fc", "28x28x1"): 2_493_914,
    ("ae", "fc", "4x4x32"): 1_071_626,
    ("vae", "conv", "28x28x1"): 25_776_516,
    ("vae", "conv", "4x4x32"): 301_716,
    ("ae", "conv", "28x28x1"): 25_776_186,
    ("ae", "conv", "4x4x32"): 301_386,
}
CHANGES = {  # in percent, published beside them
    ("vae", "sb"): -18.94,
    ("ae", "sb"): -19.06,
    ("vae", "fc"): -56.89,
    ("ae", "fc"): -57.03,
    ("vae", "conv"): -98.83,
    ("ae", "conv"): -98.83,
}
INPUTS = {"28x28x1": (28, 28, 1), "4x4x32": (4, 4, 32)}
CODERS = {
    "sb": part("sb", kernels=32, kernel_size=3),
    "fc": part("fc"),
    "conv": part("conv", kernels=32, kernel_size=3),
}
ASKED = Measuring(what=part("parameters"))
Model = tuple[str, str, str]  # autoencoder, coder, input


def blank(name: str) -> Dataset:
    reader = part("blank", shape=INPUTS[name])
    return Dataset(name=name, reader=reader, source="embedded", side=None, train=None, test=None)


def run_of(autoencoder: Part, coder: str, of: str) -> Run:
    """A model as it is built."""
    its = Part(name=autoencoder.name, options={**autoencoder.options, "coder": CODERS[coder]})
    return specs.run(
        data=specs.data(table=blank(of), target=None),
        model=part("lea-alone", lea=specs.lea(its, code_length=10, window=None, stride=None)),
        method=part("leas"),
        fit=specs.fit(epochs=0, optimizer=None),
    )


AUTOENCODERS = {"vae": part("vae", beta=1.0, warm_up=0), "ae": part("ae")}
MODELS = {model: run_of(AUTOENCODERS[model[0]], *model[1:]) for model in PUBLISHED}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("data")
    return {name: prepared(blank(name), folder) for name in INPUTS}


def counted(models: Mapping[Model, Run], tables: Mapping[str, Path], folder: Path) -> dict[Model, int]:
    found = {}
    for model, run in models.items():
        path = job("measure", run, folder, tables[model[2]], asked=ASKED)["measures"]
        rows = read_table(path, OUTPUTS["measures"]).to_pylist()
        found[model] = next(row["value"] for row in rows if row["part"] == "network")
    return found


def test_the_published_changes_are_those_of_the_published_numbers() -> None:
    for model, change in CHANGES.items():
        before, after = PUBLISHED[*model, "28x28x1"], PUBLISHED[*model, "4x4x32"]
        assert 100 * (after / before - 1) == pytest.approx(change, abs=0.005)


def test_autoencoders_have_as_many_parameters_as_were_published(
    tables: dict[str, Path], tmp_path: Path
) -> None:
    assert counted(MODELS, tables, tmp_path) == PUBLISHED


def analysis(scale: str) -> Analysis:
    study = read_study({"scale": scale}, CONFIG)
    return next(one for one in study.analyses if (one.study, one.name) == ("lea", "parameters"))


@pytest.mark.parametrize("scale", ["quick", "reduced", "thesis"])
def test_the_configuration_asks_for_exactly_the_published_models_at_every_scale(scale: str) -> None:
    asked = analysis(scale)
    columns = asked.columns
    models = {
        (columns["autoencoder"][label], columns["coder"][label], columns["input"][label]): run
        for label, run in asked.runs.items()
    }
    assert models.keys() == PUBLISHED.keys()
    assert all(canonical(run.model) == canonical(MODELS[model].model) for model, run in models.items())
    assert all(run.data.table == MODELS[model].data.table for model, run in models.items())
    assert all(run.as_built for run in models.values())
    assert all(uses == {"measure": (ASKED,)} for uses in asked.uses.values())


def test_a_row_says_of_which_part_it_is_and_the_record_what_was_measured(
    tables: dict[str, Path], tmp_path: Path
) -> None:
    model = ("ae", "sb", "4x4x32")
    table = read_table(job("measure", MODELS[model], tmp_path, tables["4x4x32"], asked=ASKED)["measures"])
    key = {"run": MODELS[model].id, "seed": SEED, "measure": "parameters", "split": None}
    rows = [row for row in table.to_pylist() if row["metric"] == "parameters"]
    assert rows == [
        key | {"part": name, "metric": "parameters", "value": PUBLISHED[model]} for name in ("network", "lea")
    ]
    record = read_record(table)
    assert (record["run"], record["asked"]) == (described(MODELS[model]), described(ASKED))


def test_a_k_sparse_autoencoder_has_the_parameters_of_a_plain_one(
    tables: dict[str, Path], tmp_path: Path
) -> None:
    same = {
        "ae": part("ksparse", k=5, a=1.3),
        "vae": part("cvae", gamma=5.0, capacity=20.0, rising=None),
    }
    models = {model: run_of(same[model[0]], *model[1:]) for model in PUBLISHED}
    assert counted(models, tables, tmp_path) == PUBLISHED


# --- what is counted ---


def none() -> Data:
    nothing = Samples(torch.zeros(0, 3), None, (0.0, 1.0))
    return Data(nothing, nothing, nothing, (3,), 0, {})


def parameters(model: nn.Module) -> dict[str, float]:
    found = list(measure(model, none(), torch.Generator()))
    assert {(one.metric, one.split) for one in found} == {("parameters", None), ("sum of sizes", None)}
    return {one.part: one.value for one in found if one.metric == "parameters"}


def test_every_weight_is_counted_once_and_those_that_are_not_trained_are_not() -> None:
    first, second, third = nn.Linear(3, 4), nn.Linear(4, 4), nn.BatchNorm1d(4)
    model = nn.ModuleDict({"first": first, "second": second, "third": third, "again": second})
    assert parameters(model) == {"network": 16 + 20 + 8, "first": 16, "second": 20, "third": 8}
    second.weight.requires_grad_(False)
    assert parameters(model) == {"network": 16 + 4 + 8, "first": 16, "second": 4, "third": 8}
    assert parameters(nn.Identity()) == {"network": 0}


def test_the_sizes_of_each_weight_are_summed() -> None:
    model = nn.ModuleDict({"conv": nn.Conv2d(1, 4, 3), "still": nn.Linear(5, 6)})
    model["still"].requires_grad_(False)
    found = {
        one.part: one.value
        for one in measure(model, none(), torch.Generator())
        if one.metric == "sum of sizes"
    }
    assert found == {"network": 11 + 4, "conv": 11 + 4, "still": 0}


SPRITES = specs.sprites(train=10, test=4)


@pytest.mark.parametrize(
    ("changes", "still"),
    [
        ({}, ()),
        ({"frozen": Frozen(parts=("conv1", "hidden"), statistics="batch")}, ("conv1", "hidden")),
    ],
)
def test_of_a_trained_model_what_was_trained_is_counted(
    changes: dict[str, Any], still: tuple[str, ...], tmp_path: Path
) -> None:
    run = replace(specs.run(data=specs.data(table=SPRITES)), fit=specs.fit(**changes))
    table = prepared(SPRITES, tmp_path)
    weights = job("train", run, tmp_path, table)["weights"]
    path = job("measure", run, tmp_path, table, asked=ASKED, inputs=[("weights", weights)])["measures"]
    rows = read_table(path).to_pylist()
    found = {row["part"]: row["value"] for row in rows if row["metric"] == "parameters"}
    counts = {  # weights and biases of each layer
        "conv1": 2 * 25 + 2,
        "conv2": 2 * 2 * 9 + 2,
        "hidden": 2 * 8 * 8 * 5 + 5,
        "out": 5 * 3 + 3,
    }
    expected = {name: 0 if name in still else count for name, count in counts.items()}
    assert {name: found[name] for name in counts} == expected
    assert found["network"] == sum(expected.values())
