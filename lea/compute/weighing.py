"""What a job on a model needs of memory: the same work, with a model of the same shapes and few samples."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from lea.compute.memory import META, Do, check, count_weights, weigh_within
from lea.compute.network import Network

if TYPE_CHECKING:
    from lea.compute.opening import Job

Work = Callable[["Job", Network], tuple[nn.Module, Do]]  # gives all that has weights, and what is done


def weigh_job(job: "Job", work: Work, count: int) -> None:
    """Refuse a job whose work on so many samples at once takes more memory than there is."""
    twin = replace(job, device=META)
    twin.__dict__["data"] = job.data  # it is read already
    with torch.random.fork_rng(devices=[]):
        with META:
            model = twin.network(trained=False).model
        check(count_weights(model), job.device)
        empty = _with_room(model, job)
        check(weigh_within(lambda: work(job, empty), empty.model, count), job.device)


def pass_through(job: "Job", network: Network) -> tuple[nn.Module, Do]:
    """Looking at a model, which needs no optimizer."""

    def do(few: int) -> Mapping[str, Any]:
        with torch.no_grad():
            network.model.eval()
            network.forward(torch.zeros(few, *job.data.shape))
        return {}

    return network.model, do


def _with_room(model: nn.Module, job: "Job") -> Network:
    """A model of the meta device with room for weights, and nothing in them."""
    model._apply(lambda one: torch.zeros(one.shape, dtype=one.dtype))  # `to_empty` would import sympy
    return Network(model, precision=job.run.fit.precision)
