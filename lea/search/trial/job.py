"""The stage that trains a trial of a search from one rung to the next, unless it has ended: pruned at the
rung before, or without a number for a loss, which is a result here.
"""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from lea import registry
from lea.checkpoint import read_tensors
from lea.compute.keeping import Kept
from lea.compute.opening import Job
from lea.errors import UserError
from lea.search.pruners import Pruner
from lea.search.told import Told, told_of
from lea.search.trials import values_of_trials
from lea.study.filling import Rung, filled
from lea.study.spec import Search
from lea.training.epochs import Past
from lea.training.job import train_job, where_of
from lea.training.totals import NoNumber

log = logging.getLogger(__name__)
STATE = "state"
FACTS = "facts"  # the tensor of a state whose bytes are what is none, as JSON


def compute(job: Job) -> dict[str, Any]:
    """Train a trial to its next rung, or say that it has ended."""
    rung: Rung = job.asked
    search, told = job.run.search, told_of(job.tables)
    assert search
    own = told.get(rung.trial)
    if own and own.state != "going":
        return _ended(rung, own)
    if own and _pruned(search, rung, told):
        log.info("trial %d is pruned at epoch %d", rung.trial, max(own.values))
        return _ended(rung, replace(own, state="pruned"))
    values = values_of_trials(search, job.seed, told, rung.trial)[rung.trial]
    log.info("trial %d: %s", rung.trial, ", ".join(f"{key} {value}" for key, value in values.items()))
    job.run = replace(filled(job.run, values), called=job.run.id)
    until = search.rungs[rung.rung]
    try:
        _, past, kept = train_job(job, begun=_begun(job) if own else None, until=until)
    except UserError as error:
        cause = error.__cause__
        if not isinstance(cause, NoNumber):
            raise
        log.warning("trial %d: %s", rung.trial, error)
        before = _values(cause.past, search, rung.trial) if cause.past.epochs else {}
        diverged = {max(before, default=0) + 1: math.inf}
        return _ended(rung, Told(state="diverged", values=before | diverged))
    facts = json.dumps(kept.facts | {"where": where_of(job)}).encode()
    ends = rung.rung + 1 == len(search.rungs)
    now = Told(state="complete" if ends else "going", values=_values(past, search, rung.trial))
    tensors = kept.tensors | {FACTS: torch.frombuffer(bytearray(facts), dtype=torch.uint8)}
    return {STATE: tensors, "told": now.rows(rung.trial)}


def read_state(job: Job, role: str) -> tuple[Kept, Mapping[str, Any]]:
    """A state, and what was computed on."""
    tensors, _ = read_tensors(job.paths[role], "the state of a trial")
    facts = json.loads(bytes(tensors.pop(FACTS).tolist()))
    where = facts.pop("where")
    return Kept(tensors, facts), where


def _begun(job: Job) -> Kept:
    return read_state(job, "before")[0]


def _ended(rung: Rung, told: Told) -> dict[str, Any]:
    return {STATE: {}, "told": told.rows(rung.trial)}


def _pruned(search: Search, rung: Rung, told: Mapping[int, Told]) -> bool:
    if search.pruner is None:
        return False
    pruner: Pruner = registry.load("pruner", search.pruner.name)(**search.pruner.options)
    at = {trial: one.at_rungs(search, rung.rung) for trial, one in told.items()}
    own = at.pop(rung.trial)
    return pruner.prunes(own, list(at.values()))


def _values(past: Past, search: Search, trial: int) -> dict[int, float]:
    """What is minimised, by epoch."""
    aim, there = search.minimise, dict[str, None]()
    found: dict[int, float] = {}
    for epoch in past.epochs:
        for one in epoch.measurements:
            there[f"{one.split} {one.part} {one.metric}"] = None
            if (one.split, one.part, one.metric) == (aim.split, aim.part, aim.metric):
                found[epoch.number] = one.value if math.isfinite(one.value) else math.inf
    if not found:
        wanted = f"'{aim.split} {aim.part} {aim.metric}'"
        raise UserError(
            f"search.minimise: trial {trial} measures no {wanted}; expected one of {', '.join(there)}"
        )
    return found
