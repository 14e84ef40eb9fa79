"""Jobs that go on where they stopped: what a job has done so far stands beside its output, in a file that the
workflow does not know and so does not delete.

It is written whole, at most once a minute, and at once when the job is asked to end: SIGTERM is a cluster's
warning before its time limit, SIGINT is Ctrl-C. What was kept of another specification, code, data or library
is not gone on from, since the result would be nobody's. What failed for good stands there too: the same job
does not fail again for hours, as when a cluster tries it once more.
"""

import errno
import fcntl
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from torch import Tensor

from lea.checkpoint import read_tensors, write_weights
from lea.errors import MachineError, UserError
from lea.files import aside_of, whole, writing

log = logging.getLogger(__name__)
EVERY, AT_AN_END = 60.0, 10.0  # seconds between two states; at the end of an epoch
WITHOUT_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}  # what some file systems of clusters answer


class Kept(NamedTuple):
    """A job's state."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]  # as JSON knows them


class Keeper(AbstractContextManager["Keeper"]):
    """The state of the one job that may work on an output."""

    def __init__(self, output: Path, record: Mapping[str, Any]) -> None:
        names = (output.with_name(f".{output.name}.{what}") for what in ("state", "failed", "lock"))
        self.path, self.failure, self.lock = names
        self.output, self.record = output, json.loads(json.dumps(record))
        self.saved = time.monotonic()
        self.asked = 0  # to end: the signal's number

    def __enter__(self) -> "Keeper":
        with writing(self.lock):
            self.lock.parent.mkdir(parents=True, exist_ok=True)
            self.held = _hold(self.lock, self.output)
        try:
            self._refuse_what_failed()
        except UserError:
            self._release()
            raise
        self.handlers = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self.handlers[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        if kind is None:  # the outputs are there
            self.drop()
        self._release()

    def _release(self) -> None:
        with suppress(OSError):  # as on a disk that became read-only, which the job's own error says
            self.lock.unlink(missing_ok=True)
        os.close(self.held)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        # A second Ctrl-C ends it unsaved; a second SIGTERM does not: SLURM's daemon and srun both send it.
        if self.asked == number == signal.SIGINT:
            raise SystemExit(128 + number)
        self.asked = number

    def read(self) -> Kept | None:
        """What an earlier job left, if it can be gone on from."""
        if not self.path.exists():
            return None
        try:
            tensors, record = read_tensors(self.path, "a state")
        except UserError as error:
            log.warning("%s; starting anew", error)
            return None
        facts = record.pop("state", {})
        if record != self.record:
            names = sorted(name for name in record | self.record if record.get(name) != self.record.get(name))
            log.warning("%s: kept by another job: %s differ; starting anew", self.path, ", ".join(names))
            return None
        log.info("going on from %s", self.path)
        return Kept(tensors, facts)

    def pause(self, state: Callable[[], Kept], *, ended: bool = False) -> None:
        """Between two steps: keep the state if it is time, and end if that was asked."""
        since = time.monotonic() - self.saved
        if self.asked or since >= (AT_AN_END if ended else EVERY):
            self._save(state())
        if self.asked:
            log.warning("asked to end: what is done so far is kept in %s", self.path)
            raise SystemExit(128 + self.asked)

    def drop(self) -> None:
        """Forget what was kept, and what a killed job had begun to."""
        for path in (self.path, aside_of(self.path)):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    @contextmanager
    def naming(self, job: str) -> Iterator[None]:
        """Name the job in its errors. Those that are not the machine's are for good: the same computation
        ends the same way.
        """
        try:
            yield
        except MachineError as error:
            raise MachineError(f"{job}: {error}") from error
        except UserError as error:
            self.drop()
            told = UserError(f"{job}: {error}")
            with suppress(UserError), whole(self.failure) as aside:
                aside.write_text(json.dumps({"record": self.record, "error": str(told)}))
            raise told from error

    def _refuse_what_failed(self) -> None:
        try:
            found = json.loads(self.failure.read_text())
        except (OSError, ValueError):
            return
        if found["record"] == self.record:
            raise UserError(f"{found['error']}; it failed so before; to try again delete {self.failure}")
        self.failure.unlink()

    def _save(self, kept: Kept) -> None:
        try:
            write_weights(self.path, kept.tensors, self.record | {"state": kept.facts})
        except UserError as error:  # the work itself is not lost by that
            log.warning("%s; going on without", error)
        self.saved = time.monotonic()


def pauses(keeper: Keeper | None, state: Callable[[], Kept]) -> Callable[..., None]:
    """`keeper.pause` with this state; what nobody keeps is never paused."""
    return partial(keeper.pause, state) if keeper else lambda *, ended=False: None


def _hold(lock: Path, output: Path) -> int:
    """An open file that no other process on any machine holds locked; it ends with the process."""
    while True:
        held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(held, 200).decode(errors="replace")
            os.close(held)
            found = f"another process is making it: {owner or 'unknown'}"
            raise UserError(f"{output}: {found}; wait for it, or end it, and rerun") from None
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            log.warning("%s: cannot be locked (%s): start no second job for it", lock, error.strerror)
        try:
            same = os.fstat(held).st_ino == lock.stat().st_ino
        except FileNotFoundError:
            same = False
        if same:
            os.truncate(held, 0)
            os.write(held, f"process {os.getpid()} on {os.uname().nodename}".encode())
            return held
        os.close(held)  # its owner ended meanwhile, and took the name away
