"""The probe stage: a run's weights and its data table in; what can be read from each of its layers out."""

import logging
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import torch

from lea import registry
from lea.checkpoint import load_weights
from lea.compute.building import build_network
from lea.compute.device import choose_device, prepare_device
from lea.compute.keeping import Keeper, conditions
from lea.data.tensors import Data, Factors, Samples, data_of, factors_of
from lea.errors import UserError
from lea.probes.layers import Layers
from lea.probes.readers import TRAINED, UNTRAINED
from lea.probes.training import Factor, Probing, Reading, train_probes
from lea.provenance import origin
from lea.store import PROBES, read_table, write_table
from lea.study.spec import Probing as Spec
from lea.study.spec import Run, described, parse

log = logging.getLogger(__name__)


def probe(
    spec: str,
    seed: int,
    *,
    weights: Path,
    data: Path,
    output: Path,
    device: str,
    threads: int,
    code: str = "",
) -> None:
    """Probe one seed of a run, or go on with it: its trained network, and the same untrained."""
    asked = parse(Spec, spec)
    run, probes = asked.run, asked.probes
    place = choose_device(device)
    prepare_device(place, threads)
    shown = read_table(data)
    images, factors = data_of(shown, run.target), factors_of(shown, probes.factors)
    if (probes.samples or 0) > len(images.train):
        found = f"found {len(images.train):,} training images; the probes ask for {probes.samples:,}"
        raise UserError(f"{data}: {found}; ask for no more than there are")
    log.info("run %s, seed %d: probes of %s, on %s", run.id, seed, ", ".join(probes.factors), place)
    names = [factors.names[run.target][group] for group in range(images.classes)] if run.target else []
    facts = {
        "id": run.id,
        "run": described(run),
        "probes": described(probes),
        "seed": seed,
        "best": factors.best,
    }
    record = origin(facts | {"classes": dict(factors.classes)}, ("torch", "numpy"))
    try:
        networks = {
            TRAINED: _layers(asked, images, seed, place),
            UNTRAINED: _layers(asked, images, seed, place),
        }
        load_weights(networks[TRAINED].network.model, weights, run.id, seed)
        train = Reading(samples=Samples(images.train.pixels, factors.train).first(probes.samples).to(place))
        groups = images.test.labels.to(place) if run.target else None
        test = Reading(samples=Samples(images.test.pixels, factors.test).to(place), groups=groups)
        example, _ = test.samples.batch(torch.arange(1, device=place))
        probing = Probing(networks, _factors(run, factors), probes, seed, example)
    except UserError as error:
        raise UserError(f"run {run.id}, seed {seed}, {error}") from error
    key = {"run": run.id, "seed": seed}
    with Keeper(output, record | conditions(code, shown, place, threads, weights)) as keeper:
        with keeper.naming(f"run {run.id}, seed {seed}"):
            rows = train_probes(probing, train, test, seed, keeper)
        table = [
            key | asdict(one) | {"group": None if one.group is None else names[one.group]} for one in rows
        ]
        write_table(output, pa.Table.from_pylist(table, PROBES), PROBES, record)


def _layers(asked: Spec, images: Data, seed: int, place: torch.device) -> Layers:
    """An untrained network that will never be trained."""
    network = build_network(asked.run, images, seed)
    network.model.to(place).to(memory_format=torch.channels_last)
    return Layers(network, asked.probes.layers)


def _factors(run: Run, factors: Factors) -> list[Factor]:
    ordered = registry.constant("dataset", run.dataset.reader.name, "ORDERED", {})
    return [
        Factor(name, classes, name in ordered, ordered.get(name)) for name, classes in factors.classes.items()
    ]
