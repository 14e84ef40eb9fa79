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
STUDY = """
title: A small study
columns:
  network: model.name
  autoencoder: model.lea.autoencoder
  coder: model.lea.autoencoder.coder
  samples: data.samples
"""
ACCURACY = """
title: Accuracy and loss while training
every_run:
  data: {table: dsprites}
  model: {name: classic, kernels: [2, 3], hidden: 8}
  method: {name: classify}
  fit: {epochs: 2, optimizer: {name: adam, rate: 1.0e-3}}
runs:
  classic: {}
seeds: 2
figures: [{name: panels, file: fig-4.2, metrics: [accuracy, loss], where: {part: network}}]
"""
SECOND = """
title: Another analysis, with a run of its own and one that it shares with the first; both probed and attacked
every_run:
  data: {table: dsprites}
  model: {name: classic, kernels: [2, 3], hidden: 8}
  method: {name: classify}
  fit: {epochs: 2, optimizer: {name: adam, rate: 1.0e-3}}
  probes: {factors: [shape, x], hidden: 2, epochs: 1, learning_rate: 1.0e-3}
  attacks: {which: [{name: contrast-reduction}, {name: gradient-sign}], batches: 1, images: 2}
runs:
  shared: {}
  own: {fit: {optimizer: {rate: 2.0e-3}}}
seeds: 1
"""
CODES = """
title: A LEA with two autoencoders, without labels, and pictures of both
every_run:
  data: {table: mnist}
  model: {name: lea-alone, lea: {autoencoder: {coder: {name: fc}}, code_length: 2, window: 4, stride: 2}}
  method: {name: leas}
  fit: {epochs: 1, optimizer: {name: adam, rate: 1.0e-3}, snapshots: [1]}
  pictures: [{name: leas, images: 1}]
runs:
  ae: {model: {lea: {autoencoder: {name: ae}}}}
  vae: {model: {lea: {autoencoder: {name: vae}}}}
seeds: 1
figures: [{name: pictures, file: fig-4.4, kind: code, across: channel}]
"""
COUNTED = """
title: A model as it is built, which is counted and not trained
runs:
  counted:
    data: {table: 4x4x32}
    model: {name: lea-alone, lea: {autoencoder: {name: ae, coder: {name: fc}}, code_length: 2}}
    method: {name: leas}
    fit: {epochs: 0}
    measures: [{name: parameters}]
seeds: 1
tables:
  - name: rows
    file: table-3.1
    summary: measures
    where: {part: network}
    columns: [autoencoder, coder, median]
"""
OWN = {"study": STUDY, "accuracy": ACCURACY, "second": SECOND, "codes": CODES, "parameters": COUNTED}
KEPT = "examples"  # of the project's own analyses: it shows data sets, which are few here


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
    """The project with data sets of a few images and one study, of analyses that train for a second."""
    copy_parts(root)
    datasets = root / "config/datasets.yaml"
    datasets.write_text(
        re.sub(
            r"quick: \{side: (\d+), train: \d+, test: \d+\}",
            r"quick: {side: \1, train: 60, test: 40}",
            datasets.read_text(),
        )
    )
    for folder in (root / "config").iterdir():
        if folder.is_dir() and folder.name != "lea":
            shutil.rmtree(folder)
    for file in (root / "config/lea").iterdir():
        if file.stem != KEPT:
            file.unlink()
    for name, text in OWN.items():
        (root / f"config/lea/{name}.yaml").write_text(text)
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
