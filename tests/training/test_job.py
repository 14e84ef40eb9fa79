"""Oracle: the files, read again: a fresh network with the weights gives the accuracy that was noted."""

import json
from dataclasses import replace
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from lea import checkpoint
from lea.compute.building import build_model
from lea.data.tensors import Data
from lea.errors import UserError
from lea.store import read_record, read_table
from lea.studies.lea.networks.classic import Classic
from lea.study.seeds import derive
from lea.study.spec import Dataset, Run, canonical
from lea.training.stage import OUTPUTS
from tests import specs
from tests.jobs import data_in, prepared
from tests.jobs import job as do
from tests.specs import part

DATASET = Dataset(name="digits", reader=part("mnist"), source="embedded", side=28, train=21, test=13)
RUN = specs.run(
    data=specs.data(table=DATASET, target="label"),
    model=part("classic", kernels=(2, 3), hidden=8),
    fit=specs.fit(epochs=3),
)
SHAPE = {"shape": (1, 28, 28), "classes": 10}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(DATASET, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def images(table: Path) -> Data:
    return data_in(table, RUN)


def job(table: Path, folder: Path, run: Run = RUN, seed: int = 3, **more: Any) -> tuple[Path, Path]:
    outputs = do("train", run, folder, table, seed=seed, **more)
    return outputs["weights"], outputs["metrics"]


def untrained(run: Run = RUN, seed: int = 3) -> dict[str, Tensor]:
    return build_model(run, SHAPE, seed).state_dict()


@pytest.fixture(scope="module")
def outputs(table: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return job(table, tmp_path_factory.mktemp("run") / "deep" / "er")


def test_the_metrics_are_a_row_for_each_epoch_split_and_metric(outputs: tuple[Path, Path]) -> None:
    frame = read_table(outputs[1], OUTPUTS["metrics"]).to_pandas()
    assert set(frame["run"]) == {RUN.id}
    assert set(frame["seed"]) == {3}
    points = list(zip(frame["epoch"], frame["split"], frame["part"], frame["metric"], strict=True))
    metrics = ("loss", "accuracy", "overconfidence", "calibration_error")
    assert sorted(points) == sorted(product((1, 2, 3), ("train", "test"), ("network",), metrics))
    assert frame[frame["metric"] == "accuracy"]["value"].between(0, 1).all()
    assert (frame[frame["metric"] == "loss"]["value"] > 0).all()


def test_both_files_carry_the_run_and_the_seed(outputs: tuple[Path, Path]) -> None:
    with safe_open(outputs[0], framework="pt") as file:
        records = [json.loads(file.metadata()["lea"]), read_record(read_table(outputs[1]))]
    assert [one.pop("output") for one in records] == ["weights", "metrics"]
    assert records[0] == records[1]
    assert records[0]["id"] == RUN.id
    assert records[0]["run"] == json.loads(canonical(RUN))
    assert records[0]["seed"] == 3
    assert (records[0]["shape"], records[0]["classes"]) == ([1, 28, 28], 10)
    assert records[0]["class_names"] == [str(digit) for digit in range(10)]
    assert records[0]["layers"] == [name for name, _ in Classic((1, 28, 28), 10).named_children()]
    assert records[0]["libraries"]["torch"] == version("torch")


def test_the_same_run_and_seed_give_the_same_bytes(
    table: Path, tmp_path: Path, outputs: tuple[Path, Path]
) -> None:
    torch.rand(5)  # what others draw must not matter
    again, other = job(table, tmp_path / "again"), job(table, tmp_path / "other", seed=4)
    for first, second, third in zip(outputs, again, other, strict=True):
        assert second.read_bytes() == first.read_bytes()
        assert third.read_bytes() != first.read_bytes()


def test_the_weights_give_a_fresh_network_the_noted_test_metrics(
    outputs: tuple[Path, Path], images: Data
) -> None:
    model = Classic((1, 28, 28), 10, kernels=(2, 3), hidden=8).eval()
    model.load_state_dict(checkpoint.read_weights(outputs[0], RUN.id))
    with torch.no_grad():
        logits = model(images.test.values.permute(0, 3, 1, 2) / 255)
    frame = read_table(outputs[1]).to_pandas().query("epoch == 3 and split == 'test'")
    noted = dict(zip(frame["metric"], frame["value"], strict=True))
    assert (logits.argmax(1) == images.test.labels).double().mean().item() == noted["accuracy"]
    assert F.cross_entropy(logits, images.test.labels).item() == pytest.approx(noted["loss"], rel=1e-5)


def test_initialisation_is_a_stream_of_its_own() -> None:
    torch.manual_seed(derive(3, "initialisation"))
    expected = Classic((1, 28, 28), 10, kernels=(2, 3), hidden=8).state_dict()
    torch.manual_seed(99)
    state = torch.random.get_rng_state()
    derive(3, "a use that comes later")
    longer = replace(RUN, fit=specs.fit(epochs=9, batch_size=2))
    for run in (RUN, longer):
        found = untrained(run)
        assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert torch.equal(torch.random.get_rng_state(), state), "nothing global is seeded"
    assert not torch.equal(untrained(seed=4)["conv1.weight"], expected["conv1.weight"])


def test_training_moved_every_weight(outputs: tuple[Path, Path]) -> None:
    before = untrained()
    after = checkpoint.read_weights(outputs[0], RUN.id)
    assert after.keys() == before.keys()
    assert all(not torch.equal(after[name], before[name]) for name in before)


def test_fewer_samples_and_coarse_arithmetic_are_other_results(
    table: Path, tmp_path: Path, outputs: tuple[Path, Path]
) -> None:
    contents = {outputs[0].read_bytes()}
    changes = [{"data": replace(RUN.data, samples=9)}]
    changes += [{"fit": replace(RUN.fit, **one)} for one in ({"precision": "bfloat16"}, {"batch_size": 7})]
    for change in changes:
        contents.add(job(table, tmp_path, replace(RUN, **change))[0].read_bytes())
    assert len(contents) == 4


class Overflowing(nn.Module):
    """A network whose logits are no numbers."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x.flatten(1).sum(1, keepdim=True) * torch.inf


class Forgetful(nn.Module):
    """A network that draws random numbers while it is trained."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(28 * 28, classes))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


class Drawing(nn.Module):
    """A network that keeps the last number which it drew while training."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(classes))
        self.register_buffer("drawn", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.drawn = torch.rand(())
        return self.weight * x.flatten(1).mean(1, keepdim=True)


def own(network: type[nn.Module]) -> Run:
    return replace(RUN, model=part(f"tests.training.test_job:{network.__name__}"))


def test_a_loss_that_is_no_number_names_run_and_seed_and_leaves_no_output(
    table: Path, tmp_path: Path
) -> None:
    run = own(Overflowing)
    with pytest.raises(UserError) as caught:
        job(table, tmp_path / "run", run)
    assert str(caught.value).startswith(f"run {run.id}, seed 3: epoch 1")
    assert ", part network: the loss is " in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".weights.safetensors.failed"]


def test_a_network_that_draws_numbers_while_training_repeats_its_bits(table: Path, tmp_path: Path) -> None:
    contents = [job(table, tmp_path / name, own(Forgetful))[0].read_bytes() for name in ("a", "b")]
    assert contents[0] == contents[1]


def test_numbers_drawn_while_training_follow_the_seed_and_leave_others_alone(
    table: Path, tmp_path: Path
) -> None:
    run, state = own(Drawing), torch.random.get_rng_state()
    drawn = []
    for number, seed in enumerate((3, 3, 4)):
        weights, _ = job(table, tmp_path / str(number), run, seed)
        drawn.append(checkpoint.read_weights(weights, run.id)["drawn"].item())
    assert drawn[0] == drawn[1] != drawn[2]
    assert torch.equal(torch.random.get_rng_state(), state)


class Drawn(nn.Module):
    """A network that keeps the first number which it draws when it is built, and when it is trained."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.register_buffer("built", torch.rand(()))
        self.register_buffer("trained", torch.full((), -1.0))
        self.weight = nn.Parameter(torch.ones(classes))

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.trained < 0:
            self.trained = torch.rand(())
        return self.weight * x.flatten(1).mean(1, keepdim=True)


def test_what_is_drawn_while_training_is_not_what_the_network_was_built_from(
    table: Path, tmp_path: Path
) -> None:
    run = own(Drawn)
    found = checkpoint.read_weights(job(table, tmp_path, run)[0], run.id)
    expected = {}
    for name, purpose in (("built", "initialisation"), ("trained", "noise")):
        torch.manual_seed(derive(3, purpose))
        expected[name] = torch.rand(())
    assert expected["built"] != expected["trained"]
    for name, number in expected.items():
        assert torch.equal(found[name], number), name


@pytest.mark.parametrize("threads", [1, 2])
def test_as_many_threads_are_used_as_were_given(table: Path, tmp_path: Path, threads: int) -> None:
    torch.set_num_threads(3 - threads)
    job(table, tmp_path, threads=threads)
    assert torch.get_num_threads() == threads


def test_a_missing_gpu_is_said_before_anything_is_begun(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="device: found no CUDA GPU; expected one"):
        job(table, tmp_path, device="cuda")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_table_is_refused_before_anything_is_trained(table: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "digits.parquet"
    damaged.write_bytes(table.read_bytes()[:-50])
    with pytest.raises(UserError, match=f"{damaged}: truncated"):
        job(damaged, tmp_path / "run")
    assert not (tmp_path / "run").exists()
