"""Oracle: the files of the models that classifiers stand on, bit by bit; the network of a job; parameters by
hand.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

import lea
from lea.checkpoint import read_weights
from lea.compute.opening import Job
from lea.measure.stage import Measuring
from lea.store import read_table
from lea.study.spec import Data, Dataset, Part, Run, Trained
from lea.study.stages import stage
from tests import specs
from tests.jobs import SEED, data_in, job, prepared
from tests.specs import part

LETTERS = Dataset(name="letters", reader=part("fashion-mnist"), source="embedded", side=28, train=40, test=24)
ENCODER = (9 * 2 + 2) + (9 * 2 * 4 + 4 + 2 * 4) + (9 * 4 * 8 + 8) + (72 * 16 + 16) + (16 * 5 + 5)
HEAD = (5 * 64 + 64) + (64 * 10 + 10)


def data(target: str | None) -> Data:
    return specs.data(table=LETTERS, target=target)


def body(model: Part, method: str, **fit: Any) -> Run:
    return specs.run(data=data(None), model=model, method=part(method), fit=specs.fit(**fit))


CAE = part(
    "encoder-decoder",
    latent=5,
    layout=part("strided", channels=2, hidden=16, normalise_convolutions=True),
    encoder=part("learnt", constant=True),
    prior=part("normal"),
)
BODIES = {
    "trained": body(CAE, "reconstruct-mean"),
    "random": body(CAE, "reconstruct-mean", epochs=0),
    "pca": body(part("pca", latent=5), "fit-components", optimizer=None),
    "cosines": body(part("cosines", latent=5), "reconstruct", epochs=0),
}


class Made(NamedTuple):
    """The files of a classifier and of the model that it stands on."""

    run: Run
    weights: Path
    inputs: list[tuple[str, Path]]


def on_codes(encoder: Run | None, **options: Any) -> Run:
    trained = None if encoder is None else Trained(run=encoder, seed=None)
    return specs.run(data=data("label"), model=part("on-codes", encoder=trained, **options))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(LETTERS, tmp_path_factory.mktemp("data"))


def trained(which: str, table: Path, folder: Path, **options: Any) -> Made:
    inputs = [("trained", job("train", BODIES[which], folder, table)["weights"])]
    run = on_codes(BODIES[which], **options)
    return Made(run, job("train", run, folder, table, inputs=inputs)["weights"], inputs)


def of_the_job(made: Made, table: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Test samples, and what the network of a later job makes of them."""
    of = Job(
        stage=stage("measure"),
        run=made.run,
        asked=None,
        seed=SEED,
        device=torch.device("cpu"),
        threads=1,
        paths={"weights": made.weights},
        trained_paths=[path for _, path in made.inputs],
        tables={"data": read_table(table)},
    )
    x, _ = data_in(table, made.run).test.batch(torch.arange(20))
    return x, of.network().forward(x)


@pytest.mark.parametrize("tune", [False, True])
@pytest.mark.parametrize("which", BODIES)
def test_a_classifier_comes_whole_from_its_file_with_the_model_that_it_stands_on(
    which: str, tune: bool, table: Path, tmp_path: Path
) -> None:
    made = trained(which, table, tmp_path, tune=tune)
    own, theirs = read_weights(made.weights, made.run.id), read_weights(made.inputs[0][1], BODIES[which].id)
    assert {name for name in own if name.startswith("body.")} == {f"body.{name}" for name in theirs}
    changed = {name for name, one in theirs.items() if not torch.equal(own[f"body.{name}"], one)}
    learns = tune and which in ("trained", "random")
    assert changed == ({name for name in theirs if name.startswith("encoder.")} if learns else set())
    x, wanted = of_the_job(made, table)
    network = lea.load(made.weights)
    assert wanted.isfinite().all()
    assert torch.equal(network(x), wanted)
    assert network.lea_record["models"] == {BODIES[which].id: {"shape": [1, 28, 28], "classes": 0}}


@pytest.mark.parametrize(("tune", "count"), [(False, HEAD), (True, HEAD + ENCODER)])
def test_what_is_counted_is_what_is_trained(tune: bool, count: int, table: Path, tmp_path: Path) -> None:
    made = trained("trained", table, tmp_path, tune=tune)
    asked = Measuring(what=part("parameters"))
    inputs = [("weights", made.weights), *made.inputs]
    measures = job("measure", made.run, tmp_path, table, asked=asked, inputs=inputs)["measures"]
    rows = read_table(measures).to_pylist()
    found = {row["part"]: row["value"] for row in rows if row["metric"] == "parameters"}
    assert found == {"network": count, "body": count - HEAD, "layers": HEAD}


def test_an_initialisation_begins_the_head_alone_of_a_frozen_body(table: Path, tmp_path: Path) -> None:
    inputs = [("trained", job("train", BODIES["trained"], tmp_path, table)["weights"])]
    run = replace(on_codes(BODIES["trained"]), initialisation=part("glorot"))
    own = read_weights(job("train", run, tmp_path, table, inputs=inputs)["weights"], run.id)
    theirs = read_weights(inputs[0][1], BODIES["trained"].id)
    assert all(torch.equal(own[f"body.{name}"], one) for name, one in theirs.items())


def test_pixels_need_no_other_model(table: Path, tmp_path: Path) -> None:
    run = on_codes(None)
    weights = job("train", run, tmp_path, table)["weights"]
    x, wanted = of_the_job(Made(run, weights, []), table)
    assert torch.equal(lea.load(weights)(x), wanted)
    assert lea.load(weights).lea_record["models"] == {}
