"""Starts a job again and again, and kills it, until it may end; a process of its own, since only one that has
not yet computed may fork.

Reads from its standard input with what arguments, how often to kill it, and where to end it; says
how each attempt ended.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from lea.checkpoint import write_weights
from lea.compute import keeping
from lea.compute.opening import do_job
from lea.files import aside_of

ASKS = 2  # a job is killed soon after so many of its pauses; at the next it waits for a killer that is late


def main() -> None:
    """Kill it, then let it go on."""
    asked = json.load(sys.stdin)
    arguments = asked["arguments"]
    arguments["inputs"] = [(role, Path(path)) for role, path in arguments["inputs"]]
    arguments["outputs"] = {name: Path(path) for name, path in arguments["outputs"].items()}
    chance, ends = random.Random(asked["seed"]), []
    for kill in range(asked["kills"]):
        pauses, wait = chance.randint(1, ASKS), chance.random() * asked["within"]
        number = signal.Signals[asked["signal"]]
        half = kill % 4 == 3 and number == signal.SIGKILL
        ends.append(attempt(arguments, asked["every"], 0 if half else pauses, wait, number, half))
    ends.append(attempt(arguments, 3600.0))
    json.dump(ends, sys.stdout)


def attempt(
    arguments: dict[str, Any],
    every: float,
    pauses: int = 0,
    wait: float = 0.0,
    number: signal.Signals = signal.SIGKILL,
    half: bool = False,
) -> list[object]:
    """[exit status, whether a half written state was left]; `half`: it kills itself while it writes one."""
    heard, said = os.pipe()
    granted, grants = os.pipe()
    os.write(grants, pauses * b".")
    child = os.fork()
    if not child:
        os.close(heard)
        os.close(grants)
        run(arguments, every, said, granted, half)
    os.close(said)
    if pauses:
        while pauses and os.read(heard, 1):
            pauses -= 1
        time.sleep(wait)
        os.kill(child, number)
    os.close(grants)  # whoever still waits goes on
    _, status = os.waitpid(child, 0)
    os.close(heard)
    os.close(granted)
    folder = next(iter(arguments["outputs"].values())).parent
    return [os.waitstatus_to_exitcode(status), bool(list(folder.glob(".*.state.partial")))]


def run(arguments: dict[str, Any], every: float, said: int, granted: int, half: bool) -> None:
    """The job, which says when it pauses, and keeps its state at every pause if asked to."""
    if half:
        keeping.write_weights = half_written
    keeping.EVERY = keeping.AT_AN_END = every
    pause = keeping.Keeper.pause

    def heard(self: keeping.Keeper, state: Any, *, ended: bool = False) -> None:
        os.write(said, b".")
        os.read(granted, 1)
        pause(self, state, ended=ended)

    keeping.Keeper.pause = heard  # type: ignore[method-assign]
    status = 1
    try:
        do_job(**arguments)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(status)


def half_written(path: Path, *what: Any) -> None:
    """Write half of a state, and die of it."""
    elsewhere = path.with_name(".elsewhere")
    write_weights(elsewhere, *what)
    content = elsewhere.read_bytes()
    elsewhere.unlink()
    aside_of(path).write_bytes(content[: len(content) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
