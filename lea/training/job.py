"""The stage that trains: a run and its data table in; weights and what was measured on the way out."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import torch

from lea.checkpoint import read_weights
from lea.compute.device import arithmetic_of, machine_name
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
    run, data = job.run, job.data.to(job.device)
    log.info("%d samples", len(data.train))
    if run.fit.epochs:
        job.weigh(_step)
    network = _network(job)
    job.facts |= {  # enough to build the model again, and to know what its outputs mean
        "shape": list(data.shape),
        "classes": data.classes,
        "class_names": _class_names(job),
        "layers": [name for name, _ in network.model.named_children()],
        "models": job.models_within,
    }
    with torch.random.fork_rng(devices=[job.device] if job.device.type == "cuda" else []):
        torch.manual_seed(derive(job.seed, "noise"))  # of samplers, and of layers as dropout
        method = _method(job, network, data)
        begun = time.perf_counter()
        try:
            past: Past = train(network, method, data, run.fit, job.seed, job.keeper)
        except NoNumber as error:
            samples = {"train": data.train, "test": data.test, "held-out": data.held_out}[error.split]
            size = batch_size(run.fit, samples)
            raise explained(error, (network, method), lambda: _anew(job, data), samples, size) from error
        log.info("trained for %.1f s", time.perf_counter() - begun)
    where = {
        "machine": machine_name(job.device),
        "threads": job.threads,
        "arithmetic": arithmetic_of(run.fit.precision, job.device.type),
    }
    return {
        "weights": network.model.state_dict(),
        "snapshots": past.snapshots,
        "metrics": past.rows(),
        "times": past.times(where),
    }


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
