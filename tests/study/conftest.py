"""A small study in a folder of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import forget_sources

CONFIGURATION = {
    "config.yaml": """\
scale: quick
studies: all
analyses: all
source: embedded
data_folder: data
device: auto
jobs_per_gpu: 1
memory: checked
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
    "trial/study.yaml": """\
title: A trial
columns: {model: model.name}
""",
    "trial/learning.yaml": """\
title: Learning
every_run:
  data: {table: digits}
  method: {name: classify}
  fit: {epochs: 2, optimizer: {name: adam, rate: 1.0e-3}}
runs:
  small:
    model: {name: classic, hidden: 16}
  large:
    model: {name: classic, kernels: [4, 8]}
    data: {samples: 100}
figures: [{name: curves, metric: loss}]
seeds: 2
reduced:
  seeds: 3
  every_run: {fit: {epochs: 5}}
""",
    "trial/pictures.yaml": """\
title: Pictures
datasets: [digits, shapes]
figures: [examples]
tables: [{name: rows, summary: sizes}]
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
    """Replace a piece of text that stands once in one of the files; no such text: write at its end."""

    def replace(name: str, old: str, new: str) -> None:
        file = folder / name
        text = file.read_text() if file.exists() else ""
        assert text.count(old) == 1 or not old, f"{old!r} stands {text.count(old)} times in {name}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.replace(old, new) if old else text + new)

    return replace


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_sources: None) -> Callable[[str, str], None]:
    """Write a module of a user's own."""
    monkeypatch.syspath_prepend(str(tmp_path / "own"))

    def write(name: str, text: str) -> None:
        file = tmp_path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        forget_sources()

    return write
