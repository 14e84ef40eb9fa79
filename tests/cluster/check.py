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
from safetensors.numpy import load_file

from tests.project import REPOSITORY, copy_parts, process_making

TOOLS = Path(os.environ.get("SLURM_TOOLS", REPOSITORY.parent / "shared" / "tools"))
NODE = {"SLURM_UP_CPUS": "4", "SLURM_UP_MEM_MB": "100000", "SLURM_UP_GPUS": "4"}
# What is edited in the profile, as a user would: a minute for a training, the least that SLURM knows.
RESOURCES = "# set-resources:\n#   train:\n#     gpu: 0\n#     runtime: 600 * attempt"
EDITS = {
    RESOURCES: "set-resources: {train: {runtime: attempt}}",
    "slurm-init-seconds-before-status-checks: 20": "slurm-init-seconds-before-status-checks: 3",
}
AGAIN = ("mem_mb=16000", "runtime=2")  # what a training's second attempt asks for
TIMES = re.compile(r"(/times|\.costs|\.robustness)\.parquet$|/table-(3\.2|robustness)\.")
WAIT = 3600.0  # seconds for all of it


def main(analyses: str) -> int:
    """0 if all went as it should, or cannot be tried here."""
    reason = why_not()
    if reason:
        print(f"test-cluster: not run here: {reason}")
        return 0
    local = ["snakemake", "--cores", "all", *study(analyses)]
    done = subprocess.run(local, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"test-cluster: the local run failed\n{done.stdout}{done.stderr}"[-5000:])
        return 1
    if tool("slurm-up.sh"):
        tool("slurm-down.sh", "--purge")
        print("test-cluster: not run here: SLURM did not come up (above)")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="lea-cluster-"))
    try:
        copy_parts(folder)
        edit_profile(folder / "profiles/slurm/config.yaml")
        problems = check(folder, analyses)
    finally:
        subprocess.run(["scancel", "--user=root"], check=False)
        tool("slurm-down.sh", "--purge")
        # What a job leaves behind that was out of time: this SLURM has no cgroups, by which others find it.
        subprocess.run(["pkill", "-KILL", "-f", str(folder)], check=False)
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


def edit_profile(profile: Path) -> None:
    """What this cluster and this hurry need."""
    text = profile.read_text()
    for old, new in EDITS.items():
        assert old in text, f"{profile} has no {old!r}"
        text = text.replace(old, new)
    profile.write_text(text)


def study(analyses: str) -> list[str]:
    """The part of the study that is run."""
    return [] if analyses == "all" else ["--config", f"analyses={analyses}"]


def check(folder: Path, analyses: str) -> list[str]:
    """Run the study through SLURM, break two trainings on the way, and compare; what went wrong."""
    log = folder / "snakemake.log"
    command = ["snakemake", "--workflow-profile", "profiles/slurm", *study(analyses)]
    with log.open("w") as said, subprocess.Popen(command, cwd=folder, stdout=said, stderr=said) as running:
        try:
            until = time.monotonic() + WAIT
            killed, stopped = broken(folder, running, until)
            while running.poll() is None and time.monotonic() < until:
                time.sleep(1)
        finally:
            running.kill()
    text = log.read_text()
    if running.returncode:
        return [f"snakemake ended with {running.returncode}", text[-5000:]]
    problems = []
    for name in (killed, stopped):
        attempts = asked_for(text, name)
        if not any(all(f"{one}," in resources for one in AGAIN) for resources in attempts[1:]):
            problems.append(f"{name}: was not tried again with {' and '.join(AGAIN)}, but with {attempts}")
    logs = {file.stem: file.read_text() for file in folder.glob("results/quick/logs/train/*.log")}
    if "going on from" not in logs[stopped.replace("/", ".")]:
        problems.append(f"{stopped}: did not go on from where its time was over")
    given = set(re.findall(r"CUDA_VISIBLE_DEVICES=(.*), from SLURM", "".join(logs.values())))
    if not given or given - set("0123"):
        problems.append("trainings had no GPU from SLURM")
    left = [str(file) for file in folder.glob("results/quick/runs/*/*/.*")]
    return problems + [f"left behind: {file}" for file in left] + list(differences(folder))


def broken(folder: Path, running: subprocess.Popen[bytes], until: float) -> tuple[str, str]:
    """Kill one training through SLURM, and hold another up until its time is over; what they trained."""
    (first, job), (second, _) = two_held(folder, running, until)
    subprocess.run(["scancel", "--signal=KILL", job], check=True)
    return first, second


def two_held(folder: Path, running: subprocess.Popen[bytes], until: float) -> list[tuple[str, str]]:
    """The run and seed, and SLURM's number, of two trainings that wait; SLURM wakes what it asks to end."""
    held: dict[str, str] = {}
    while running.poll() is None and time.monotonic() < until:
        command = ["squeue", "-h", "-t", "R", "-o", "%i %k"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        jobs = re.findall(r"^(\d+) rule_train_wildcards_(\S+)_(\d+)$", listed, re.MULTILINE)
        for job, run, seed in jobs:
            name = f"{run}/{seed}"
            process = process_of(folder, name)
            if process and name not in held:
                os.kill(process, signal.SIGSTOP)
                held[name] = job
            if len(held) == 2:
                return list(held.items())
        time.sleep(0.2)
    raise TimeoutError("no two trainings ran at once; name an analysis with more of them")


def process_of(folder: Path, name: str) -> int:
    """Of a training's run and seed; 0 if it has not begun."""
    run, seed = name.split("/")
    return process_making(folder / f"results/quick/runs/run={run}/seed={seed}/weights.safetensors")


def asked_for(text: str, name: str) -> list[str]:
    """The resources of each attempt at a training."""
    run, seed = name.split("/")
    lines = r"(?:    .*\n)*?    "
    block = rf"^rule train:\n{lines}wildcards: run={run}, seed={seed}\n{lines}resources: (.*)$"
    return [f"{found}," for found in re.findall(block, text, re.MULTILINE)]


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
    """Of a file's bytes; of attacks and of a trial's state, of all but the seconds that they took."""
    if file.name.startswith("attacks-"):
        table = pq.read_table(file).drop_columns("seconds")
        return hashlib.sha256(json.dumps(table.to_pylist(), default=str).encode()).hexdigest()
    if file.name.startswith("state-"):
        tensors = {name: one.tolist() for name, one in load_file(file).items() if name != "facts"}
        return hashlib.sha256(json.dumps(tensors).encode()).hexdigest()
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or ["all"]))
