"""Which GPU a job computes on: Snakemake counts GPUs, but gives none out.

Each GPU has as many slots as jobs may share it; a slot is a file that its job holds locked, so that it is
free again when the job ends, however it ends. SLURM gives GPUs out itself; jobs that share an allocation of
several share them out as on a workstation.
"""

import fcntl
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)
VISIBLE = "CUDA_VISIBLE_DEVICES"
DEVICES = Path("/dev")
SECONDS = 0.5  # between two looks


@contextmanager
def own_gpu(device: str, jobs: int) -> Iterator[None]:
    """Hold a slot of a GPU, the only one that this process will see; wait for it if all are taken."""
    gpus = [] if device == "cpu" else _gpus()
    allocation = os.environ.get("SLURM_JOB_ID", "")
    if allocation and len(gpus) == 1:
        log.info("%s=%s, from SLURM", VISIBLE, gpus[0])
        gpus = []
    if not gpus:
        yield
        return
    # SLURM may number the GPUs of each allocation from 0.
    folder = Path(tempfile.gettempdir()) / f"lea-gpus-{os.getuid()}{allocation and '-'}{allocation}"
    folder.mkdir(exist_ok=True)
    gpu, held = _take(folder, gpus, jobs)
    log.info("%s=%s, of %s", VISIBLE, gpu, ",".join(gpus))
    before = os.environ.get(VISIBLE)
    os.environ[VISIBLE] = gpu  # read when CUDA starts, which it has not yet
    try:
        yield
    finally:
        os.environ.pop(VISIBLE)
        if before is not None:
            os.environ[VISIBLE] = before
        os.close(held)


def _gpus() -> list[str]:
    """The GPUs that jobs may have: those that the user allows, or all."""
    allowed = os.environ.get(VISIBLE)
    if allowed is not None:
        return [name for name in allowed.split(",") if name and name != "-1"]
    found = [path for path in DEVICES.glob("nvidia*") if path.name.removeprefix("nvidia").isdigit()]
    return [str(number) for number in range(len(found))]  # CUDA counts those that a container was given


def _take(folder: Path, gpus: list[str], jobs: int) -> tuple[str, int]:
    said = False
    while True:
        for slot in range(jobs):  # an empty GPU before one that has a job
            for gpu in gpus:
                file = folder / f"{re.sub('[^A-Za-z0-9-]', '_', gpu)}.{slot}"
                held = os.open(file, os.O_RDWR | os.O_CREAT)
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(held)
                else:
                    return gpu, held
        if not said:
            log.info("GPUs %s have their jobs: waiting; start fewer at once", ",".join(gpus))
            said = True
        time.sleep(SECONDS)
