"""Oracle: the network of a job, bit by bit; the data set's reader for the names of classes; and a process of
its own, in a folder that holds the file and nothing else.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import lea
from lea import cli
from lea.checkpoint import read_tensors, write_weights
from lea.compute.opening import Job, do_job
from lea.data.check import check, describe
from lea.data.dsprites import DSprites
from lea.errors import UserError
from lea.store import read_record, read_table
from lea.study.spec import Run, Task, Trained, canonical
from lea.study.stages import stage
from tests import specs
from tests.jobs import SEED, data_in, job, prepared
from tests.project import REPOSITORY
from tests.specs import autoencoder, part

LEAS = specs.run(
    model=part("cnn-lea", kernels=(2, 2), hidden=5, lea=specs.lea(autoencoder("vae"), window=4, stride=4)),
    method=part("alternate"),
    fit=specs.fit(snapshots=(0,)),
)
OWN = """
import copy, math
import torch
from torch import nn

class Small(nn.Module):
    def __init__(self, shape: tuple[int, ...], *, hidden: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), hidden), nn.BatchNorm1d(hidden))
        self.out = nn.Linear(hidden, 3)
        self.register_buffer("scale", torch.full((hidden,), 0.5), persistent=False)  # in no file

    def forward(self, x):
        return self.out(self.scale * self.layers(x))


class Student(nn.Module):
    def __init__(self, shape, classes: int, *, teacher: "Trained", keeps: str = "it") -> None:
        super().__init__()
        self.out = nn.Linear(3, classes)
        if keeps == "it":
            self.teacher = teacher
        elif keeps == "a copy":
            self.teacher = copy.deepcopy(teacher)
        self.asked = [teacher if keeps == "a list" else self.teacher]

    def forward(self, x):
        return self.out(torch.relu(self.asked[0](x)))
"""
SMALL = specs.run(model=part("load_own:Small", hidden=4))
CHILD = """
import sys
import lea
before = set(sys.modules)
assert before - set(sys.argv[1].split(",")) <= {"lea"}, before
import numpy, torch
torch.set_num_threads(1)
torch.set_float32_matmul_precision(sys.argv[2])
network = lea.load("weights.safetensors")
assert not {"pyarrow", "pandas", "snakemake", "yaml", "matplotlib", "scipy"} & set(sys.modules)
assert not network.training and not any(one.requires_grad for one in network.parameters())
numpy.save("out.npy", network(torch.from_numpy(numpy.load("x.npy"))).numpy())
print(network.lea_record["class_names"])
"""


def student(teacher: Run = SMALL, **options: Any) -> Run:
    return specs.run(model=part("load_own:Student", teacher=Trained(run=teacher, seed=None), **options))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "load_own.py").write_text(OWN)
    sys.path.insert(0, str(folder))
    yield folder / "load_own.py"
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(specs.sprites(), tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def leas(table: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return job("train", LEAS, tmp_path_factory.mktemp("leas"), table)


@pytest.fixture(scope="module")
def small(own: Path, table: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return job("train", SMALL, tmp_path_factory.mktemp("small"), table)


def expected(run: Run, table: Path, weights: Path, *trained: Path) -> tuple[Tensor, Tensor]:
    """Test samples, and what a job's network makes of them."""
    of = Job(
        stage=stage("measure"),
        run=run,
        asked=None,
        seed=SEED,
        device=torch.device("cpu"),
        threads=1,
        paths={"weights": weights},
        trained_paths=trained,
        tables={"data": read_table(table)},
    )
    x, _ = data_in(table, run).test.batch(torch.arange(20))
    return x, of.network().forward(x)


