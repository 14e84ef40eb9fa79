"""The best trial of a search, as any trained model; all trials; what to run, and to open in Optuna."""

from collections.abc import Iterator

from lea.search.trial.stage import last_rung, told
from lea.study.filling import Rung
from lea.study.spec import Run
from lea.study.stages import Need, Stage
from lea.training.stage import OUTPUTS as TRAINED

OUTPUTS = {
    **TRAINED,
    "trials": {  # a row for each trial and dimension
        "run": "string",
        "seed": "int32",
        "trial": "int32",
        "state": "string",
        "epoch": "int32",  # to which it was trained
        "value": "float64",  # what is minimised, there
        "chosen": "bool",
        "parameter": "string",
        "number": "float64",  # null: no number, or not drawn
        "text": "string",  # as YAML has it; empty: not drawn
        "low": "float64",
        "high": "float64",
        "scale": "string",  # linear, log, choice
    },
    "histories": {
        "run": "string",
        "seed": "int32",
        "trial": "int32",
        "epoch": "int32",
        "value": "float64",
    },
    "chosen": "yaml",  # an analysis of the trial that was chosen
    "journal": "log",  # the search as a study of Optuna's
}


def needs(run: Run, asked: None) -> Iterator[Need]:
    """All trials as they ended."""
    assert run.search
    last = last_rung(run.search)
    for trial in range(run.search.trials):
        yield told(trial, last)
        ended = Rung(trial=trial, rung=last)
        yield Need(role=f"state.{trial}", stage="trial", output="state", asked=ended)


STAGE = Stage(
    name="choose",
    title="choose the best trial of a search",
    key=None,
    asks=None,
    read=None,
    outputs=OUTPUTS,
    needs=needs,
    searches=True,
    gpu=0,
    minutes=30,
)
