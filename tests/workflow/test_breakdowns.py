"""Oracle: a real run of the small study in which something is broken on purpose, and the run after it."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.project import REPOSITORY, process_making, status
from tests.test_faults import mount
from tests.workflow.conftest import TWO_CORES, Project, copy_project

pytestmark = pytest.mark.xdist_group("study")

MNIST = REPOSITORY / "../shared/data/mnist"
LONG = ("--config", "analyses=[accuracy]", "lea={accuracy: {every_run: {fit: {epochs: 400}}}}")


@contextmanager
def started(project: Project, *arguments: str) -> Iterator[subprocess.Popen]:
    """A workflow that runs beside the test."""
    command, pipe = [*TWO_CORES, *arguments], subprocess.PIPE
    with subprocess.Popen(
        command, cwd=project.root, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@contextmanager
def held(project: Project, *seeds: int) -> Iterator[list[int]]:
    """The processes that train these seeds, which wait in the meantime, however long that takes."""
    processes: list[int] = []
    try:
        for seed in seeds:
            processes.append(training_process(project, seed))
            os.kill(processes[-1], signal.SIGSTOP)
        yield processes
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def training_process(project: Project, seed: int) -> int:
    """The process that trains a seed, as soon as there is one."""
    for _ in range(3000):
        for folder in project.root.glob(f"results/quick/runs/run=classic-*/seed={seed}"):
            process = process_making(folder / "weights.safetensors")
            if process:
                return process
        time.sleep(0.1)
    raise AssertionError("no training began")


def alive(process: int) -> bool:
    """Whether it runs; a killed workflow's jobs are nobody's children."""
    return status(process, "State")[:1] not in ("", "Z")


def test_a_job_killed_for_memory_is_said_others_go_on_and_it_alone_runs_again(project: Project):
    with started(project, *LONG) as running:
        with held(project, 0) as (process,):
            os.kill(process, signal.SIGKILL)
        text, _ = running.communicate(timeout=300)
    assert running.returncode != 0
    assert "error: the job was killed (SIGKILL), as when memory runs out" in text
    assert "rule train" in text
    made = {path.parent.name for path in project.root.glob("results/quick/runs/*/*/weights.safetensors")}
    assert made == {"seed=0", "seed=1"}  # 0 of the run before, under another id
    planned = project.planned(*LONG)
    assert planned["train"] == 1
    project.build(*LONG)
    assert project.planned(*LONG) == {}
    assert list(project.root.glob("results/quick/runs/*/*/.*")) == []


def test_a_job_asked_to_end_keeps_its_state_and_goes_on_in_the_next_run(project: Project):
    """As SLURM asks all processes of a job: were its shell to end first, nobody would wait for it."""
    with started(project, *LONG) as running:
        with held(project, 0) as (process,):
            shell = int(status(process, "PPid"))
            for one in (shell, process):
                os.kill(one, signal.SIGTERM)
            time.sleep(1)
            assert alive(shell)
        running.communicate(timeout=300)
    assert running.returncode != 0
    (state,) = project.root.glob("results/quick/runs/*/*/.*.state")
    assert state.parent.name == "seed=0"
    project.build(*LONG)
    run = state.parent.parent.name.removeprefix("run=")
    log = project.root / f"results/quick/logs/train/{run}.0.log"
    assert f"going on from {state.relative_to(project.root)}" in log.read_text()
    assert list(project.root.glob("results/quick/runs/*/*/.*")) == []


def test_a_second_workflow_in_the_same_folder_is_refused_and_the_first_goes_on(project: Project):
    with started(project, *LONG) as running:
        with held(project, 0):
            second = project.run(*LONG)
        assert second.returncode != 0
        assert "Directory cannot be locked" in second.stdout + second.stderr
        text, _ = running.communicate(timeout=300)
    assert running.returncode == 0, text
    assert project.planned(*LONG) == {}


def test_two_processes_never_train_the_same_seed(project: Project):
    """As after a workflow that was killed, whose jobs live on."""
    with started(project, *LONG) as running, held(project, 0, 1) as processes:
        running.kill()
        running.wait()
        second = project.run(*LONG, "--nolock", "--rerun-incomplete")
        assert second.returncode != 0
        text = second.stdout + second.stderr
        refused = re.findall(r"another process is making it: process (\d+) on", text)
        assert refused
        assert {int(process) for process in refused} <= set(processes)
    for process in processes:
        while alive(process):
            time.sleep(0.1)
    project.build(*LONG, "--nolock")
    assert project.planned(*LONG, "--nolock") == {}


def test_jobs_that_have_ended_leave_no_threads_behind(project: Project):
    """As Snakemake's limit of jobs a second does: after some thousand jobs no thread can be started."""
    again = ("--forcerun", "summarise")
    assert sum(project.planned(*again).values()) >= 10
    threads = set()
    with started(project, *again) as running:
        while running.poll() is None:
            threads.add(int(status(running.pid, "Threads") or 0))
            time.sleep(0.1)
    assert running.returncode == 0
    assert max(threads) <= 1 + 2 * 2  # its own, and two for each job at a time


