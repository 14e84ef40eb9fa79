"""The probe stage: a run's weights and its data table in; what can be read from each of its layers out."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch
from torch import nn

from lea import registry
from lea.compute.building import initialise
from lea.compute.memory import Do
from lea.compute.network import Network
from lea.compute.opening import Job
from lea.compute.optimizers import Optimizer
from lea.data.tensors import Factors, data_of, factors_of
from lea.errors import UserError
from lea.probes.layers import Layers
from lea.probes.readers import TRAINED, UNTRAINED
from lea.probes.stage import Probes
from lea.probes.training import Factor, Measurement, Probing, Reading, train_probes
from lea.study.spec import Data

log = logging.getLogger(__name__)


def compute(job: Job) -> dict[str, list[dict[str, Any]]]:
    """Probe one seed of a run, or go on with it: its trained network, and the same untrained."""
    probes: Probes = job.asked
    train, test, factors = _readings(job, probes)
    log.info("probes of %s", ", ".join(probes.factors))
    job.weigh(partial(_step, factors), probes.batch_size)
    networks = {
        TRAINED: Layers(job.network(), probes.layers),
        UNTRAINED: Layers(job.network(trained=False), probes.layers),
    }
    example, _ = test.batch(torch.arange(1, device=job.device))
    begin = partial(initialise, run=job.run, whole=True)  # as the network
    probing = Probing(networks, _factors(job, factors), probes, job.seed, example, begin)
    job.facts |= {"classes": factors.classes, "best": factors.best}
    rows = train_probes(probing, train, test, job.seed, job.keeper)
    target = job.run.data.target
    return {"probes": [_row(one, factors.names[target] if target else ()) for one in rows]}


def _step(factors: Factors, job: Job, network: Network) -> tuple[nn.Module, Do]:
    """A step of all probes."""
    both = dict.fromkeys((TRAINED, UNTRAINED), Layers(network, job.asked.layers))
    example = torch.zeros(1, *job.data.shape)
    probing = Probing(both, _factors(job, factors), job.asked, job.seed, example)

    def do(few: int) -> Mapping[str, Optimizer]:
        labels = torch.zeros(few, len(factors.classes), dtype=torch.int64)
        probing.step(torch.zeros(few, *job.data.shape), labels, labels)
        return {"probes": probing.optimizer}

    return nn.ModuleList([network.model, *probing.probes.values()]), do


def _readings(job: Job, probes: Probes) -> tuple[Reading, Reading, Factors]:
    """What the probes learn from, and what they are tested on: the samples that the run is tested on."""
    table, whole = job.tables["data"], _undivided(job.run.data)
    data = data_of(table, whole, job.seed, {})
    factors = factors_of(table, whole, job.seed, probes.factors)
    if (probes.samples or 0) > len(data.train):
        found = f"found {len(data.train):,} training samples; the probes ask for {probes.samples:,}"
        raise UserError(f"{job.paths['data']}: {found}; ask for no more than there are")
    train = data.train.labelled(factors.train).first(probes.samples).to(job.device)
    test = data.test.labelled(factors.test).to(job.device)
    groups = None if data.test.labels is None else data.test.labels.to(job.device)
    return Reading(samples=train), Reading(samples=test, groups=groups), factors


def _undivided(data: Data) -> Data:
    """With all training samples together: a probe may learn from more of them than the run does."""
    samples = None if data.split == "fixed" or data.samples is None else data.samples + (data.held_out or 0)
    return replace(data, samples=samples, held_out=None)


def _factors(job: Job, factors: Factors) -> list[Factor]:
    ordered = registry.constant("dataset", job.run.data.table.origin.name, "ORDERED", {})
    return [
        Factor(name, classes, name in ordered, ordered.get(name)) for name, classes in factors.classes.items()
    ]


def _row(one: Measurement, groups: Sequence[str]) -> dict[str, Any]:
    return asdict(one) | {"group": None if one.group is None else groups[one.group]}
