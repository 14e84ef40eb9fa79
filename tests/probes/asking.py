"""A run that asks something of a stage, as the configuration would; for tests of what stages read."""

from pathlib import Path
from typing import Any

from lea.study.asking import Asking
from lea.study.build import Spot, in_file
from lea.study.datasets import Reader
from lea.study.entries import DatasetEntry, Settings
from lea.study.spec import Trained
from tests.specs import data, run, sprites

BATCH = 8
TABLE = sprites()


def asking(key: str, target: str | None = "shape") -> Asking:
    """That run at scale quick, and a key of its own."""
    entry = DatasetEntry(
        reader="dsprites",
        options=None,
        target="shape",
        batch_size=BATCH,
        side=TABLE.side,
        train=TABLE.train,
        test=TABLE.test,
    )
    settings = Settings(
        scale="quick",
        studies="all",
        analyses="all",
        source="embedded",
        data_folder="data",
        device="cpu",
        jobs_per_gpu=1,
        memory="checked",
        precision="float32",
    )
    spot = in_file("one.yaml") / key
    reader = Reader(Path("config"), settings, {})
    return Asking(run=run(data=data(target=target)), entry=entry, spot=spot, reader=reader, trained=_nothing)


def _nothing(value: Any, spot: Spot) -> Trained:
    raise AssertionError(f"no other run was named: {value}")
