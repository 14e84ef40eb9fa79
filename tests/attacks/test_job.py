"""Oracle: the file, read again: a row for every image and attack, and what the network answers itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from lea.attacks.job import attack
from lea.checkpoint import write_weights
from lea.data.job import prepare
from lea.data.tensors import read_data
from lea.errors import UserError
from lea.nn.networks.classic import Classic
from lea.store import ATTACKS, read_record, read_table
from lea.study.spec import Attacking, Attacks, Part, Run, canonical
from tests.specs import SIDE, classic, sprites

SEED, BATCH = 3, 8
RUN = classic()
NAMES = ("gaussian-noise", "contrast-reduction", "salt-and-pepper")
DECISIONS = Attacks(
    family="decision",
    which=tuple(
        Part(name=name, options={"steps": 20} | ({"seed": 0} if "-n" in name or "pepper" in name else {}))
        for name in NAMES
    ),
    batches=2,
    batch_size=BATCH,
    images=3,
)
ROWS = [0, 1, 2, 8, 9, 10]


def network() -> nn.Module:
    torch.manual_seed(1)
    return Classic((1, SIDE, SIDE), 3, kernels=(2, 2), hidden=5)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "sprites.parquet"
    prepare(canonical(sprites()), path.parent, path)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "weights.safetensors"
    write_weights(path, network().state_dict(), {"id": RUN.id, "seed": SEED})
    return path


def job(
    table: Path,
    weights: Path,
    output: Path,
    *,
    attacks: Attacks = DECISIONS,
    run: Run = RUN,
    seed: int = SEED,
) -> pd.DataFrame:
    spec = canonical(Attacking(run=run, attacks=attacks))
    attack(spec, seed, weights=weights, data=table, output=output, device="cpu", threads=1)
    frame: pd.DataFrame = read_table(output, ATTACKS).to_pandas()
    return frame


@pytest.fixture(scope="module")
def made(table: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return job(table, weights, tmp_path_factory.mktemp("made") / "deep" / "er" / "attacks.parquet")


def shown(table: Path) -> tuple[Tensor, Tensor]:
    x, y = read_data(table, "shape").test.batch(torch.tensor(ROWS))
    return x, y


def test_there_is_a_row_for_each_attack_and_the_first_images_of_each_batch(made: pd.DataFrame) -> None:
    assert set(made["run"]) == {RUN.id}
    assert set(made["seed"]) == {SEED}
    assert list(zip(made["attack"], made["sample"], strict=True)) == [
        (name, row) for name in NAMES for row in ROWS
    ]
    assert set(made["family"]) == {"decision"}
    assert set(made["protocol"]) == {"source"}


def test_images_that_the_network_gets_wrong_are_left_alone(made: pd.DataFrame, table: Path) -> None:
    x, y = shown(table)
    answers = network().eval()(x).argmax(1)
    assert 0 < (answers == y).sum() < len(y)
    for _, its in made.groupby("attack"):
        assert its["label"].tolist() == y.tolist()
        assert its["clean"].tolist() == answers.tolist()
        assert (its["status"] != "not attacked").tolist() == (answers == y).tolist()
    assert (made["success"] == (made["status"] == "found")).all()
    assert made["distance"].notna().equals(made["success"])
    assert (made.loc[made["status"] != "not attacked", "seconds"] > 0).all()


def test_the_same_job_gives_the_same_rows_and_another_seed_other_noise(
    made: pd.DataFrame, table: Path, weights: Path, tmp_path: Path
) -> None:
    again = job(table, weights, tmp_path / "again.parquet")
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), made.drop(columns="seconds"))
    other = tmp_path / "other.safetensors"
    write_weights(other, network().state_dict(), {"id": RUN.id, "seed": SEED + 1})
    drawn = job(table, other, tmp_path / "other.parquet", seed=SEED + 1)
    same = drawn["distance"].eq(made["distance"])
    assert same[(made["attack"] == "contrast-reduction") & made["success"]].all()
    assert not same[(made["attack"] == "salt-and-pepper") & made["success"]].any()


def test_a_family_of_fewer_attacks_finds_the_same(
    made: pd.DataFrame, table: Path, weights: Path, tmp_path: Path
) -> None:
    fewer = job(
        table, weights, tmp_path / "one.parquet", attacks=replace(DECISIONS, which=DECISIONS.which[2:])
    )
    wanted = made[made["attack"] == NAMES[2]].reset_index(drop=True)
    pd.testing.assert_frame_equal(fewer.drop(columns="seconds"), wanted.drop(columns="seconds"))


def test_the_record_says_what_was_attacked_with_what(table: Path, weights: Path, tmp_path: Path) -> None:
    job(table, weights, tmp_path / "attacks.parquet")
    record = read_record(read_table(tmp_path / "attacks.parquet"))
    assert (record["id"], record["seed"], len(record["labels"])) == (RUN.id, SEED, 3)
    assert sum(record["labels"]) == 24
    assert [one["name"] for one in record["attacks"]["which"]] == list(NAMES)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "weights of another seed": ({"seed": 4}, "found weights of"),
    "too many images": (
        {"attacks": replace(DECISIONS, batches=4)},
        "found 24 test images; the attacks ask for number 27; ask for fewer batches",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    name: str, table: Path, weights: Path, tmp_path: Path
) -> None:
    changes, message = WRONG[name]
    with pytest.raises(UserError, match=message):
        job(table, weights, tmp_path / "attacks.parquet", **changes)
    assert not list(tmp_path.iterdir())


def test_a_network_whose_answer_is_not_finite_is_named(table: Path, tmp_path: Path) -> None:
    broken = network()
    with torch.no_grad():
        for weight in broken.parameters():
            weight *= 1e30  # each finite, and their products not
    path = tmp_path / "weights.safetensors"
    write_weights(path, broken.state_dict(), {"id": RUN.id, "seed": SEED})
    with pytest.raises(UserError, match=rf"weights.safetensors: run {RUN.id}, seed 3, test image 0: the"):
        job(table, path, tmp_path / "attacks.parquet")
