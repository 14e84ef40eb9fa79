"""A small study in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

CONFIGURATION = {
    "config.yaml": """\
scale: quick
analyses: all
source: embedded
data_folder: data
device: auto
jobs_per_gpu: 1
precision: float32
thesis:
  source: original
""",
    "datasets.yaml": """\
digits:
  reader: mnist
  target: label
  batch_size: 32
  side: 28
  quick: {train: 200, test: 50}
  reduced: {train: 300, test: 60}
  thesis: {train: 60000, test: 10000}
shapes:
  reader: dsprites
  target: shape
  batch_size: 64
  side: 64
  train: 400
  test: 100
""",
    "analyses/learning.yaml": """\
title: Learning
every_run:
  dataset: digits
  training: {epochs: 2, learning_rate: 1.0e-3}
runs:
  small:
    network: {name: classic, hidden: 16}
  large:
    network: {name: classic, kernels: [4, 8]}
    training: {samples: 100}
figures: [fig-4.2]
seeds: 2
reduced:
  seeds: 3
  every_run: {training: {epochs: 5}}
""",
    "analyses/pictures.yaml": """\
title: Pictures
datasets: [digits, shapes]
figures: [fig-4.6]
tables: [table-4.1]
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration without a mistake."""
    for name, text in CONFIGURATION.items():
        file = tmp_path / "config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "config"


@pytest.fixture
def edit(folder: Path) -> Callable[[str, str, str], None]:
    """Replace a piece of text that stands once in one of the files."""

    def replace(name: str, old: str, new: str) -> None:
        text = (folder / name).read_text() if (folder / name).exists() else ""
        assert text.count(old) == 1 or not old, f"{old!r} stands {text.count(old)} times in {name}"
        (folder / name).write_text(text.replace(old, new) if old else text + new)

    return replace
