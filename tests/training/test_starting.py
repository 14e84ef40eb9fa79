"""Oracle: the tensors of both files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lea import checkpoint
from lea.compute.building import build_model
from lea.errors import UserError
from lea.store import read_table
from lea.study.spec import Dataset, Frozen, Run, Start, Trained
from lea.training.starting import start_with
from tests import specs
from tests.jobs import SEED, job, prepared
from tests.specs import part

DATASET = Dataset(name="digits", reader=part("mnist"), source="embedded", side=28, train=21, test=13)
FIRST = specs.run(
    data=specs.data(table=DATASET, target="label"), model=part("classic", kernels=(2, 3), hidden=8)
)
SHAPE = {"shape": (1, 28, 28), "classes": 10}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(DATASET, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def first(table: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return job("train", FIRST, tmp_path_factory.mktemp("first"), table)


def second(parts: tuple[str, ...] | None = None, seed: int | None = None, **fit: Any) -> Run:
    """A run that begins with the first, and is not trained unless it is said otherwise."""
    start = Start(model=Trained(run=FIRST, seed=seed), parts=parts)
    return replace(FIRST, start=start, fit=specs.fit(**{"epochs": 0, "optimizer": None} | fit))


def weights_of(run: Run, table: Path, folder: Path, first: dict[str, Path], seed: int) -> dict[str, Tensor]:
    paths = job("train", run, folder, table, seed=seed, inputs=[("trained", first["weights"])])
    return checkpoint.read_weights(paths["weights"], run.id)


def untrained(seed: int) -> dict[str, Tensor]:
    return build_model(FIRST, SHAPE, seed).state_dict()


@pytest.mark.parametrize(
    ("parts", "taken"),
    [
        (None, ("",)),
        (("conv1",), ("conv1.",)),
        (("conv1", "out"), ("conv1.", "out.")),
    ],
)
def test_a_run_begins_with_the_parts_of_another_and_others_stay_as_they_were_built(
    parts: tuple[str, ...] | None, taken: tuple[str, ...], table: Path, tmp_path: Path, first: dict[str, Path]
) -> None:
    """With no epochs, the weights are written as they were given."""
    found = weights_of(second(parts, SEED), table, tmp_path, first, seed=5)
    theirs, own = checkpoint.read_weights(first["weights"], FIRST.id), untrained(5)
    assert found.keys() == own.keys()
    for name, tensor in found.items():
        expected = (theirs if name.startswith(taken) else own)[name]
        assert torch.equal(tensor, expected), name
        assert not torch.equal(theirs[name], own[name]), name


def test_without_a_seed_it_is_the_runs_own(table: Path, tmp_path: Path, first: dict[str, Path]) -> None:
    found = weights_of(second(), table, tmp_path, first, seed=SEED)
    theirs = checkpoint.read_weights(first["weights"], FIRST.id)
    assert all(torch.equal(one, theirs[name]) for name, one in found.items())
    with pytest.raises(UserError, match="no weights of"):
        weights_of(second(), table, tmp_path, first, seed=5)


def test_training_goes_on_from_there(table: Path, tmp_path: Path, first: dict[str, Path]) -> None:
    """A step so small that no weight leaves the other's by more than it."""
    run = second(None, SEED, epochs=1, optimizer=part("adam", rate=1e-9))
    found = weights_of(run, table, tmp_path, first, seed=5)
    theirs = checkpoint.read_weights(first["weights"], FIRST.id)
    for name, one in found.items():
        assert torch.allclose(one, theirs[name], rtol=0, atol=1e-6), name


def test_a_run_without_epochs_writes_what_it_was_built_as_and_measures_it(
    table: Path, tmp_path: Path
) -> None:
    run = replace(FIRST, fit=specs.fit(epochs=0, optimizer=None, snapshots=(0,)))
    assert run.as_built
    paths = job("train", run, tmp_path, table)
    found = checkpoint.read_weights(paths["weights"], run.id)
    assert all(torch.equal(found[name], one) for name, one in untrained(SEED).items())
    rows = read_table(paths["metrics"]).to_pylist()
    assert {(row["epoch"], row["split"]) for row in rows} == {(0, "test")}
    assert {row["metric"] for row in rows} == {"loss", "accuracy", "overconfidence", "calibration_error"}
    assert len(read_table(paths["times"])) == 0
    assert checkpoint.read_weights(paths["snapshots"], run.id) == {}


