"""The training stage: a run, a seed and a data table in; weights, metrics, pictures and times out (Sec. 4.1).

Models that are only counted (Table 3.1) are built here too, and not trained.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import torch

from lea.checkpoint import write_weights
from lea.compute.building import build_network, count_parameters
from lea.compute.device import choose_device, machine_name, prepare_device
from lea.data.tensors import Data, read_data
from lea.errors import UserError
from lea.provenance import origin
from lea.store import METRICS, PARAMETERS, PICTURES, TIMES, write_table
from lea.study.seeds import derive
from lea.study.spec import Models, Run, described, parse
from lea.training.loop import Epoch
from lea.training.loop import train as train_network
from lea.training.pictures import Picture

log = logging.getLogger(__name__)


def train(
    spec: str, seed: int, *, data: Path, outputs: Mapping[str, Path], device: str, threads: int
) -> None:
    """Train one seed of a run; `outputs` has a path for weights, metrics, pictures and times."""
    run = parse(Run, spec)
    place = choose_device(device)
    prepare_device(place, threads)
    images = read_data(data, run.target)
    held_out = run.training.held_out or 0
    samples = run.training.samples or len(images.train) - held_out
    if not 0 < samples <= len(images.train) - held_out:
        wanted = f"{run.training.samples or 'some'}, and {held_out:,} held out"
        found = f"found {len(images.train):,} training images; the run asks for {wanted}"
        raise UserError(f"{data}: {found}; ask for no more than there are")
    log.info("run %s, seed %d: %d samples, on %s, %d threads", run.id, seed, samples, place, threads)
    images = Data(images.train.to(place), images.test.to(place), images.shape, images.classes)
    try:
        network = build_network(run, images, seed)
        network.model.to(place).to(memory_format=torch.channels_last)
        with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
            torch.manual_seed(derive(seed, "noise"))  # of samplers, and of layers as dropout
            epochs = list(_logged(train_network(network, images, run.training, seed, run.pictures)))
    except UserError as error:
        raise UserError(f"run {run.id}, seed {seed}, {error}") from error
    record = origin({"id": run.id, "run": described(run), "seed": seed}, ("torch", "numpy"))
    key = {"run": run.id, "seed": seed}
    write_weights(outputs["weights"], network.model.state_dict(), record)
    metrics = [key | asdict(one) for epoch in epochs for one in epoch.measurements]
    write_table(outputs["metrics"], pa.Table.from_pylist(metrics, METRICS), METRICS, record)
    pictures = [key | _row(one) for epoch in epochs for one in epoch.pictures]
    write_table(outputs["pictures"], pa.Table.from_pylist(pictures, PICTURES), PICTURES, record)
    where = key | {"machine": machine_name(place), "threads": threads}
    times = [
        where | {"epoch": one.number, "samples": one.samples, "seconds": one.seconds}
        for one in epochs
        if one.samples
    ]
    write_table(outputs["times"], pa.Table.from_pylist(times, TIMES), TIMES, record)


def count(spec: str, output: Path) -> None:
    """Count the parameters of models."""
    models = parse(Models, spec)
    table = pa.Table.from_pylist(list(count_parameters(models)), PARAMETERS)
    write_table(output, table, PARAMETERS, origin({"models": described(models)}, ("torch",)))


def _logged(epochs: Iterable[Epoch]) -> Iterable[Epoch]:
    for epoch in epochs:
        for one in epoch.measurements:
            log.info("epoch %d, %s: %s %s %.4f", one.epoch, one.split, one.part, one.metric, one.value)
        yield epoch


def _row(picture: Picture) -> dict[str, object]:
    height, width = picture.values.shape
    limits = {"low": picture.low, "high": picture.high, "height": height, "width": width}
    place = {"epoch": picture.epoch, "part": picture.part, "kind": picture.kind}
    where = {"sample": picture.sample, "channel": picture.channel}
    return place | where | limits | {"values": picture.values.ravel()}
