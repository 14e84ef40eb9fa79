"""Which GPU a job computes on: Snakemake counts GPUs, but gives none out.

Each GPU has as many slots as jobs may share it; a slot is a file that its job holds locked, so that it is
free again when the job ends, however it ends. On a cluster SLURM gives GPUs out, and nothing is done here.
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
SECONDS = 0.5  # between two looks


@contextmanager
def own_gpu(device: str, jobs: int) -> Iterator[None]:
    """Hold a slot of a GPU, the only one that this process will see; wait for it if all are taken."""
    gpus = [] if device == "cpu" else _gpus()
    if gpus and "SLURM_JOB_ID" in os.environ:
        log.info("%s=%s, from SLURM", VISIBLE, os.environ.get(VISIBLE, ""))
        gpus = []
    if not gpus:
        yield
        return
    folder = Path(tempfile.gettempdir()) / f"lea-gpus-{os.getuid()}"
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
    numbers = (re.fullmatch(r"nvidia(\d+)", path.name) for path in Path("/dev").glob("nvidia*"))
    return sorted((found[1] for found in numbers if found), key=int)


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
