"""Oracle: the page docs/extend.md itself, whose files are written and whose command is run as they stand
there."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from tests.project import REPOSITORY
from tests.workflow.conftest import Project, copy_project

pytestmark = pytest.mark.xdist_group("study")
BLOCK = re.compile(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def page() -> str:
    return (REPOSITORY / "docs/extend.md").read_text()


@pytest.fixture(scope="module")
def extended(page: str, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project, and the page's study in a folder beside it, built by the page's command."""
    project = copy_project(tmp_path_factory.mktemp("extended") / "study")
    for name, text in BLOCK.findall(page):
        file = (project.root.parent if name.startswith("stripes/") else project.root) / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    project.build(*command(page))
    return project


def command(page: str) -> list[str]:
    return shlex.split(re.search(r"```sh\nsnakemake --cores all (.*?)\n```", page).group(1))


def test_the_page_s_study_is_built_to_its_figure(extended: Project):
    figures = extended.root / "results/quick/stripes/figures"
    best = pd.read_csv(figures / "my-figure.csv")
    assert best["label"].value_counts().to_dict() == {"narrow": 2, "wide": 2, "thrifty": 2}
    assert best.groupby("label")["hidden"].first().to_dict() == {"narrow": 2, "wide": 32, "thrifty": 8}
    assert best["value"].between(0.4, 1).all()
    assert (figures / "my-figure.png").exists()
    probed = pd.read_csv(figures / "probes.csv")
    layers = probed.groupby("label")["layer"].unique()
    assert list(layers["thrifty"]) == ["input", "lea", "hidden", "out"]
    assert set(probed["factor"]) == {"direction"}
    assert (probed["chance"] == 0.5).all()
    attacked = pd.read_csv(figures / "attacks.csv")
    assert attacked.groupby("attack")["protocol"].first().to_dict() == {
        "my_attack:Negative": "own",
        "gradient-sign": "source",
    }


def test_an_edit_of_an_own_part_runs_what_depends_on_it(extended: Project, page: str):
    assert extended.planned(*command(page)) == {}
    extended.edit("../stripes/my_figure.py", '"o"', '"x"')
    assert extended.planned(*command(page)) == {"draw_figure": 1}
    extended.edit("../stripes/my_attack.py", "linspace(0, 1", "linspace(0.0, 1")
    again = {"attack": 6, "summarise": 2, "draw_figure": 2}
    assert extended.planned(*command(page)) == again
    extended.edit("../stripes/my_network.py", "torch.relu", "torch.tanh")
    planned = {"train": 4, "probe": 4, "attack": 10, "summarise": 4, "draw_figure": 3}
    assert extended.planned(*command(page)) == planned
    for own in ("my_autoencoder.py", "my_coder.py"):
        extended.append(f"../stripes/{own}", "\nprint()\n")
    assert extended.planned(*command(page))["train"] == 6


def test_a_wrong_option_of_an_own_part_is_refused_before_any_job(
    extended: Project, page: str, tmp_path: Path
):
    done = extended.run("--dry-run", *command(page), "stripes={shallow: {runs: {wide: {model: {hiden: 3}}}}}")
    assert (
        "stripes.shallow: runs.wide.model.hiden: no such key; did you mean 'hidden'?"
        in done.stdout + done.stderr
    )
