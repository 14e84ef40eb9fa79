"""The training stage: a run, a seed and a data table in; `weights.safetensors` and `metrics.parquet` out
(Sec. 4.1).
"""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import torch
from torch import nn

from lea import registry
from lea.checkpoint import write_weights
from lea.data.tensors import Data, read_data
from lea.errors import UserError
from lea.provenance import origin
from lea.store import METRICS, write_table
from lea.study.seeds import derive
from lea.study.spec import Run, described, parse
from lea.training.device import choose_device, prepare_device
from lea.training.loop import Measurement
from lea.training.loop import train as train_model

log = logging.getLogger(__name__)


def train(
    spec: str, seed: int, *, data: Path, weights: Path, metrics: Path, device: str, threads: int
) -> None:
    """Train one seed of a run."""
    run = parse(Run, spec)
    place = choose_device(device)
    prepare_device(place, threads)
    images = read_data(data, run.target)
    samples = run.training.samples or len(images.train)
    if samples > len(images.train):
        found = f"found {len(images.train):,} training images; the run asks for {samples:,}"
        raise UserError(f"{data}: {found}; ask for no more than there are")
    log.info("run %s, seed %d: %d samples, on %s, %d threads", run.id, seed, samples, place, threads)
    model = build_network(run, images, seed).to(place).to(memory_format=torch.channels_last)
    images = Data(images.train.to(place), images.test.to(place), images.shape, images.classes)
    with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
        torch.manual_seed(
            derive(seed, "noise")
        )  # of layers that draw from PyTorch's own generator, as dropout does
        try:
            measured = list(_logged(train_model(model, images, run.training, seed)))
        except UserError as error:
            raise UserError(f"run {run.id}, seed {seed}, {error}") from error
    record = origin({"id": run.id, "run": described(run), "seed": seed}, ("torch", "numpy"))
    write_weights(weights, model.state_dict(), record)
    write_table(metrics, _table(measured, run.id, seed), METRICS, record)


def build_network(run: Run, data: Data, seed: int) -> nn.Module:
    """The untrained network of a run and seed; its initialisation is a stream of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "initialisation"))
        model: nn.Module = registry.load("network", run.network.name)(
            data.shape, data.classes, **run.network.options
        )
    return model


def _logged(measurements: Iterable[Measurement]) -> Iterable[Measurement]:
    for one in measurements:
        log.info("epoch %d, %s: %s %s %.4f", one.epoch, one.split, one.part, one.metric, one.value)
        yield one


def _table(measured: list[Measurement], run: str, seed: int) -> pa.Table:
    frame = pd.DataFrame([asdict(one) for one in measured])
    return pa.Table.from_pandas(frame.assign(run=run, seed=seed)[METRICS.names], preserve_index=False)
