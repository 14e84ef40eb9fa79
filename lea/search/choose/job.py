"""The stage that chooses the trial that came to least, and writes it as any trained model is, with all trials
beside it.
"""

import logging
from dataclasses import replace
from typing import Any

import torch

from lea.compute.opening import Job
from lea.errors import UserError
from lea.search.choose.journal import journal_of
from lea.search.choose.written import analysis_of
from lea.search.told import Told, best_of, told_of
from lea.search.trial.job import read_state
from lea.search.trials import values_of_trials
from lea.study.filling import Values, filled, named
from lea.study.spec import Dimension, described
from lea.training.epochs import past_of
from lea.training.job import made_of

log = logging.getLogger(__name__)
SCALES = {"log_uniform": "log", "choices": "choice"}  # else linear


def compute(job: Job) -> dict[str, Any]:
    """The best trial of all."""
    search, told = job.run.search, told_of(job.tables)
    assert search
    values, best = values_of_trials(search, job.seed, told), best_of(told)
    if best is None:
        states = ", ".join(f"{trial} {one.state}" for trial, one in told.items())
        raise UserError(f"no trial was trained to the end with a finite value ({states}); try another space")
    log.info("trial %d of %d is chosen: %g; %s", best, len(told), told[best].last, dict(values[best]))
    chosen = filled(job.run, values[best])
    histories = [
        {"trial": trial, "epoch": epoch, "value": value}
        for trial, one in told.items()
        for epoch, value in one.values.items()
    ]
    made = {
        "trials": [
            _row(trial, one, values[trial], dimension, best)
            for trial, one in told.items()
            for dimension in search.space
        ],
        "histories": histories,
        "chosen": analysis_of(job.run, chosen, best, told[best].last, job.seed),
        "journal": journal_of(job.run.id, search, values, told),
    }
    job.run = replace(chosen, called=job.run.id)
    job.facts["run"] = described(job.run)
    kept, where = read_state(job, f"state.{best}")
    network = job.network(trained=False)
    with torch.no_grad():
        for name, tensor in network.model.state_dict().items():
            tensor.copy_(kept.tensors[f"model.{name}"])
    made |= made_of(job, network, past_of(kept))
    return made | {"times": past_of(kept).times(where)}


def _row(trial: int, told: Told, values: Values, dimension: Dimension, best: int) -> dict[str, Any]:
    value: Any = values.get(dimension.key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {
        "trial": trial,
        "state": told.state,
        "epoch": max(told.values),
        "value": told.last,
        "chosen": trial == best,
        "parameter": dimension.key,
        "number": float(value) if is_number else None,
        "text": named(value) if dimension.key in values else "",
        "low": dimension.low,
        "high": dimension.high,
        "scale": SCALES.get(dimension.kind, "linear"),
    }
