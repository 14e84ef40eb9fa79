"""Oracle: the GPUs that processes say they were given, without one in the machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lea.compute import gpus

SAYS = """
import logging, os, sys
from lea.compute.gpus import own_gpu
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
sys.stdout.reconfigure(line_buffering=True)
with own_gpu(sys.argv[1], int(sys.argv[2])):
    print("has", os.environ.get("CUDA_VISIBLE_DEVICES"))
    sys.stdin.read()
"""


class Machine:
    """A machine with GPUs, and the jobs on it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack

    def job(self, gpus: str | None, jobs: int = 1, device: str = "auto", **more: str) -> subprocess.Popen:
        """A job that has started."""
        environment = {name: value for name, value in os.environ.items() if "CUDA" not in name}
        environment |= {"TMPDIR": str(self.folder)} | more
        if gpus is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpus
        job = subprocess.Popen(
            [sys.executable, "-c", SAYS, device, str(jobs)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.stack.enter_context(job)
        self.stack.callback(job.kill)
        return job


def said(job: subprocess.Popen) -> str:
    """What it has, or that it waits."""
    for line in job.stdout:
        if line.startswith("has ") or "waiting" in line:
            return line.strip()
    raise AssertionError("it ended")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with ExitStack() as stack:
        yield Machine(tmp_path, stack)


def test_each_job_has_a_gpu_of_its_own_and_a_killed_one_frees_it(machine: Machine) -> None:
    first = machine.job("3,5")
    assert said(first) == "has 3"
    second = machine.job("3,5")
    assert said(second) == "has 5"
    third = machine.job("3,5")
    assert said(third) == "GPUs 3,5 have their jobs: waiting; start fewer at once"
    second.kill()
    assert said(third) == "has 5"
    first.stdin.close()
    first.wait()
    assert said(machine.job("3,5")) == "has 3"


def test_jobs_share_a_gpu_as_the_configuration_says_and_fill_empty_ones_first(machine: Machine) -> None:
    found = [said(machine.job("0,1", jobs=2)) for _ in range(5)]
    assert found == [
        "has 0",
        "has 1",
        "has 0",
        "has 1",
        "GPUs 0,1 have their jobs: waiting; start fewer at once",
    ]


def test_a_gpu_may_have_a_name(machine: Machine) -> None:
    assert said(machine.job("GPU-8f3a/1")) == "has GPU-8f3a/1"
    assert "waiting" in said(machine.job("GPU-8f3a/1"))


def test_jobs_share_out_what_slurm_gave_to_all_of_them(machine: Machine) -> None:
    found = [said(machine.job("0,1", SLURM_JOB_ID="7")) for _ in range(3)]
    assert found == ["has 0", "has 1", "GPUs 0,1 have their jobs: waiting; start fewer at once"]
    assert said(machine.job("0,1", SLURM_JOB_ID="8")) == "has 0"  # another allocation's, another GPU


def test_gpus_are_counted_as_cuda_counts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have been given the fourth and the eighth: they are its first and second."""
    for name in ("nvidia3", "nvidia7", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    monkeypatch.setattr(gpus, "DEVICES", tmp_path)
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    assert gpus._gpus() == ["0", "1"]


@pytest.mark.parametrize(
    ("gpus", "device", "more", "kept"),
    [
        ("0", "cpu", {}, "0"),
        ("0", "auto", {"SLURM_JOB_ID": "7"}, "0"),
        ("", "auto", {}, ""),
        ("-1", "auto", {}, "-1"),
    ],
)
def test_where_there_is_nothing_to_give_out_nobody_waits(
    machine: Machine, gpus: str, device: str, more: dict[str, str], kept: str
) -> None:
    for _ in range(2):
        assert said(machine.job(gpus, device=device, **more)) == f"has {kept}".strip()
