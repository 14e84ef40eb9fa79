"""Oracle: the same job without interruption, byte by byte."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lea.data.job import prepare
from lea.store import ATTACKS, read_table
from lea.study.paths import OUTPUTS
from lea.study.spec import Attacking, Attacks, Lea, Part, Pictures, Probes, Probing, Run, canonical
from tests.specs import classic, sprites, training

ROOT = Path(__file__).parents[2]
KILLED, TERMINATED = -signal.SIGKILL, 128 + signal.SIGTERM


def lea(name: str, **options: Any) -> Lea:
    return Lea(
        autoencoder=Part(name=name, options=options),
        coder=Part(name="fc", options={}),
        code_length=3,
        window=8,
        stride=8,
    )


def run(name: str, how: str, precision: str = "float32", weight: float | None = None, **options: Any) -> Run:
    return replace(
        classic(),
        network=Part(name="cnn-lea", options={"kernels": (2, 2), "hidden": 5}),
        lea=lea(name, **options),
        training=training(
            epochs=3,
            batch_size=4,
            regime=how,
            precision=precision,
            class_weight=weight,
            lea_weight=weight,
            samples=30,
            held_out=10,
        ),
        pictures=Pictures(epochs=(0, 2), images=1),
    )


RUNS = {
    "alternate, capacity rises": run("cvae", "alternate", gamma=5.0, capacity=10.0, rising=2),
    "joint, k-sparse, bfloat16": run("ksparse", "joint", "bfloat16", 1.0, k=2, a=1.5),
    "independent, samples codes": run("vae", "independent"),
    "shared": run("ae", "shared"),
    "no LEAs": replace(classic(), training=training(epochs=9, batch_size=4)),
}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "sprites.parquet"
    prepare(canonical(sprites()), path.parent, path)
    return path


def attempts(
    job: str,
    arguments: dict[str, Any],
    kills: int = 0,
    sent: str = "SIGKILL",
    every: float = 0.0,
    within: float = 0.01,
) -> list[list[Any]]:
    """How each attempt ended: its status, and whether it left a half written state."""
    asked = {"job": job, "arguments": arguments, "kills": kills, "signal": sent, "every": every}
    done = subprocess.run(
        [sys.executable, "-m", "tests.compute.killing"],
        input=json.dumps(asked | {"seed": 1, "within": within}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ends: list[list[Any]] = json.loads(done.stdout)
    assert ends[-1][0] == 0, done.stderr
    return ends


def arguments(asked: Run, folder: Path, table: Path) -> dict[str, Any]:
    outputs = {name: str(folder / name) for name in OUTPUTS}
    machine = {"device": "cpu", "threads": 1, "code": "c0de"}
    return {"spec": canonical(asked), "seed": 3, "data": str(table), "outputs": outputs} | machine


@pytest.mark.parametrize("name", RUNS)
def test_a_training_killed_twenty_times_ends_in_the_same_bits(name: str, table: Path, tmp_path: Path) -> None:
    through, killed = tmp_path / "through", tmp_path / "killed"
    assert len(attempts("lea.training.job:train", arguments(RUNS[name], through, table))) == 1
    ends = attempts("lea.training.job:train", arguments(RUNS[name], killed, table), kills=20)
    assert [status for status, _ in ends[:-1]] == 20 * [KILLED]
    assert sum(half for _, half in ends) >= 5  # while the state was written
    for output in ("weights", "metrics", "pictures"):
        assert (killed / output).read_bytes() == (through / output).read_bytes(), output
    assert {file.name for file in killed.iterdir()} == set(OUTPUTS)  # nothing is left of the state


def test_asked_to_end_a_training_keeps_what_it_has_done_at_once(table: Path, tmp_path: Path) -> None:
    asked = RUNS["alternate, capacity rises"]
    through, ended = tmp_path / "through", tmp_path / "ended"
    attempts("lea.training.job:train", arguments(asked, through, table))
    ends = attempts("lea.training.job:train", arguments(asked, ended, table), 5, "SIGTERM", every=3600.0)
    assert [status for status, _ in ends[:-1]] == 5 * [TERMINATED]
    assert (ended / "weights").read_bytes() == (through / "weights").read_bytes()


def trained(table: Path, folder: Path) -> dict[str, Any]:
    """The arguments of a job on a trained network, but for its specification."""
    attempts("lea.training.job:train", arguments(RUNS["no LEAs"], folder, table))
    files = {"weights": str(folder / "weights"), "data": str(table)}
    return files | {"seed": 3, "device": "cpu", "threads": 1, "code": "c0de"}


def test_probes_killed_ten_times_end_in_the_same_bits(table: Path, tmp_path: Path) -> None:
    names = ("scale", "orientation", "x", "y")
    probes = Probes(
        factors=names, layers=None, hidden=4, samples=30, epochs=3, batch_size=8, learning_rate=1e-2
    )
    asked = {"spec": canonical(Probing(run=RUNS["no LEAs"], probes=probes))} | trained(table, tmp_path)
    through, killed = tmp_path / "through", tmp_path / "killed"
    attempts("lea.probes.job:probe", asked | {"output": str(through)})
    ends = attempts("lea.probes.job:probe", asked | {"output": str(killed)}, kills=10)
    assert [status for status, _ in ends[:-1]] == 10 * [KILLED]
    assert killed.read_bytes() == through.read_bytes()


def test_attacks_go_on_behind_those_that_are_finished(table: Path, tmp_path: Path) -> None:
    named = ("gaussian-noise", "salt-and-pepper", "contrast-reduction", "gaussian-blur", "spatial")
    which = tuple(Part(name=name, options={}) for name in named)
    attacks = Attacks(family="decision", which=which, batches=2, batch_size=8, images=2)
    asked = {"spec": canonical(Attacking(run=RUNS["no LEAs"], attacks=attacks))} | trained(table, tmp_path)
    through, killed = tmp_path / "through", tmp_path / "killed"
    attempts("lea.attacks.job:attack", asked | {"output": str(through)})
    ends = attempts("lea.attacks.job:attack", asked | {"output": str(killed)}, kills=2, within=0.0)
    assert [status for status, _ in ends[:-1]] == 2 * [KILLED]
    rows = [read_table(path, ATTACKS).drop_columns("seconds").to_pylist() for path in (through, killed)]
    assert rows[0] == rows[1]
    assert [row["attack"] for row in rows[0][::4]] == list(named)
