"""A trial's training between two rungs: its state behind it, and what it came to by epoch."""

from collections.abc import Iterator

from lea.study.filling import Rung, batches
from lea.study.spec import Run, Search
from lea.study.stages import Need, Stage

OUTPUTS = {
    "state": None,  # empty where the trial has ended
    "told": {
        "run": "string",
        "seed": "int32",
        "trial": "int32",
        "state": "string",  # going, complete, pruned, diverged
        "epoch": "int32",
        "value": "float64",  # what is minimised
    },
}


def needs(run: Run, asked: Rung) -> Iterator[Need]:
    """The trial at the rung before, and all that its sampler and its pruner go by: trials of earlier batches
    as they ended, those of its own at the rung before.
    """
    assert run.search
    if asked.rung:
        before = Rung(trial=asked.trial, rung=asked.rung - 1)
        yield Need(role="before", stage="trial", output="state", asked=before)
    for batch in batches(run.search):
        own = asked.trial in batch
        rung = asked.rung - 1 if own else last_rung(run.search)
        for trial in batch if rung >= 0 else ():
            yield told(trial, rung)
        if own:
            break


def told(trial: int, rung: int) -> Need:
    """What a trial came to at a rung."""
    return Need(role=f"told.{trial}", stage="trial", output="told", asked=Rung(trial=trial, rung=rung))


def last_rung(search: Search) -> int:
    """The number of the last."""
    return len(search.rungs) - 1


STAGE = Stage(
    name="trial",
    title="train a trial of a search from one rung to the next",
    key=None,
    asks=Rung,
    read=None,
    outputs=OUTPUTS,
    needs=needs,
    trains=True,
    searches=True,
    minutes=240,
)
