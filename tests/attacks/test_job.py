"""Oracle: the file, read again: a row for every image and attack, and what the network answers itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from lea.attacks.search import Attack, Search
from lea.attacks.stage import OUTPUTS, Attacks
from lea.checkpoint import write_weights
from lea.compute.opening import do_job
from lea.data.job import prepare
from lea.data.tensors import data_of
from lea.errors import UserError
from lea.store import read_record, read_table, write_table
from lea.studies.lea.networks.classic import Classic
from lea.study.spec import Part, Run, Task, canonical
from tests import specs
from tests.specs import SIDE, part, sprites

SEED, BATCH = 3, 8
RUN = specs.run(data=specs.data(samples=20))
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
    inputs = [("data", table), ("weights", weights)]
    spec, outputs = canonical(Task(run=run, asked=attacks)), {"attacks": output}
    do_job("attack", spec, seed, inputs=inputs, outputs=outputs, device="cpu", threads=1)
    frame: pd.DataFrame = read_table(output, OUTPUTS["attacks"]).to_pandas()
    return frame


@pytest.fixture(scope="module")
def made(table: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return job(table, weights, tmp_path_factory.mktemp("made") / "deep" / "er" / "attacks.parquet")


def shown(table: Path) -> tuple[Tensor, Tensor]:
    x, y = data_of(read_table(table), RUN.data, SEED, {}).test.batch(torch.tensor(ROWS))
    assert y is not None
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
    assert [one["name"] for one in record["asked"]["which"]] == list(NAMES)
    assert {"torch", "numpy", "scipy", "foolbox"} <= record["libraries"].keys()


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
    assert {path.name for path in tmp_path.iterdir()} <= {".attacks.parquet.failed"}, "why, and no more"


def test_samples_without_a_range_have_no_bounds_to_stay_in(
    table: Path, weights: Path, tmp_path: Path
) -> None:
    known = read_table(table)
    columns = {field.name: str(field.type) for field in known.schema}
    write_table(tmp_path / "open.parquet", known, columns, read_record(known) | {"range": None})
    with pytest.raises(UserError, match=r"open.parquet: found samples without a range, and attacks"):
        job(tmp_path / "open.parquet", weights, tmp_path / "attacks.parquet")


def test_a_network_whose_answer_is_not_finite_is_named(table: Path, tmp_path: Path) -> None:
    broken = network()
    with torch.no_grad():
        for weight in broken.parameters():
            weight *= 1e30  # each finite, and their products not
    path = tmp_path / "weights.safetensors"
    write_weights(path, broken.state_dict(), {"id": RUN.id, "seed": SEED})
    with pytest.raises(UserError, match=rf"run {RUN.id}, seed 3: test image 0: the network's answer is not"):
        job(table, path, tmp_path / "attacks.parquet")


class Watching(Attack):
    """Notes in what arithmetic it is answered."""

    FAMILY = "decision"
    seen: ClassVar[set[tuple[object, ...]]] = set()

    def attack(self, search: Search) -> None:
        """Look at one image."""
        logits, _ = search.query(search.rows, search.x[search.rows])
        coarse = torch.backends.cudnn.allow_tf32, torch.is_autocast_enabled("cpu")
        self.seen.add((search.x.dtype, logits.dtype, *coarse))


@pytest.mark.usefixtures("bfloat16_here")
def test_a_network_is_attacked_in_float32_whatever_it_was_trained_in(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TF32 would round a convolution to 1e-3; PyTorch allows it unless it is forbidden."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(Watching, "seen", set())
    run = replace(RUN, fit=replace(RUN.fit, precision="bfloat16"))
    weights = tmp_path / "weights.safetensors"
    write_weights(weights, network().state_dict(), {"id": run.id, "seed": SEED})
    watching = replace(DECISIONS, which=(part("tests.attacks.test_job:Watching"),))
    found = job(table, weights, tmp_path / "attacks.parquet", attacks=watching, run=run)
    assert torch.backends.cudnn.allow_tf32 is False
    assert Watching.seen == {(torch.float32, torch.float32, False, False)}
    x, _ = shown(table)
    assert found["clean"].tolist() == network().eval()(x).argmax(1).tolist()
