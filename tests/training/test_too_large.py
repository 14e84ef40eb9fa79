"""Oracle: what a process may take at most, as the kernel holds it to, and what it leaves behind: nothing."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lea.study.spec import Task, canonical
from tests import specs
from tests.jobs import prepared


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"batch_size": 30_000_000}, "a batch of 30000000"),
        ({"hidden": 1_000_000, "kernels": (64, 64)}, "weights 1"),
    ],
)
def test_a_training_that_the_machine_cannot_hold_is_refused_before_it_takes_memory(
    changes: dict, needed: str, tmp_path: Path
) -> None:
    run = specs.run()
    fit = replace(run.fit, batch_size=changes.get("batch_size", run.fit.batch_size))
    options = dict(run.model.options) | {key: one for key, one in changes.items() if key != "batch_size"}
    run = replace(run, fit=fit, model=replace(run.model, options=options))
    table = prepared(run.data.table, tmp_path)
    outputs = [f"{name}={tmp_path}/out/{name}" for name in ("weights", "snapshots", "metrics", "times")]
    command = [sys.executable, "-m", "lea", "train", "--spec", canonical(Task(run=run, asked=None))]
    command += ["--seed", "0", "--input", f"data={table}", "--device", "cpu"]
    command += [word for output in outputs for word in ("--output", output)]
    limited = ["bash", "-c", 'ulimit -v 60000000; exec "$@"', "bash", *command]
    environment = os.environ | {"SLURM_MEM_PER_NODE": "3000"}
    done = subprocess.run(limited, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2, done.stderr
    error = done.stderr.splitlines()[-1]
    assert error.startswith(f"error: run {run.id}, seed 0: needs ")
    assert needed in error
    assert error.endswith(
        "expected no more than 3.15 GB, which its SLURM allocation has; choose a smaller batch_size, "
        "fewer kernels or windows, or force it: --config memory=forced"
    )
    assert [file.name for file in (tmp_path / "out").glob("*")] == []
