"""Oracle: what a state was given, and two processes that want the same output."""

import errno
import json
import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from lea.checkpoint import write_weights
from lea.compute import keeping, opening
from lea.compute.keeping import Keeper, Kept
from lea.errors import MachineError, UserError
from lea.store import rows_table, write_table
from lea.study.spec import Task, canonical
from tests.specs import fit, run

RECORD = {"id": "a-run", "run": {"epochs": 3}, "seed": 0, "code": "c0de", "libraries": {"torch": "2"}}
STATE = Kept({"weight": torch.arange(6.0).reshape(2, 3)}, {"epoch": 2, "values": [0.1 + 0.2, None, "text"]})


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "seed=0" / "weights.safetensors"


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "EVERY", 0.0)


class Killed(Exception):
    """The job's end, as if from outside."""


def leave(output: Path, record: dict[str, Any] = RECORD) -> None:
    with suppress(Killed), Keeper(output, record) as keeper:
        keeper.pause(lambda: STATE)
        raise Killed
    assert output.with_name(f".{output.name}.state").exists()


def test_a_state_is_read_as_it_was_given_until_the_job_is_done(output: Path) -> None:
    leave(output)
    with Keeper(output, RECORD) as keeper:
        found = keeper.read()
        assert found is not None
        assert found.facts == STATE.facts
        assert torch.equal(found.tensors["weight"], STATE.tensors["weight"])
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["code", "run", "libraries", "data"])
def test_a_state_of_another_job_is_refused_by_name(
    name: str, output: Path, caplog: pytest.LogCaptureFixture
) -> None:
    leave(output)
    with Keeper(output, RECORD | {name: "another"}) as keeper, caplog.at_level(logging.WARNING):
        assert keeper.read() is None
    state = output.with_name(".weights.safetensors.state")
    assert caplog.messages == [f"{state}: kept by another job: {name} differ; starting anew"]


@pytest.mark.parametrize("length", [0, 7, 60, -100, -1])
def test_a_damaged_state_is_refused(length: int, output: Path, caplog: pytest.LogCaptureFixture) -> None:
    leave(output)
    state = output.with_name(".weights.safetensors.state")
    state.write_bytes(state.read_bytes()[:length])
    with Keeper(output, RECORD) as keeper, caplog.at_level(logging.WARNING):
        assert keeper.read() is None
    assert caplog.messages[0].startswith(f"{state}: truncated")


@pytest.mark.parametrize("place", [3, 40, -20, -1])
def test_a_state_with_a_flipped_byte_is_not_gone_on_from(
    place: int, output: Path, caplog: pytest.LogCaptureFixture
) -> None:
    leave(output)
    state = output.with_name(".weights.safetensors.state")
    content = bytearray(state.read_bytes())
    content[place] ^= 1
    state.write_bytes(content)
    with Keeper(output, RECORD) as keeper, caplog.at_level(logging.WARNING):
        assert keeper.read() is None
    assert caplog.messages[0].endswith("and the workflow makes it again; starting anew")


