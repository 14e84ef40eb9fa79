"""The stage that trains: a run and its data table in; weights and what was measured on the way out."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import torch

from lea.checkpoint import read_weights
from lea.compute.device import arithmetic_of, machine_name
from lea.compute.keeping import Kept
from lea.compute.memory import Do
from lea.compute.network import Network
from lea.compute.opening import MAIN, Job
from lea.compute.optimizers import Optimizer
from lea.data.tensors import Data
from lea.store import read_record
from lea.study.seeds import derive
from lea.training.epochs import Past
from lea.training.freezing import freeze
from lea.training.loop import batch_size, train
from lea.training.method import Batch, Method, Setting
from lea.training.numbers import explained
from lea.training.starting import start_with
from lea.training.totals import NoNumber

log = logging.getLogger(__name__)


def compute(job: Job) -> dict[str, Any]:
    """Train one seed of a run, or go on with it."""
    network, past, _ = train_job(job)
    return made_of(job, network, past)


def made_of(job: Job, network: Network, past: Past) -> dict[str, Any]:
    """What a trained model leaves behind; the record says how to build it again, and what it gives."""
    job.facts |= {
        "shape": list(job.data.shape),
        "classes": job.data.classes,
        "class_names": _class_names(job),
        "layers": [name for name, _ in network.model.named_children()],
        "models": job.models_within,
    }
    return {
        "weights": network.model.state_dict(),
        "snapshots": past.snapshots,
        "metrics": past.rows(),
        "times": past.times(where_of(job)),
    }


def where_of(job: Job) -> dict[str, Any]:
    """What a job computes on."""
    return {
        "machine": machine_name(job.device),
        "threads": job.threads,
        "arithmetic": arithmetic_of(job.run.fit.precision, job.device.type),
    }


def train_job(job: Job, *, begun: Kept | None = None, until: int | None = None) -> tuple[Network, Past, Kept]:
    """Train the run of a job, or go on with it: from a state, to an epoch before the last."""
    run, data = job.run, job.data.to(job.device)
    log.info("%d samples", len(data.train))
    if run.fit.epochs:
        job.weigh(_step)
    network = _network(job)
    with torch.random.fork_rng(devices=[job.device] if job.device.type == "cuda" else []):
        torch.manual_seed(derive(job.seed, "noise"))  # of samplers, and of layers as dropout
        method = _method(job, network, data)
        started = time.perf_counter()
        try:
            past, kept = train(network, method, data, run.fit, job.seed, job.keeper, begun=begun, until=until)
        except NoNumber as error:
            samples = {"train": data.train, "test": data.test, "held-out": data.held_out}[error.split]
            size = batch_size(run.fit, samples)
            raise explained(error, (network, method), lambda: _anew(job, data), samples, size) from error
        log.info("trained for %.1f s", time.perf_counter() - started)
    return network, past, kept


def _step(job: Job, network: Network) -> tuple[torch.nn.Module, Do]:
    """A step on a batch, which is the most that is done at once."""
    network.model.train()
    freeze(network.model, job.run.fit.frozen)
    method = _method(job, network, job.data)

    def do(few: int) -> Mapping[str, Optimizer]:
        rows = torch.zeros(few, dtype=torch.int64)
        x = torch.zeros(few, *job.data.shape)
        method.step(Batch(x, rows if job.data.classes else None, rows))
        return method.optimizers

    return network.model, do


def _class_names(job: Job) -> list[str] | None:
    """Of the label that is learnt, in the order of its numbers; None without labels."""
    names: dict[str, list[str]] = read_record(job.tables[MAIN])["names"]
    return names[job.run.data.target] if job.run.data.target else None


def _network(job: Job) -> Network:
    """The model before its first step."""
    network = job.network(trained=False)
    if job.run.start:
        _start(job, network.model)
    freeze(network.model, job.run.fit.frozen)
    return network


def _method(job: Job, network: Network, data: Data) -> Method:
    """How it learns."""
    made: Method = job.part("method", job.run.method, Setting(network, job.run.fit, data.others))
    return made


def _anew(job: Job, data: Data) -> tuple[Network, Method]:
    network = _network(job)
    method = _method(job, network, data)
    method.begin(data.train)
    return network, method


def _start(job: Job, model: torch.nn.Module) -> None:
    start = job.run.start
    assert start
    its = start.model.run.id
    weights = read_weights(job.trained_path(start.model), its, job.seed_of(start.model))
    start_with(model, weights, start.parts, its)
