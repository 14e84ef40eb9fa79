"""Oracle: the same job without interruption, byte by byte."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lea.attacks.stage import OUTPUTS as ATTACKS
from lea.attacks.stage import Attacks
from lea.probes.stage import Probes
from lea.store import read_table
from lea.study.spec import Frozen, Part, Run, Task, canonical
from lea.study.stages import stage
from tests import specs
from tests.jobs import prepared
from tests.specs import autoencoder, part

ROOT = Path(__file__).parents[2]
KILLED, TERMINATED = -signal.SIGKILL, 128 + signal.SIGTERM
DATA = specs.data(samples=30, held_out=10)


def run(of: Part, method: Part, **fit: Any) -> Run:
    return specs.run(
        data=DATA,
        model=part("cnn-lea", kernels=(2, 2), hidden=5, lea=specs.lea(of, window=4, stride=4)),
        method=method,
        fit=specs.fit(**{"epochs": 3, "batch_size": 4, "snapshots": (0, 2)} | fit),
    )


def encoder_decoder(encoder: Part, prior: Part, method: Part, **fit: Any) -> Run:
    return specs.run(
        data=specs.data(target=None, samples=30, held_out=10),
        model=part("encoder-decoder", latent=4, layout=part("fc"), encoder=encoder, prior=prior),
        method=method,
        fit=specs.fit(**{"epochs": 6, "batch_size": 4} | fit),
    )


GAN = "tests.inhabitants.adversarial"
RISING = autoencoder("cvae", gamma=5.0, capacity=10.0, rising=2)
JOINT = part("joint", class_weight=1.0, lea_weight=1.0)
OTHERS = {
    "optimizer": part("sgd", rate=1e-2, momentum=0.9),
    "optimizers": {"leas": part("rmsprop", rate=1e-3, momentum=0.5, clip_norm=1.0)},
    "frozen": Frozen(parts=("conv1", "lea1"), statistics="fitted"),
}
PLAIN = "no LEAs, in three passes an epoch"
RUNS = {
    "alternate, capacity rises": run(RISING, part("alternate")),
    "joint, k-sparse, bfloat16": run(autoencoder("ksparse", k=2, a=1.5), JOINT, precision="bfloat16"),
    "independent, samples codes": run(autoencoder("vae"), part("independent")),
    "shared": run(autoencoder(), part("shared")),
    "other optimizers, half of it frozen": run(autoencoder("vae"), part("alternate"), **OTHERS),
    "two networks, draws while it is tested": specs.run(
        data=specs.data(target=None, samples=30, held_out=10),
        model=part(f"{GAN}.my_gan:GAN", code=3, hidden=6),
        method=part(f"{GAN}.my_adversarial:Adversarial", real=0.9),
        fit=specs.fit(epochs=9, batch_size=4),
    ),
    "random encoder with normalisation and dropout, prior of inputs": encoder_decoder(
        part("fixed", normalise=True, dropout=0.2), part("vamp", components=3), part("elbo", protocol="elbo")
    ),
    "prior fitted by iterations": encoder_decoder(
        part("fixed"),
        part("fitted-mixture", components=3),
        part("fit-prior"),
        epochs=30,
        batch_size="all",
        optimizer=None,
    ),
    "archetypes by Frank-Wolfe": specs.run(
        data=specs.data(target=None, samples=30, held_out=10),
        model=part("archetypes", archetypes=3),
        method=part("fit-archetypes", solver="frank-wolfe", candidates=20),
        fit=specs.fit(epochs=30, batch_size="all", optimizer=None),
    ),
    PLAIN: specs.run(data=DATA, fit=specs.fit(epochs=3, passes=3, batch_size=4)),
}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(DATA.table, tmp_path_factory.mktemp("data"))


def attempts(
    arguments: dict[str, Any], kills: int = 0, sent: str = "SIGKILL", every: float = 0.0, within: float = 0.01
) -> list[list[Any]]:
    """How each attempt ended: its status, and whether it left a half written state."""
    asked = {"arguments": arguments, "kills": kills, "signal": sent, "every": every}
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


def arguments(
    name: str, run: Run, folder: Path, table: Path, weights: Path | None = None, asked: Any = None
) -> dict[str, Any]:
    """Of a job."""
    return {
        "name": name,
        "spec": canonical(Task(run=run, asked=asked)),
        "seed": 3,
        "inputs": [("data", str(table))] + ([("weights", str(weights))] if weights else []),
        "outputs": {output: str(folder / output) for output in stage(name).outputs},
        "device": "cpu",
        "threads": 1,
        "code": "c0de",
    }


@pytest.mark.parametrize("name", RUNS)
def test_a_training_killed_twenty_times_ends_in_the_same_bits(name: str, table: Path, tmp_path: Path) -> None:
    through, killed = tmp_path / "through", tmp_path / "killed"
    assert len(attempts(arguments("train", RUNS[name], through, table))) == 1
    ends = attempts(arguments("train", RUNS[name], killed, table), kills=20)
    assert [status for status, _ in ends[:-1]] == 20 * [KILLED]
    assert sum(half for _, half in ends) >= 5  # while the state was written
    for output in ("weights", "snapshots", "metrics"):
        assert (killed / output).read_bytes() == (through / output).read_bytes(), output
    outputs = set(stage("train").outputs)
    assert {file.name for file in killed.iterdir()} == outputs  # nothing is left of the state


def test_asked_to_end_a_training_keeps_what_it_has_done_at_once(table: Path, tmp_path: Path) -> None:
    asked = RUNS["alternate, capacity rises"]
    through, ended = tmp_path / "through", tmp_path / "ended"
    attempts(arguments("train", asked, through, table))
    ends = attempts(arguments("train", asked, ended, table), 5, "SIGTERM", every=3600.0)
    assert [status for status, _ in ends[:-1]] == 5 * [TERMINATED]
    assert (ended / "weights").read_bytes() == (through / "weights").read_bytes()


@pytest.fixture(scope="module")
def weights(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    attempts(arguments("train", RUNS[PLAIN], folder, table))
    return folder / "weights"


def test_probes_killed_ten_times_end_in_the_same_bits(table: Path, weights: Path, tmp_path: Path) -> None:
    asked = Probes(
        factors=("scale", "orientation", "x", "y"),
        layers=None,
        hidden=4,
        samples=30,
        epochs=3,
        batch_size=8,
        learning_rate=1e-2,
    )
    through, killed = tmp_path / "through", tmp_path / "killed"
    attempts(arguments("probe", RUNS[PLAIN], through, table, weights, asked))
    ends = attempts(arguments("probe", RUNS[PLAIN], killed, table, weights, asked), kills=10)
    assert [status for status, _ in ends[:-1]] == 10 * [KILLED]
    assert (killed / "probes").read_bytes() == (through / "probes").read_bytes()


def test_attacks_go_on_behind_those_that_are_finished(table: Path, weights: Path, tmp_path: Path) -> None:
    named = ("gaussian-noise", "salt-and-pepper", "contrast-reduction", "gaussian-blur", "spatial")
    which = tuple(part(name) for name in named)
    asked = Attacks(family="decision", which=which, batches=2, batch_size=8, images=2)
    through, killed = (
        arguments("attack", RUNS[PLAIN], tmp_path / name, table, weights, asked)
        for name in ("through", "killed")
    )
    attempts(through)
    ends = attempts(killed, kills=2, within=0.0)
    assert [status for status, _ in ends[:-1]] == 2 * [KILLED]
    tables = [read_table(Path(one["outputs"]["attacks"]), ATTACKS["attacks"]) for one in (through, killed)]
    rows = [one.drop_columns("seconds").to_pylist() for one in tables]
    assert rows[0] == rows[1]
    assert [row["attack"] for row in rows[0][::4]] == list(named)
