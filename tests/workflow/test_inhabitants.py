"""Oracle: the promise of docs/design.md, what each of three new inhabitants has to touch, counted; and what
must be true of their results (weights that were frozen, splits that are fresh, shares of zeros).
"""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from lea.data.tensors import divide
from lea.store import read_record, read_table
from lea.study.spec import Run, canonical, parse
from tests.project import REPOSITORY
from tests.workflow.conftest import Project, copy_project

pytestmark = pytest.mark.xdist_group("study")
INHABITANTS = REPOSITORY / "tests/inhabitants"
# The files that each needs, and the lines of lea/registry.py.
PROMISED = {
    "adversarial": {
        "my_gan.py",
        "my_adversarial.py",
        "config/sprites/study.yaml",
        "config/sprites/made.yaml",
    },
    "transfer": {"my_encoder.py", "config/digits/study.yaml", "config/digits/transfer.yaml"},
    "census": {
        "lea/census/stage.py",
        "lea/census/job.py",
        "my_silence.py",
        "my_bars.py",
        "config/silence/study.yaml",
        "config/silence/layers.yaml",
    },
}
LINE = '    "census": "lea.census",\n'  # of the stage


def files_of(name: str) -> set[str]:
    root = INHABITANTS / name
    found = (file for file in root.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(root).as_posix() for file in found}


def move_in(project: Project, name: str) -> None:
    """Put an inhabitant's files into the project, none of which was there, and its line into the registry."""
    for file in files_of(name):
        target = project.root / file
        assert not target.exists(), f"{file} is the project's"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(INHABITANTS / name / file, target)
    if name == "census":
        project.edit("lea/registry.py", "STAGES = {\n", f"STAGES = {{\n{LINE}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project with all three, built."""
    project = copy_project(tmp_path_factory.mktemp("house") / "study")
    for name in PROMISED:
        move_in(project, name)
    project.build("--config", "studies=[sprites,digits,silence]")
    return project


def weights(project: Project, label: str, seed: int, study: str, figure: str) -> dict:
    drawn = pd.read_csv(project.root / f"results/quick/{study}/figures/{figure}.csv")
    run = drawn[drawn["label"] == label]["run"].iloc[0]
    return load_file(project.root / f"results/quick/runs/run={run}/seed={seed}/weights.safetensors")


@pytest.mark.parametrize("name", PROMISED)
def test_an_inhabitant_touches_what_is_promised_and_nothing_else(name: str):
    assert files_of(name) == PROMISED[name]


@pytest.mark.parametrize("name", PROMISED)
def test_the_page_shows_each_of_their_files(name: str):
    page = (REPOSITORY / "docs/extend.md").read_text()
    blocks = dict(re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", page, re.DOTALL))
    for file in PROMISED[name]:
        assert blocks[file] == (INHABITANTS / name / file).read_text(), file
    assert LINE.strip() in page


def test_a_generator_and_a_discriminator_learn_with_an_optimizer_each(house: Project):
    losses = pd.read_csv(house.root / "results/quick/sprites/figures/fig-losses.csv")
    assert set(losses["metric"]) == {"loss", "accuracy"}
    assert losses["median"].notna().all()
    metrics = pd.concat(pq.read_table(file).to_pandas() for file in runs(house, "gan-*/*/metrics.parquet"))
    values = metrics.set_index(["part", "metric"])["value"]
    assert values["discriminator", "accuracy"].between(0, 1).all()
    assert values["discriminator", "surest"].between(0, 1).all()  # a maximum, not a mean over samples
    assert (values["generator", "loss"] > 0).all()
    even, smoothed = (weights(house, label, 0, "sprites", "fig-losses") for label in ("even", "smoothed"))
    assert any((even[name] != smoothed[name]).any() for name in even)


def test_a_frozen_encoder_stays_what_the_other_run_made_of_it(house: Project):
    for seed in (0, 1):
        first, second = (
            weights(house, label, seed, "digits", "fig-transfer") for label in ("shape", "place after shape")
        )
        fixed = [name for name in first if name.startswith("encoder.") and "running" not in name]
        fixed = [name for name in fixed if "num_batches" not in name]
        assert fixed
        assert all((first[name] == second[name]).all() for name in fixed)
        assert second["head.weight"].shape[0] != first["head.weight"].shape[0]


def test_each_seed_has_a_division_of_its_own_that_all_runs_share(house: Project):
    table = read_table(next(house.root.glob("results/quick/data/dsprites-*.parquet")))
    divided = {}
    for file in runs(house, "encoded-*/*/metrics.parquet"):
        record = read_record(pq.read_table(file))
        run = parse(Run, canonical(record["run"]))
        divided[record["id"], record["seed"]] = divide(table, run.data, record["seed"])
        metrics = pq.read_table(file).to_pandas()
        test = metrics[(metrics["split"] == "test") & (metrics["metric"] == "accuracy")]["value"]
        assert (test * 10).round(6).isin(range(11)).all()  # ten are left of the sixty
    assert len(divided) == 3 * 2
    for seed in (0, 1):
        train, test, held_out = zip(
            *(parts for (_, its), parts in divided.items() if its == seed), strict=True
        )
        assert all(np.array_equal(rows, train[0]) for rows in train)
        together = np.concatenate([train[0], test[0], held_out[0]])
        assert sorted(together) == list(range(60))
    first, second = (
        {tuple(parts.train) for (_, its), parts in divided.items() if its == seed} for seed in (0, 1)
    )
    assert first.isdisjoint(second)


def test_a_stage_of_ones_own_is_run_summarised_and_drawn(house: Project):
    drawn = pd.read_csv(house.root / "results/quick/silence/figures/my-bars.csv")
    assert list(drawn["layer"].unique()) == ["conv1", "pool1", "conv2", "pool2", "hidden", "out"]
    assert drawn["zeros"].between(0, 1).all()
    assert (drawn[drawn["layer"] == "conv1"]["zeros"] > 0).all()  # behind a ReLU
    assert (drawn[drawn["layer"] == "out"]["zeros"] == 0).all()
    assert (house.root / "results/quick/silence/figures/my-bars.png").exists()


def test_a_model_as_it_was_built_is_looked_at_without_a_training(house: Project):
    built = [file.parent for file in runs(house, "classic-*/*/census-*.parquet")]
    assert len(built) == 4
    assert sum((folder / "weights.safetensors").exists() for folder in built) == 2


def test_an_edit_of_the_stage_s_job_runs_the_stage_and_what_follows(house: Project):
    config = ("--config", "studies=[sprites,digits,silence]")
    assert house.planned(*config) == {}
    house.edit("lea/census/job.py", ".float().mean()", ".double().mean()")
    assert house.planned(*config) == {"census": 4, "summarise": 1, "draw_figure": 1}


def runs(project: Project, pattern: str) -> list[Path]:
    return sorted(project.root.glob(f"results/quick/runs/run={pattern}"))
