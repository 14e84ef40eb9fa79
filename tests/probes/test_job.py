"""Oracle: the files, read again: every row that was asked for, and the same of networks built by hand."""

import json
from dataclasses import replace
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from lea import checkpoint
from lea.compute.network import Network
from lea.compute.opening import do_job
from lea.data.job import prepare
from lea.data.tensors import Samples, divide
from lea.errors import UserError
from lea.nn import AE, LEA
from lea.nn.coders.fc import FC
from lea.probes.layers import Layers
from lea.probes.readers import KINDS, TRAINED, UNTRAINED
from lea.probes.stage import OUTPUTS, Probes
from lea.probes.training import Factor, Probing, Reading, train_probes
from lea.store import read_record, read_table
from lea.studies.lea.networks.classic import Classic
from lea.studies.lea.networks.cnn_lea import CNNLEA
from lea.study.seeds import derive
from lea.study.spec import Run, Task, canonical
from tests import specs
from tests.specs import part, sprites

TRAIN, TEST, SIDE, SEED = 40, 24, 32, 3
FACTORS = [Factor("orientation", 40, True, 39), Factor("shape", 3), Factor("x", 32, True)]
SHAPES = ("square", "ellipse", "heart")
DATA = specs.data(table=sprites(train=TRAIN, test=TEST), samples=20, held_out=4)
CLASSIC = specs.run(data=DATA)
LEAS = specs.lea(specs.autoencoder(), code_length=2, stride=None)
WITH_LEAS = replace(
    CLASSIC,
    model=part("cnn-lea", kernels=(2, 2), hidden=5, lea=LEAS),
    method=part("alternate"),
)
ASKED = Probes(
    factors=tuple(factor.name for factor in FACTORS),
    layers=None,
    hidden=4,
    samples=30,
    epochs=2,
    batch_size=16,
    learning_rate=1e-2,
)


