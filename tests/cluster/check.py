"""The study on a real SLURM of one node, `make test-cluster`: one training is killed, one runs into its time
limit, and all results are those of a local run, byte by byte.

Brings up SLURM with pretended GPUs (root on Debian, and the scripts that SLURM_TOOLS names), and takes it
down again. What differs from run to run, how long a job took, is left out of the comparison.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from tests.project import REPOSITORY, copy_parts, process_making

TOOLS = Path(os.environ.get("SLURM_TOOLS", REPOSITORY.parent / "shared" / "tools"))
NODE = {"SLURM_UP_CPUS": "4", "SLURM_UP_MEM_MB": "100000", "SLURM_UP_GPUS": "4"}
# A minute an attempt, the least that SLURM knows, and soon asked how a job is. What is set here stands for
# all of the profile's `set-resources`.
HASTE = [
    "--slurm-init-seconds-before-status-checks=3",
    "--set-resources",
    "train_seed:runtime=attempt",
    *(f"{rule}:gpu=1" for rule in ("train_seed", "probe_seed", "attack_seed")),
]
TIMES = re.compile(r"(/times|\.costs|\.robustness)\.parquet$|/table-(3\.2|robustness)\.")
WAIT = 1800.0  # seconds for all of it


def main(analyses: str) -> int:
    """0 if all went as it should, or cannot be tried here."""
    reason = why_not()
    if reason:
        print(f"test-cluster: not run here: {reason}")
        return 0
    local = ["snakemake", "--cores", "all", *study(analyses)]
    subprocess.run(local, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    if tool("slurm-up.sh"):
        tool("slurm-down.sh", "--purge")
        print("test-cluster: not run here: SLURM did not come up (above)")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="lea-cluster-"))
    try:
        copy_parts(folder)
        problems = check(folder, analyses)
    finally:
        subprocess.run(["scancel", "--user=root"], check=False)
        tool("slurm-down.sh", "--purge")
        shutil.rmtree(folder, ignore_errors=True)
    for problem in problems or [
        "a training was killed, one ran out of time, and all results are a local run's"
    ]:
        print(f"test-cluster: {problem}")
    return 1 if problems else 0


def why_not() -> str | None:
    """What is missing here."""
    if os.geteuid() != 0:
        return "SLURM's daemons need root"
    if not Path("/etc/debian_version").exists():
        return "SLURM comes from Debian's packages here"
    missing = [name for name in ("slurm-up.sh", "slurm-down.sh") if not (TOOLS / name).exists()]
    return f"no {', '.join(missing)} in {TOOLS}; set SLURM_TOOLS" if missing else None


def tool(name: str, *arguments: str) -> int:
    """Run one of the scripts; 0 if it did what it should."""
    command = ["sh", str(TOOLS / name), *arguments]
    return subprocess.run(command, env=os.environ | NODE, check=False).returncode


def study(analyses: str) -> list[str]:
    """The part of the study that is run."""
    return [] if analyses == "all" else ["--config", f"analyses={analyses}"]


def check(folder: Path, analyses: str) -> list[str]:
    """Run the study through SLURM, break two trainings on the way, and compare; what went wrong."""
    log = folder / "snakemake.log"
    command = ["snakemake", "--workflow-profile", "profiles/slurm", *HASTE, *study(analyses)]
    with log.open("w") as said, subprocess.Popen(command, cwd=folder, stdout=said, stderr=said) as running:
        until = time.monotonic() + WAIT
        killed, stopped = broken(folder, until)
        while running.poll() is None and time.monotonic() < until:
            time.sleep(1)
        running.terminate()
    text = log.read_text()
    if running.returncode:
        return [f"snakemake ended with {running.returncode}", text[-5000:]]
    tried = retried(text)
    problems = [f"{what}: was not tried again" for what in (killed, stopped) if what not in tried]
    logs = "".join(file.read_text() for file in folder.glob("results/quick/logs/train/*.log"))
    if "going on from" not in logs:
        problems.append("no training went on from where it was stopped")
    given = set(re.findall(r"CUDA_VISIBLE_DEVICES=(.*), from SLURM", logs))
    if not given or given - set("0123"):
        problems.append("trainings had no GPU from SLURM")
    left = [str(file) for file in folder.glob("results/quick/runs/*/*/.*")]
    return problems + [f"left behind: {file}" for file in left] + list(differences(folder))


def broken(folder: Path, until: float) -> tuple[str, str]:
    """Kill one training through SLURM, and hold another up until its time is over; what they trained."""
    (first, job), (second, _) = two_trainings(folder, until)
    os.kill(process_of(folder, second), signal.SIGSTOP)  # SLURM wakes it when it asks it to end
    subprocess.run(["scancel", "--signal=KILL", job], check=True)
    return first, second


def two_trainings(folder: Path, until: float) -> list[tuple[str, str]]:
    """The run and seed, and SLURM's number, of two trainings that have begun."""
    while time.monotonic() < until:
        command = ["squeue", "-h", "-t", "R", "-o", "%i %k"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        jobs = re.findall(r"^(\d+) rule_train_seed_wildcards_(\S+)_(\d+)$", listed, re.MULTILINE)
        found = [(f"{run}/{seed}", job) for job, run, seed in jobs]
        found = [(name, job) for name, job in found if process_of(folder, name)]
        if len(found) > 1:
            return found[:2]
        time.sleep(0.2)
    raise TimeoutError("no two trainings ran at once")


def process_of(folder: Path, name: str) -> int:
    """Of a training's run and seed; 0 if it has not begun."""
    run, seed = name.split("/")
    return process_making(folder / f"results/quick/runs/run={run}/seed={seed}/weights.safetensors")


def retried(text: str) -> set[str]:
    """The run and seed of all trainings that failed once."""
    blocks = re.findall(r"Error in rule train_seed.*?wildcards: run=(\S+), seed=(\d+)", text, re.DOTALL)
    return {f"{run}/{seed}" for run, seed in blocks}


def differences(folder: Path) -> Iterator[str]:
    """What is not as the local run made it."""
    files = [file.relative_to(folder) for file in (folder / "results/quick").rglob("*") if file.is_file()]
    compared = [
        file for file in files if file.parts[2] not in ("logs", "benchmarks") and not TIMES.search(str(file))
    ]
    if len(compared) < 20:
        yield f"only {len(compared)} files were made"
    for file in sorted(compared):
        if checksum(folder / file) != checksum(REPOSITORY / file):
            yield f"{file}: not what a local run makes"


def checksum(file: Path) -> str:
    """Of a file's bytes; of attacks, of all but the seconds that they took."""
    if file.name.startswith("attacks-"):
        table = pq.read_table(file).drop_columns("seconds")
        return hashlib.sha256(json.dumps(table.to_pylist(), default=str).encode()).hexdigest()
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["all"]))
