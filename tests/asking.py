"""What stands under a stage's key, read as the configuration's reader does it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lea.study.asking import Asking
from lea.study.build import Spot, in_file
from lea.study.datasets import Reader
from lea.study.entries import DatasetEntry
from lea.study.spec import Run, Trained


def asking(run: Run, key: str, batch_size: int = 8) -> Asking:
    """A run that asks something under a key of `study.yaml`."""
    dataset = run.data.table
    entry = DatasetEntry(
        reader=dataset.reader.name,
        options=None,
        target=run.data.target,
        batch_size=batch_size,
        side=dataset.side,
        train=dataset.train,
        test=dataset.test,
    )
    settings: Any = SimpleNamespace(scale="quick")

    def trained(value: Any, spot: Spot) -> Trained:
        raise spot.error("no other runs here")

    spot = in_file("study.yaml") / key
    return Asking(run=run, entry=entry, spot=spot, reader=Reader(Path(), settings, {}), trained=trained)
