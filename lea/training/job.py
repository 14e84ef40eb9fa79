"""The training stage: a run, a seed and a data table in; weights, metrics, pictures and times out (Sec. 4.1).

Models that are only counted (Table 3.1) are built here too, and not trained.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from torch import nn

from lea.checkpoint import write_weights
from lea.compute.building import build_network, count_parameters
from lea.compute.device import choose_device, machine_name, prepare_device
from lea.compute.keeping import Keeper, conditions
from lea.data.tensors import Data, data_of
from lea.errors import UserError
from lea.provenance import origin
from lea.store import METRICS, PARAMETERS, PICTURES, TIMES, read_table, write_table
from lea.study.seeds import derive
from lea.study.spec import Models, Run, described, parse
from lea.training.epochs import Epoch
from lea.training.loop import train as train_network
from lea.training.pictures import Picture

log = logging.getLogger(__name__)


def train(
    spec: str,
    seed: int,
    *,
    data: Path,
    outputs: Mapping[str, Path],
    device: str,
    threads: int,
    code: str = "",
) -> None:
    """Train one seed of a run, or go on with it; `outputs`: paths for weights, metrics, pictures, times."""
    run = parse(Run, spec)
    place = choose_device(device)
    prepare_device(place, threads)
    shown = read_table(data)
    images = data_of(shown, run.target)
    held_out = run.training.held_out or 0
    samples = run.training.samples or len(images.train) - held_out
    if not 0 < samples <= len(images.train) - held_out:
        wanted = f"{run.training.samples or 'some'}, and {held_out:,} held out"
        found = f"found {len(images.train):,} training images; the run asks for {wanted}"
        raise UserError(f"{data}: {found}; ask for no more than there are")
    log.info("run %s, seed %d: %d samples, on %s, %d threads", run.id, seed, samples, place, threads)
    images = Data(images.train.to(place), images.test.to(place), images.shape, images.classes)
    record = origin({"id": run.id, "run": described(run), "seed": seed}, ("torch", "numpy"))
    with Keeper(outputs["weights"], record | conditions(code, shown, place, threads)) as keeper:
        with keeper.naming(f"run {run.id}, seed {seed}"):
            network = build_network(run, images, seed)
            network.model.to(place).to(memory_format=torch.channels_last)
            with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
                torch.manual_seed(derive(seed, "noise"))  # of samplers, and of layers as dropout
                begun = time.perf_counter()
                epochs = train_network(network, images, run.training, seed, run.pictures, keeper)
                log.info("trained for %.1f s", time.perf_counter() - begun)
        where = {"machine": machine_name(place), "threads": threads}
        _write(outputs, record, network.model, epochs, where)


def _write(
    outputs: Mapping[str, Path],
    record: Mapping[str, Any],
    model: nn.Module,
    epochs: Sequence[Epoch],
    where: dict[str, Any],
) -> None:
    key = {"run": record["id"], "seed": record["seed"]}
    write_weights(outputs["weights"], model.state_dict(), record)
    metrics = [key | asdict(one) for epoch in epochs for one in epoch.measurements]
    write_table(outputs["metrics"], pa.Table.from_pylist(metrics, METRICS), METRICS, record)
    pictures = [key | _row(one) for epoch in epochs for one in epoch.pictures]
    write_table(outputs["pictures"], pa.Table.from_pylist(pictures, PICTURES), PICTURES, record)
    times = [
        key | where | {"epoch": one.number, "samples": one.samples, "seconds": one.seconds}
        for one in epochs
        if one.samples
    ]
    write_table(outputs["times"], pa.Table.from_pylist(times, TIMES), TIMES, record)


def count(spec: str, output: Path) -> None:
    """Count the parameters of models."""
    models = parse(Models, spec)
    table = pa.Table.from_pylist(list(count_parameters(models)), PARAMETERS)
    write_table(output, table, PARAMETERS, origin({"models": described(models)}, ("torch",)))


def _row(picture: Picture) -> dict[str, object]:
    height, width = picture.values.shape
    limits = {"low": picture.low, "high": picture.high, "height": height, "width": width}
    place = {"epoch": picture.epoch, "part": picture.part, "kind": picture.kind}
    where = {"sample": picture.sample, "channel": picture.channel}
    return place | where | limits | {"values": picture.values.ravel()}