def test_states_are_a_minute_apart_and_after_an_epoch_ten_seconds(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    clock, saved = [1000.0], []
    monkeypatch.setattr(keeping.time, "monotonic", lambda: clock[0])

    def state() -> Kept:
        saved.append(clock[0])
        return STATE

    with Keeper(output, RECORD) as keeper:
        for second in range(1, 131):
            clock[0] = 1000.0 + second
            keeper.pause(state, ended=second % 65 == 0)
    assert saved == [1060.0, 1120.0, 1130.0]


def test_a_disk_that_is_full_costs_the_state_and_not_the_job(
    output: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise UserError("cannot be written: No space left on device")

    monkeypatch.setattr(keeping, "write_weights", full)
    with Keeper(output, RECORD) as keeper, caplog.at_level(logging.WARNING):
        keeper.pause(lambda: STATE)
    assert caplog.messages == ["cannot be written: No space left on device; going on without"]


def asked(output: Path, *signals: signal.Signals) -> int:
    """How a job ends that is asked to by these signals before its next pause."""

    def job() -> None:
        with Keeper(output, RECORD) as keeper:
            for number in signals:
                os.kill(os.getpid(), number)
            keeper.pause(lambda: STATE)

    with pytest.raises(SystemExit) as caught:
        job()
    return int(str(caught.value))


@pytest.mark.parametrize(
    ("signals", "status", "saved"),
    [
        ((signal.SIGTERM,), 143, True),
        # as SLURM's daemon and srun both say it
        ((signal.SIGTERM, signal.SIGTERM, signal.SIGTERM), 143, True),
        ((signal.SIGINT,), 130, True),
        ((signal.SIGINT, signal.SIGINT), 130, False),
        ((signal.SIGINT, signal.SIGTERM), 143, True),
    ],
)
def test_asked_to_end_a_job_saves_first_unless_somebody_insists(
    signals: tuple[signal.Signals, ...],
    status: int,
    saved: bool,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "EVERY", 3600.0)
    assert asked(output, *signals) == status
    assert output.with_name(".weights.safetensors.state").exists() == saved


def diverge(output: Path) -> None:
    with Keeper(output, RECORD) as keeper, keeper.naming("run a-run"):
        keeper.pause(lambda: STATE)
        raise UserError("epoch 7: the loss is nan")


def test_what_failed_for_good_is_not_tried_again_until_something_else_is(output: Path) -> None:
    with pytest.raises(UserError) as caught:
        diverge(output)
    assert str(caught.value) == "run a-run: epoch 7: the loss is nan"
    failure = output.with_name(".weights.safetensors.failed")
    assert list(output.parent.iterdir()) == [failure]
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            Keeper(output, RECORD).__enter__()
        hint = f"it failed so before; to try again delete {failure}"
        assert str(caught.value) == f"run a-run: epoch 7: the loss is nan; {hint}"
        assert list(output.parent.iterdir()) == [failure]
    with Keeper(output, RECORD | {"code": "another"}):
        pass
    assert list(output.parent.iterdir()) == []


def conditions(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    data: int = 1,
    weights: int = 1,
    device: str = "cpu",
    threads: int = 1,
    **changes: Any,
) -> dict[str, Any]:
    """What a job's state must have come from: the record that it is kept with."""
    columns, table, file = {"a": "int64"}, folder / f"{data}.parquet", folder / f"{weights}.safetensors"
    write_table(table, rows_table([{"a": data}], columns), columns, {})
    write_weights(file, {"weight": torch.tensor(weights)}, {})
    found: dict[str, Any] = {}

    def kept(output: Path, record: dict[str, Any]) -> None:
        found.update(record)
        raise Killed

    monkeypatch.setattr(opening, "Keeper", kept)
    monkeypatch.setattr(opening, "choose_device", torch.device)
    monkeypatch.setattr(opening, "prepare_device", lambda *_: None)
    asked: dict[str, Any] = {"spec": canonical(Task(run=run(), asked=None)), "seed": 0, "code": "c0de"}
    inputs, outputs = [("data", table), ("weights", file)], {"weights": folder / "made"}
    with suppress(Killed):
        opening.do_job(
            "train", inputs=inputs, outputs=outputs, device=device, threads=threads, **asked | changes
        )
    return found


def test_states_are_told_apart_by_all_that_changes_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = canonical(Task(run=run(fit=fit(epochs=2)), asked=None))
    changes: list[dict[str, Any]] = [
        {},
        {"code": "else"},
        {"spec": another},
        {"seed": 1},
        {"data": 2},
        {"device": "cuda:0"},
        {"threads": 2},
        {"weights": 2},
    ]
    found = [conditions(tmp_path, monkeypatch, **one) for one in changes]
    assert len({json.dumps(one) for one in found}) == len(found)
    assert conditions(tmp_path, monkeypatch, device="cuda:1") == found[5]


def test_a_file_system_without_locks_is_said_and_costs_nothing_else(
    output: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def without(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(keeping.fcntl, "flock", without)
    leave(output)
    with Keeper(output, RECORD) as keeper, caplog.at_level(logging.WARNING):
        assert keeper.read() is not None
    assert list(output.parent.iterdir()) == []
    assert "cannot be locked (No locks available): start no second job for it" in caplog.text


HOLD = """
import sys, time
from pathlib import Path
from lea.compute.keeping import Keeper
with Keeper(Path(sys.argv[1]), {}):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_process_at_a_time_makes_an_output_and_a_killed_one_frees_it(output: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(output)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=f"another process is making it: process {other.pid} on "):
            Keeper(output, RECORD).__enter__()
        other.kill()
    with Keeper(output, RECORD):
        pass


def test_what_is_kept_is_json(output: Path) -> None:
    leave(output, RECORD | {"shape": (1, 2)})
    with Keeper(output, RECORD | {"shape": (1, 2)}) as keeper:
        found = keeper.read()
    assert found is not None
    assert json.loads(json.dumps(found.facts)) == found.facts


def test_what_is_wrong_with_a_file_is_not_for_good(tmp_path: Path) -> None:
    """Made again, it has the digest of before: a job that failed at a damaged one may try again."""
    keeper = Keeper(tmp_path / "made.parquet", {"weights": "sha256:1"})
    with pytest.raises(UserError, match=r"run x: .*not such"), keeper, keeper.naming("run x"):
        raise MachineError("w.safetensors: not such")
    assert list(tmp_path.glob(".*.failed")) == []