class Own(nn.Module):
    """A user's network, with numbers of its own that training changes, and names with dots."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x).tanh()).log_softmax(1)
        return out


OWN = replace(CLASSIC, model=part("tests.probes.test_job:Own"))


def fresh(run: Run) -> nn.Module:
    """The untrained network, by hand."""
    torch.manual_seed(derive(SEED, "initialisation"))
    if run is OWN:
        return Own()
    if run.model.name == "classic":
        return Classic((1, SIDE, SIDE), 3, kernels=(2, 2), hidden=5)

    def make_lea(shape: tuple[int, int, int]) -> LEA:
        return LEA(AE((shape[0], 4, 4), 2, coder=FC))

    return CNNLEA((1, SIDE, SIDE), 3, lea=make_lea, kernels=(2, 2), hidden=5)


LAYERS = {
    CLASSIC.id: ("input", "conv1", "pool1", "conv2", "pool2", "hidden", "out"),
    WITH_LEAS.id: ("input", "conv1", "lea1", "conv2", "lea2", "hidden", "out"),
    OWN.id: ("input", "body", "head", "output"),
}
every_run = pytest.mark.parametrize("run", [CLASSIC, WITH_LEAS, OWN], ids=["classic", "cnn-lea", "own"])


def trained(run: Run) -> nn.Module:
    """As if trained: every weight is another than in the untrained network."""
    model = fresh(run)
    for values in model.state_dict().values():
        values += (torch.rand(values.shape) / 10).to(values.dtype)
    return model


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "sprites.parquet"
    prepare(canonical(DATA.table), path.parent, path)
    return path


def write(folder: Path, model: nn.Module, run: str, seed: int = SEED) -> Path:
    path = folder / "weights.safetensors"
    checkpoint.write_weights(path, model.state_dict(), {"id": run, "seed": seed})
    return path


def job(
    table: Path, folder: Path, run: Run, weights: Path | None = None, probes: Probes = ASKED, seed: int = SEED
) -> Path:
    """Probe the trained network, or other weights."""
    weights = weights or write(folder, trained(run), run.id, seed)
    output, spec = folder / "deep" / "probes.parquet", canonical(Task(run=run, asked=probes))
    inputs = [("data", table), ("weights", weights)]
    do_job("probe", spec, seed, inputs=inputs, outputs={"probes": output}, device="cpu", threads=1)
    return output


def frame(path: Path) -> pd.DataFrame:
    found: pd.DataFrame = read_table(path, OUTPUTS["probes"]).to_pandas()
    return found.fillna({"group": "all"})


@every_run
def test_the_table_has_a_row_for_everything_that_was_measured(run: Run, table: Path, tmp_path: Path) -> None:
    weights = write(tmp_path, trained(run), run.id)
    before = weights.read_bytes()
    found = frame(job(table, tmp_path, run, weights))
    assert weights.read_bytes() == before
    assert sorted(tmp_path.rglob("*.*")) == [tmp_path / "deep" / "probes.parquet", weights]
    measured = list(product(("train", "test"), ["all"], ("accuracy", "loss")))
    measured += [("test", shape, "accuracy") for shape in SHAPES]
    near = [(split, "all", "accuracy within one step") for split in ("train", "test")]
    expected = {
        (run.id, SEED, kind, layer, place, factor.name, epoch, *one)
        for kind, (place, layer), factor, epoch in product(KINDS, enumerate(LAYERS[run.id]), FACTORS, (1, 2))
        for one in measured + near * factor.ordered
    }
    keys = ["run", "seed", "probe", "layer", "place", "factor", "epoch", "split", "group", "metric"]
    assert len(found) == len(expected)
    assert set(found[keys].itertuples(index=False, name=None)) == expected
    assert found[found["metric"] != "loss"]["value"].between(0, 1).all()
    assert (found[found["metric"] == "loss"]["value"] > 0).all()


def rows_of(table: Path, run: Run) -> tuple[Reading, Reading]:
    """What the probes learn from and are tested on, row by row."""
    rows = read_table(table).to_pandas()
    pixels = np.stack([np.frombuffer(one, np.uint8).reshape(SIDE, SIDE, 1) for one in rows["values"]])
    labels = rows[[factor.name for factor in FACTORS]].to_numpy().astype(np.int64)
    found = divide(read_table(table), run.data, SEED)
    fixed = np.flatnonzero(rows["split"] == "train").tolist()
    train = fixed if run.data.split == "fixed" else [*found.train, *found.held_out]
    readings = [
        Samples(torch.from_numpy(pixels[of]), torch.from_numpy(labels[of]), (0, 255))
        for of in (train[: ASKED.samples], found.test)
    ]
    shapes = torch.from_numpy(rows["shape"].to_numpy().astype(np.int64)[found.test])
    return Reading(samples=readings[0]), Reading(samples=readings[1], groups=shapes)


FRESH = replace(CLASSIC, data=replace(DATA, split="fresh"))


@pytest.mark.parametrize("run", [CLASSIC, WITH_LEAS, OWN, FRESH], ids=["classic", "cnn-lea", "own", "fresh"])
def test_what_is_measured_is_of_the_trained_network_and_of_a_fresh_one(
    run: Run, table: Path, tmp_path: Path
) -> None:
    """Probes may learn from more than the run, and from nothing that it is tested on."""
    train, test = rows_of(table, run)
    sizes = (24, 16) if run is FRESH else (30, TEST)
    assert (len(train), len(test)) == sizes
    networks = {
        name: Layers(Network(model.to(memory_format=torch.channels_last), precision="float32"))
        for name, model in {TRAINED: trained(run), UNTRAINED: fresh(run)}.items()
    }
    asked = replace(ASKED, samples=len(train))
    found = frame(job(table, tmp_path, run, probes=asked))
    probing = Probing(networks, FACTORS, asked, SEED, test.batch(torch.arange(2))[0])
    rows = list(train_probes(probing, train, test, SEED))
    for column in ("probe", "layer", "place", "factor", "epoch", "split", "metric"):
        assert found[column].tolist() == [getattr(one, column) for one in rows], column
    groups = ["all" if one.group is None else SHAPES[one.group] for one in rows]
    assert found["group"].tolist() == groups
    assert found["value"].tolist() == pytest.approx([one.value for one in rows], abs=1e-6)


def test_the_untrained_control_does_not_know_the_weights(table: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other", fresh(CLASSIC), CLASSIC.id)
    first, second = (
        frame(job(table, tmp_path, CLASSIC)),
        frame(job(table, tmp_path / "other", CLASSIC, other)),
    )
    of_input, untrained = first["layer"] == "input", first["probe"] == UNTRAINED
    same = first["value"] == second["value"]
    assert same[of_input | untrained].all()
    losses = ~(of_input | untrained) & (first["metric"] == "loss")
    assert not same[losses].any()


def test_the_record_says_what_was_read_from_which_run(table: Path, tmp_path: Path) -> None:
    record = read_record(read_table(job(table, tmp_path, WITH_LEAS)))
    assert record["id"] == WITH_LEAS.id
    assert record["run"] == json.loads(canonical(WITH_LEAS))
    assert record["asked"] == json.loads(canonical(ASKED))
    assert record["seed"] == SEED
    assert record["classes"] == {"orientation": 40, "shape": 3, "x": 32}
    assert record["best"] == read_record(read_table(table))["best"]
    assert record["libraries"]["torch"] == version("torch")


def test_the_same_probes_give_the_same_bytes_and_another_seed_others(table: Path, tmp_path: Path) -> None:
    contents = []
    for number, seed in enumerate((SEED, SEED, 4)):
        torch.rand(number)  # what others draw must not matter
        (tmp_path / str(number)).mkdir()
        contents.append(job(table, tmp_path / str(number), CLASSIC, seed=seed).read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_layers_may_be_named_and_a_run_without_labels_has_no_groups(table: Path, tmp_path: Path) -> None:
    run = replace(OWN, data=replace(OWN.data, target=None))
    weights = write(tmp_path, Own(), run.id)
    probes = replace(ASKED, layers=("head", "body.1"), samples=None)
    found = frame(job(table, tmp_path, run, weights, probes))
    assert list(dict.fromkeys(found["layer"])) == ["body.1", "head"]
    assert set(found["group"]) == {"all"}
    accuracies = found[(found["metric"] == "accuracy") & (found["split"] == "train")]["value"] * TRAIN
    assert np.allclose(accuracies, accuracies.round()), "all training images were read"


def refused(table: Path, folder: Path, **changes: Any) -> str:
    with pytest.raises(UserError) as caught:
        job(table, folder, CLASSIC, **changes)
    assert not list(folder.glob("deep/[!.]*")), "no output, whole or in part"
    return str(caught.value)


def test_the_weights_of_another_run_are_refused(table: Path, tmp_path: Path) -> None:
    weights = write(tmp_path, trained(CLASSIC), OWN.id)
    assert refused(table, tmp_path, weights=weights) == (
        f"run {CLASSIC.id}, seed 3: {weights}: found weights of '{OWN.id}', seed 3; expected "
        f"'{CLASSIC.id}', seed 3; "
        "delete the file, and rerun"
    )


def test_the_weights_of_another_seed_are_refused(table: Path, tmp_path: Path) -> None:
    weights = write(tmp_path, trained(CLASSIC), CLASSIC.id)
    message = refused(table, tmp_path, weights=weights, seed=SEED + 1)
    assert f"seed 3; expected '{CLASSIC.id}', seed 4; delete the file" in message


def test_weights_that_are_not_there_are_said_in_words(table: Path, tmp_path: Path) -> None:
    missing = tmp_path / "nothing.safetensors"
    assert refused(table, tmp_path, weights=missing) == (
        f"run {CLASSIC.id}, seed 3: {missing}: no such file; expected the weights of '{CLASSIC.id}'; "
        "run the workflow"
    )


def test_weights_that_do_not_fit_the_network_are_refused(table: Path, tmp_path: Path) -> None:
    message = refused(table, tmp_path, weights=write(tmp_path, fresh(OWN), CLASSIC.id))
    assert message.startswith(f"run {CLASSIC.id}, seed 3: ")
    assert "conv1.weight" in message


def test_more_samples_than_there_are_are_refused(table: Path, tmp_path: Path) -> None:
    assert refused(table, tmp_path, probes=replace(ASKED, samples=TRAIN + 1)) == (
        f"run {CLASSIC.id}, seed 3: {table}: found 40 training samples; the probes ask for 41; ask for no "
        "more than there are"
    )


def test_a_layer_that_does_not_exist_is_refused_with_run_and_seed(table: Path, tmp_path: Path) -> None:
    message = refused(table, tmp_path, probes=replace(ASKED, layers=("conv3",)))
    assert message.startswith(f"run {CLASSIC.id}, seed 3: probes.layers: no layer 'conv3'; expected some of ")


def test_probes_begin_whole_where_the_run_names_parts_of_its_own_model(table: Path, tmp_path: Path) -> None:
    whole = replace(CLASSIC, initialisation=part("glorot", parts=None))
    some = replace(CLASSIC, initialisation=part("glorot", parts=("conv1", "hidden")))
    weights = {run.id: write(tmp_path / run.id, trained(CLASSIC), run.id) for run in (whole, some)}
    found = [frame(job(table, tmp_path / run.id, run, weights[run.id])) for run in (whole, some)]
    read = [one[one["probe"] == "trained"].drop(columns="run").reset_index(drop=True) for one in found]
    assert read[0].equals(read[1])