def test_snapshots_are_named_by_epoch_and_tensor(table: Path, tmp_path: Path) -> None:
    run = replace(FIRST, fit=specs.fit(epochs=2, snapshots=(0, 1, 2)))
    paths = job("train", run, tmp_path, table)
    found = checkpoint.read_weights(paths["snapshots"], run.id, SEED)
    names = untrained(SEED)
    assert set(found) == {f"{epoch}/{name}" for epoch in (0, 1) for name in names}
    alone = replace(FIRST, fit=specs.fit(epochs=1))
    after = checkpoint.read_weights(job("train", alone, tmp_path, table)["weights"], alone.id)
    for name, one in names.items():
        assert torch.equal(found[f"0/{name}"], one)
        assert torch.equal(found[f"1/{name}"], after[name])


# --- what cannot be begun with ---


def model(hidden: int = 4, tail: bool = False) -> nn.Module:
    layers = {"encoder": nn.Sequential(nn.Linear(3, hidden), nn.BatchNorm1d(hidden)), "head": nn.Linear(2, 1)}
    return nn.ModuleDict(layers | ({"tail": nn.Linear(1, 1)} if tail else {}))


PARTS = "encoder, encoder.0, encoder.1, head"


@pytest.mark.parametrize(
    ("here", "there", "parts", "message"),
    [
        (
            model(),
            model(),
            ("encode",),
            f"start.parts: the model has no part 'encode'; expected some of {PARTS}",
        ),
        (
            model(tail=True),
            model(),
            ("head", "tail"),
            f"start.parts: run a-run has no part 'tail'; expected some of {PARTS}",
        ),
        (
            model(),
            model(hidden=5),
            ("head", "encoder"),
            "start: 'encoder.0.weight' is (4, 3) in the model and (5, 3) in run a-run; "
            "expected the same; begin with other parts, or another run",
        ),
        (
            model(tail=True),
            model(),
            None,
            "start: 'tail.weight' is (1, 1) in the model and missing in run a-run; "
            "expected the same; begin with other parts, or another run",
        ),
        (
            model(),
            model(tail=True),
            None,
            "start: 'tail.weight' is missing in the model and (1, 1) in run a-run; "
            "expected the same; begin with other parts, or another run",
        ),
    ],
)
def test_a_part_that_is_not_there_or_of_another_shape_is_named(
    here: nn.Module, there: nn.Module, parts: tuple[str, ...] | None, message: str
) -> None:
    with pytest.raises(UserError) as caught:
        start_with(here, there.state_dict(), parts, "a-run")
    assert str(caught.value) == message


def test_buffers_come_along() -> None:
    here, there = model(), model()
    there["encoder"][1].running_mean.fill_(3)  # type: ignore[index]
    start_with(here, there.state_dict(), ("encoder",), "a-run")
    assert torch.equal(here["encoder"][1].running_mean, torch.full((4,), 3.0))  # type: ignore[index]
    assert all(one.requires_grad and one.is_leaf for one in here.parameters())


def deep(**changes: Any) -> Run:
    values: dict[str, Any] = {
        "data": specs.data(table=DATASET, target=None),
        "model": part("deep-archetypes", flow=part("flow", blocks=2), archetypes=3),
        "method": part("deep-archetypal", mixture=0.0, archetype=0.0),
        "fit": specs.fit(optimizer=part("adam", rate=1e-3, decay=0.0, clip_norm=1.0)),
    }
    return specs.run(**values | changes)


def test_archetypes_move_over_a_flow_that_stays_as_another_run_trained_it(
    table: Path, tmp_path: Path
) -> None:
    flow = deep()
    trained = job("train", flow, tmp_path / "flow", table)
    free = deep(
        model=part("deep-archetypes", flow=part("flow", blocks=2), archetypes=4, vertices="free"),
        method=part("deep-archetypal"),
        start=Start(model=Trained(run=flow, seed=None), parts=("flow",)),
        fit=replace(flow.fit, frozen=Frozen(parts=("flow",), statistics="fitted")),
    )
    found = weights_of(free, table, tmp_path / "free", trained, SEED)
    before, built = checkpoint.read_weights(trained["weights"], flow.id), build_model(free, SHAPE, SEED)
    of_flow = [name for name in found if name.startswith("flow.")]
    assert len(of_flow) > 4
    assert all(torch.equal(found[name], before[name]) for name in of_flow)
    drawn = build_model(flow, SHAPE, SEED).state_dict()
    assert any(not torch.equal(before[name], drawn[name]) for name in of_flow)  # it was trained
    assert torch.equal(before["z"], drawn["z"])  # its corners are fixed
    others = [name for name in found if name not in of_flow]
    assert set(others) == {"z", "to_a.weight", "to_a.bias", "to_b.weight", "to_b.bias"}
    assert all(not torch.equal(found[name], built.state_dict()[name]) for name in others)
