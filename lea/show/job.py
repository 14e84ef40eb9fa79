"""The stage that shows: a run's weights and its data table in; pictures of it after some epochs out."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lea.checkpoint import read_weights
from lea.compute.network import Network
from lea.compute.opening import MAIN, Job
from lea.data.tensors import Samples, labelled_by
from lea.errors import UserError
from lea.show.picture import Picture
from lea.show.stage import SNAPSHOTS, Showing, epochs
from lea.study.seeds import derive
from lea.study.spec import Part


def compute(job: Job) -> dict[str, list[dict[str, Any]]]:
    """Take one kind of pictures of one seed of a run."""
    asked: Showing = job.asked
    samples = _samples(job).to(job.device)
    job.weigh(samples=len(samples))
    rows = []
    for epoch, network in _networks(job):
        rows += [{"epoch": epoch} | picture.row() for picture in _taken(job, asked.what, network, samples)]
    return {"pictures": rows}


def _samples(job: Job) -> Samples:
    """The samples that a picture is given."""
    factors, size = job.asked.what.options.get("factors", ()), job.run.fit.batch_size
    test = labelled_by(job.data, job.tables[MAIN], job.run.data, job.seed, factors).test
    if job.asked.samples == "all" or size == "all":
        return test
    images = job.asked.what.options.get("images")
    return test.first(max(images, size) if isinstance(images, int) else size)


def _networks(job: Job) -> Iterator[tuple[int, Network]]:
    """The model after each epoch that is looked at."""
    run = job.run
    earlier = [epoch for epoch in epochs(run) if epoch != run.fit.epochs]
    kept = read_weights(job.paths[SNAPSHOTS], run.id, job.seed) if earlier else {}
    for epoch in earlier:
        yield epoch, _network_of(job, epoch, kept)
    if run.fit.epochs in epochs(run):
        yield run.fit.epochs, job.network()


def _network_of(job: Job, epoch: int, kept: dict[str, Tensor]) -> Network:
    network, start = job.network(trained=False), f"{epoch}/"
    its = {name.removeprefix(start): one for name, one in kept.items() if name.startswith(start)}
    try:
        network.model.load_state_dict(its)
    except RuntimeError as error:
        where = job.paths[SNAPSHOTS]
        raise UserError(f"{where}: epoch {epoch}: {error}; delete the file, and rerun") from error
    network.model.eval().requires_grad_(False)
    return network


@torch.no_grad()
def _taken(job: Job, part: Part, network: Network, samples: Samples) -> list[Picture]:
    """All pictures of a moment; what they draw at random is the same at each."""
    with torch.random.fork_rng(devices=[job.device] if job.device.type == "cuda" else []):
        torch.manual_seed(derive(job.seed, "pictures", part.name))
        return job.call("picture", part, Picture, network, samples)
