"""Jobs as the workflow starts them, in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lea.compute.opening import do_job
from lea.data.job import prepare
from lea.data.tensors import Data, data_of
from lea.store import read_table
from lea.study.spec import Dataset, Run, Task, canonical
from lea.study.stages import stage

SEED = 3


def prepared(dataset: Dataset, folder: Path) -> Path:
    """A data set's table."""
    path = folder / f"{dataset.id}.parquet"
    prepare(canonical(dataset), folder, path)
    return path


def data_in(table: Path, run: Run, seed: int = SEED) -> Data:
    """What a run learns from, and is tested on."""
    return data_of(read_table(table), run.data, seed, {})


def job(
    name: str,
    run: Run,
    folder: Path,
    table: Path,
    *,
    asked: Any = None,
    seed: int = SEED,
    inputs: Sequence[tuple[str, Path]] = (),
    device: str = "cpu",
    threads: int = 1,
) -> dict[str, Path]:
    """Do it; its outputs, by name, in the folder of the run and seed."""
    declared = stage(name)
    within = folder / f"run={run.id}" / f"seed={seed}"
    outputs = {
        output: within / f"{output}.{'safetensors' if columns is None else 'parquet'}"
        for output, columns in declared.outputs.items()
    }
    do_job(
        name,
        canonical(Task(run=run, asked=asked)),
        seed,
        inputs=[("data", table), *inputs],
        outputs=outputs,
        device=device,
        threads=threads,
    )
    return outputs
