"""Oracle: what the shell gives and what POSIX says of signals, for small commands in place of jobs."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.project import REPOSITORY

JOB = REPOSITORY / "workflow/scripts/job.sh"


def job(folder: Path, command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", str(JOB), "job.log", "sh", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def said(folder: Path) -> list[str]:
    return (folder / "job.log").read_text().splitlines()


def test_a_job_that_goes_well_says_nothing_but_in_its_log(tmp_path: Path):
    done = job(tmp_path, "echo working; echo warned >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert said(tmp_path) == ["working", "warned", "done"]


def test_a_failure_shows_its_cause_first_and_then_the_log(tmp_path: Path):
    done = job(tmp_path, "echo begun; echo 'error: x.parquet: damaged; delete it' >&2; echo more; exit 2")
    assert done.returncode == 2
    assert done.stderr == "error: x.parquet: damaged; delete it\nlog: job.log\n"
    assert said(tmp_path)[-1] == "failed"


def test_a_traceback_shows_its_last_line(tmp_path: Path):
    done = job(tmp_path, "echo 'Traceback (most recent call last):'; echo 'KeyError: 3'; exit 1")
    assert done.stderr.splitlines()[0] == "error: KeyError: 3"


@pytest.mark.parametrize(
    ("name", "code", "cause"),
    [
        ("KILL", 137, "error: the job was killed (SIGKILL), as when memory runs out"),
        ("TERM", 143, "error: the job was asked to end; rerun: it goes on from where it was"),
    ],
)
def test_a_signal_is_the_cause(tmp_path: Path, name: str, code: int, cause: str):
    done = job(tmp_path, f"echo 'error: something that was gone on from'; kill -{name} $$")
    assert done.returncode == code
    assert done.stderr.startswith(cause)


def test_an_interrupted_job_s_log_is_gone_on_with_and_another_s_begins_anew(tmp_path: Path):
    job(tmp_path, "echo epoch 1; kill -KILL $$")
    job(tmp_path, "echo epoch 2; kill -TERM $$")
    job(tmp_path, "echo epoch 3")
    assert said(tmp_path) == ["epoch 1", "epoch 2", "epoch 3", "done"]
    job(tmp_path, "echo 'error: old'; exit 1")
    assert said(tmp_path) == ["error: old", "failed"]
    job(tmp_path, "echo new")
    assert said(tmp_path) == ["new", "done"]


def test_the_cause_is_not_that_of_an_earlier_attempt(tmp_path: Path):
    job(tmp_path, "echo 'error: of before'; kill -KILL $$")
    assert job(tmp_path, "echo 'error: of now'; exit 2").stderr.startswith("error: of now\n")


def test_the_shell_waits_for_a_job_that_is_asked_to_end(tmp_path: Path):
    keeps = "trap 'sleep 1; echo kept; exit 143' TERM; echo ready; while :; do sleep 0.05; done"
    command = ["bash", str(JOB), "job.log", "sh", "-c", keeps]
    with subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE) as running:
        while not (tmp_path / "job.log").exists() or said(tmp_path) != ["ready"]:
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGTERM)
        _, words = running.communicate(timeout=30)
    assert running.returncode == 143
    assert said(tmp_path)[-1] == "kept"
    assert words.startswith(b"error: the job was asked to end")