@pytest.mark.parametrize("hours", [-1, 1])
def test_clocks_that_differ_train_nothing_again(project: Project, hours: int):
    moment = time.time() + 3600 * hours
    for pattern in ("data/*", "runs/*/*/weights.safetensors", "lea/summary/*"):
        for path in project.root.glob(f"results/quick/{pattern}"):
            os.utime(path, (moment, moment))
    assert project.planned() == {}


def test_results_copied_elsewhere_go_on_there(project: Project, tmp_path: Path):
    elsewhere = Project(tmp_path / "else" / "where")
    shutil.copytree(project.root, elsewhere.root, copy_function=shutil.copyfile)  # and no times
    assert elsewhere.planned() == {}
    elsewhere.edit("config/lea/accuracy.yaml", "seeds: 2", "seeds: 3")
    assert elsewhere.planned()["train"] == 1
    elsewhere.build()
    assert elsewhere.planned() == {}


def test_weights_that_are_damaged_are_named_and_made_again(project: Project):
    weights = next(
        path.parent / "weights.safetensors"
        for path in project.root.glob("results/quick/runs/run=classic-*/seed=0/probes-*.parquet")
    )
    name = weights.relative_to(project.root)
    weights.write_bytes(weights.read_bytes()[:-100])
    done = project.run("--forcerun", "probe")
    assert done.returncode != 0
    assert re.search(rf"error: .*{re.escape(str(name))}: truncated: ", done.stdout + done.stderr)
    weights.unlink()
    project.build()
    assert project.planned() == {}


def test_results_that_may_not_be_written_are_named_and_a_later_run_completes(project: Project):
    results = project.root / "results"
    project.edit("config/lea/accuracy.yaml", "seeds: 2", "seeds: 3")
    mount("--bind", str(results), str(results))
    try:
        mount("-o", "remount,ro,bind", str(results))
        done = project.run()
    finally:
        subprocess.run(["umount", str(results)], check=True)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Write-protected output files for rule" in text
    assert "results/quick/" in text
    project.build()
    assert project.planned() == {}


@pytest.mark.skipif(not MNIST.exists(), reason="the real MNIST is not on this machine")
def test_an_original_file_that_was_replaced_is_named_and_nothing_is_trained_on_it(tmp_path: Path):
    project = copy_project(tmp_path / "study")
    shutil.copytree(MNIST, tmp_path / "originals/mnist")
    override = (
        "--config",
        "source=original",
        "data_folder=../originals",
        "analyses=[accuracy]",
        "lea={accuracy: {every_run: {data: {table: mnist}}, seeds: 1}}",
    )
    project.build(*override)
    metrics = next(project.root.glob("results/quick/runs/run=classic-mnist-*/seed=0/metrics.parquet"))
    before = metrics.read_bytes()
    labels = next((tmp_path / "originals").rglob("t10k-labels-idx1-ubyte"))
    content = labels.read_bytes()
    labels.chmod(0o644)
    labels.write_bytes(content[:-1] + bytes([9 - content[-1]]))
    done = project.run(*override)
    assert done.returncode != 0
    assert re.search(r"error: \.\./originals/mnist/\S*t10k-labels-idx1-ubyte: ", done.stdout + done.stderr)
    assert metrics.read_bytes() == before
    labels.write_bytes(content)
    project.build(*override)
    assert project.planned(*override) == {}