def in_a_fresh_process(folder: Path, weights: Path, x: Tensor) -> tuple[Tensor, str]:
    shutil.copy(weights, folder / "weights.safetensors")
    np.save(folder / "x.npy", x.numpy())
    started = subprocess.run(  # what Python itself imports here, and what `typing` does
        [sys.executable, "-c", "import sys, typing; print(*sys.modules, sep=',')"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, started, torch.get_float32_matmul_precision()],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return torch.from_numpy(np.load(folder / "out.npy")), done.stdout.strip()


def test_a_network_with_a_lea_gives_a_colleague_what_it_gave_the_job(
    leas: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    x, wanted = expected(LEAS, table, leas["weights"])
    found, names = in_a_fresh_process(tmp_path, leas["weights"], x)
    assert torch.equal(found, wanted)
    assert names == str(list(DSprites().names("embedded")["shape"]))


def test_a_network_of_the_users_own_needs_its_module_beside_the_file(
    own: Path, small: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    x, wanted = expected(SMALL, table, small["weights"])
    with pytest.raises(AssertionError) as caught:
        in_a_fresh_process(tmp_path, small["weights"], x)
    assert (
        "lea.errors.UserError: weights.safetensors: its network is made with 'load_own:Small', and there is "
        "no module 'load_own'; put its file on Python's path, and load again"
    ) in str(caught.value)
    shutil.copy(own, tmp_path)
    found, _ = in_a_fresh_process(tmp_path, small["weights"], x)
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("keeps", ["it", "a copy"])
def test_a_network_with_the_model_of_another_run_comes_whole_from_its_one_file(
    keeps: str, small: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    run = student(keeps=keeps)
    trained = job("train", run, tmp_path, table, inputs=[("trained", small["weights"])])["weights"]
    x, wanted = expected(run, table, trained, small["weights"])
    network = lea.load(trained)
    assert wanted.isfinite().all()
    assert torch.equal(network(x), wanted)
    assert network.lea_record["models"] == {SMALL.id: {"shape": [1, 32, 32], "classes": 3}}


def test_a_network_with_a_model_within_a_model_comes_whole_as_well(
    small: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    first, inputs = student(), [("trained", small["weights"])]
    middle = job("train", first, tmp_path, table, inputs=inputs)["weights"]
    second = student(first)
    inputs.append(("trained", middle))
    last = job("train", second, tmp_path, table, inputs=inputs)["weights"]
    x, wanted = expected(second, table, last, small["weights"], middle)
    network = lea.load(last)
    assert torch.equal(network(x), wanted)
    assert network.lea_record["models"].keys() == {SMALL.id, first.id}


def test_a_model_that_is_not_registered_is_missed_by_name(
    small: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    run = student(keeps="a list")
    trained = job("train", run, tmp_path, table, inputs=[("trained", small["weights"])])["weights"]
    with pytest.raises(UserError) as caught:
        lea.load(trained)
    assert str(caught.value) == (
        f"{trained}: it does not hold the weights of run {SMALL.id}, which its network is made with; "
        "expected them, since a network registers its submodules; register that model, and train again"
    )


def test_the_state_dict_is_that_of_the_file_and_nothing_is_drawn(leas: dict[str, Path]) -> None:
    before = torch.random.get_rng_state()
    network = lea.load(str(leas["weights"]))
    assert torch.equal(torch.random.get_rng_state(), before)
    tensors, record = read_tensors(leas["weights"], "")
    found = network.state_dict()
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], one) for name, one in tensors.items())
    assert network.lea_record == record
    assert record["layers"] == [name for name, _ in network.named_children()]


def test_the_record_says_the_specification_and_the_code_that_the_job_was_given(
    table: Path, tmp_path: Path
) -> None:
    run, outputs = specs.run(), {name: tmp_path / name for name in stage("train").outputs}
    spec = canonical(Task(run=run, asked=None))
    do_job("train", spec, 5, inputs=[("data", table)], outputs=outputs, device="cpu", threads=1, code="c0de")
    record = lea.load(outputs["weights"]).lea_record
    assert (record["id"], record["seed"], record["code"]) == (run.id, 5, "c0de")
    assert record["run"] == json.loads(canonical(run))
    assert record["lea"] == lea.__version__


def test_without_labels_there_are_no_names(table: Path, tmp_path: Path) -> None:
    run = specs.run(
        data=specs.data(target=None),
        model=part("tests.inhabitants.adversarial.my_gan:GAN", code=3, hidden=6),
        method=part("tests.inhabitants.adversarial.my_adversarial:Adversarial", real=0.9),
    )
    network = lea.load(job("train", run, tmp_path, table)["weights"])
    assert network.lea_record["class_names"] is None
    assert network.lea_record["classes"] == 0


def test_what_is_no_networks_weights_is_refused_in_words(
    leas: dict[str, Path], table: Path, tmp_path: Path
) -> None:
    state, foreign = tmp_path / ".weights.safetensors.state", tmp_path / "foreign.safetensors"
    write_weights(state, {}, {"id": "a", "state": {}})
    write_weights(foreign, {}, {})
    give = "give the file 'weights.safetensors' of a run and seed"
    found = {
        leas["snapshots"]: "found snapshots",
        table: "found a table",
        state: "found the state of a job",
        foreign: "found tensors of no stage",
        tmp_path: "found a folder",
        tmp_path / "nowhere": "no such file",
    }
    for path, words in found.items():
        with pytest.raises(UserError) as caught:
            lea.load(path)
        assert str(caught.value) == f"{path}: {words}; expected the weights of a network; {give}"


def test_damaged_weights_are_not_loaded(leas: dict[str, Path], tmp_path: Path) -> None:
    path, content = tmp_path / "w", bytearray(leas["weights"].read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="does not match the digest"):
        lea.load(path)


def test_a_library_that_is_missing_is_named(leas: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.split(".")[0] == "safetensors"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for name in ("lea.loading", "lea.checkpoint"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(UserError, match=r"found no module 'safetensors.*'; .*pip install safetensors"):
        lea.load(leas["weights"])


def test_one_command_prints_the_record_of_weights_states_and_tables(
    leas: dict[str, Path], table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / ".weights.safetensors.state"
    write_weights(state, {}, {"id": "a", "state": {"epoch": 3}})
    wanted = {
        leas["weights"]: read_tensors(leas["weights"], "")[1],
        state: {"id": "a", "state": {"epoch": 3}},
        leas["metrics"]: read_record(read_table(leas["metrics"])),
        table: read_record(read_table(table)),
    }
    for path, record in wanted.items():
        assert cli.main(["record", str(path)]) == 0
        assert json.loads(capsys.readouterr().out) == record
    assert cli.main(["record", str(tmp_path / "nowhere")]) == 2
    assert "no such file; expected a table, weights or a state" in capsys.readouterr().err


def test_weights_snapshots_and_states_that_are_well_are_described(
    leas: dict[str, Path], tmp_path: Path
) -> None:
    state = tmp_path / ".weights.safetensors.state"
    write_weights(state, {"best": torch.tensor(torch.inf)}, {"id": "a", "seed": 1, "state": {}})
    whose = {name: f"{name} of run {LEAS.id}, seed {SEED}" for name in ("weights", "snapshots")}
    wanted = {leas[name]: words for name, words in whose.items()}
    for path, words in (wanted | {state: "the state of a job of run a, seed 1"}).items():
        assert check(path) == []
        assert describe(path) == words


def test_what_is_wrong_with_weights_is_said(leas: dict[str, Path], tmp_path: Path) -> None:
    path, content = tmp_path / "weights.safetensors", leas["weights"].read_bytes()
    again = "delete the file, and the workflow makes it again"
    path.write_bytes(content[:-1])
    assert check(path) == [f"{path}: truncated: {len(content) - 1} of {len(content)} bytes; {again}"]
    path.write_bytes(content[:5])
    expected = "expected tensors of this project; replace it or correct its name"
    assert check(path) == [f"{path}: truncated, 5 bytes; {expected}"]
    path.write_bytes(content[:-9] + bytes([content[-9] ^ 16]) + content[-8:])
    damaged = "damaged: its content does not match the digest that it was written with"
    assert check(path) == [f"{path}: {damaged}; {again}"]
    write_weights(path, {"a": torch.ones(1), "b": torch.tensor([torch.nan])}, {"id": "a"})
    found = "'b' holds values that are not finite; expected numbers; delete the file, and rerun"
    assert check(path) == [f"{path}: {found}"]
    save_file({"a": torch.ones(1)}, path)
    foreign = "a safetensors file, but not one of this project: it carries no digest"
    assert check(path) == [f"{path}: {foreign}; {again}"]
