"""A small copy of the whole project in a folder of its own, built once; tests edit copies of it and ask what
would run."""

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project import SNAKEMAKE, copy_parts

TWO_CORES = [*SNAKEMAKE, "--cores", "2"]
ACCURACY = """
title: Accuracy and loss while training
every_run:
  dataset: dsprites
  network: {name: classic, kernels: [2, 3], hidden: 8}
  training: {learning_rate: 1.0e-3, epochs: 2}
runs:
  classic: {}
seeds: 2
figures: [fig-4.2]
"""
SECOND = """
title: Another analysis, with a run of its own and one that it shares with the first; both probed and attacked
every_run:
  dataset: dsprites
  network: {name: classic, kernels: [2, 3], hidden: 8}
  training: {learning_rate: 1.0e-3, epochs: 2}
  probes: {factors: [shape, x], hidden: 2, epochs: 1, learning_rate: 1.0e-3}
  attacks: {which: [{name: contrast-reduction}, {name: gradient-sign}], batches: 1, images: 2}
runs:
  shared: {}
  own: {training: {learning_rate: 2.0e-3}}
seeds: 1
"""


CODES = """
title: A LEA with two autoencoders, without labels, and models that are counted only
every_run:
  dataset: mnist
  network: {name: lea-alone}
  lea: {coder: {name: fc}, code_length: 2, window: 4, stride: 2}
  training: {learning_rate: 1.0e-3, epochs: 1}
  pictures: {epochs: [1], images: 1}
runs:
  ae: {lea: {autoencoder: {name: ae}}}
  vae: {lea: {autoencoder: {name: vae}}}
seeds: 1
models: {autoencoders: [{name: ae}], coders: [{name: fc}], code_length: 2, inputs: [[4, 4, 1]]}
figures: [fig-4.4]
tables: [table-3.1]
"""


@dataclass
class Project:
    """A copy of the project."""

    root: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [*TWO_CORES, *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def build(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def planned(self, *arguments: str) -> dict[str, int]:
        """How many jobs of each rule a dry run plans, `all` apart."""
        text = self.build("--dry-run", *arguments)
        if "Nothing to be done" in text:
            return {}
        table = text[text.index("Job stats:") :]
        jobs = Counter(
            {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
        )
        del jobs["total"], jobs["all"]
        return dict(jobs)

    def outputs(self, *arguments: str) -> set[str]:
        """The names of the files that a dry run plans to write."""
        text = self.build("--dry-run", *arguments)
        lines = re.findall(r"^    output: (.*)$", text, re.MULTILINE)
        return {Path(file).name for line in lines for file in line.split(", ")}

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))

    def append(self, file: str, text: str) -> None:
        path = self.root / file
        path.write_text(path.read_text() + text)


def copy_project(root: Path) -> Project:
    """The project with data sets of a few images and three analyses that train for a second."""
    copy_parts(root)
    datasets = root / "config/datasets.yaml"
    datasets.write_text(
        re.sub(
            r"quick: \{side: (\d+), train: \d+, test: \d+\}",
            r"quick: {side: \1, train: 60, test: 40}",
            datasets.read_text(),
        )
    )
    for analysis in (root / "config/analyses").glob("*.yaml"):
        if analysis.stem != "examples":
            analysis.unlink()
    for name, text in (("accuracy", ACCURACY), ("second", SECOND), ("codes", CODES)):
        (root / f"config/analyses/{name}.yaml").write_text(text)
    return Project(root)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after one complete run; not to be changed."""
    project = copy_project(tmp_path_factory.mktemp("built") / "study")
    project.build()
    return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """A copy of the complete run, to be changed."""
    shutil.copytree(built.root, tmp_path / "study", ignore=shutil.ignore_patterns("__pycache__"))
    return Project(tmp_path / "study")
