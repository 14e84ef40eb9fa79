"""All that changes in a training, between two of its batches: what must be kept to end in the same bits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lea.compute.keeping import Kept
from lea.compute.optimizers import Optimizer

Totals = dict[Any, Tensor]  # by tuples of texts, whose lengths are the stage's


@dataclass(slots=True)
class Moment:
    """The state of weights, optimizers and random streams, and the place within the epochs."""

    model: nn.Module
    optimizers: Mapping[str, Optimizer]
    order: torch.Generator
    device: torch.device  # of the model, which may have no weights to ask
    epoch: int = 1
    batches: int = 0  # that are done of this epoch,
    seconds: float = 0.0  # how long they took,
    totals: Totals = field(default_factory=dict)  # and what was summed over them
    start: Tensor = field(default_factory=lambda: torch.empty(0))  # the order's state before this epoch

    def shuffle(self, count: int, passes: int = 1) -> Tensor:
        """(count · passes,) this epoch's order of the samples: all of them, so many times."""
        self.start = self.order.get_state()
        return torch.cat([torch.randperm(count, generator=self.order) for _ in range(passes)])

    def next_epoch(self) -> None:
        """The epoch is over."""
        self.epoch, self.batches, self.seconds, self.totals = self.epoch + 1, 0, 0.0, {}
        self.start = self.order.get_state()

    def kept(self) -> Kept:
        """All of it."""
        tensors = {f"model.{name}": tensor for name, tensor in _tensors(self.model)}
        for name, optimizer in self.optimizers.items():
            tensors |= {f"optimizer.{name}/{key}": tensor for key, tensor in optimizer.kept().items()}
        tensors |= {f"total.{number}": total for number, total in enumerate(self.totals.values())}
        tensors |= {"order": self.start, "random": torch.get_rng_state()}
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        place = {"epoch": self.epoch, "batches": self.batches, "seconds": self.seconds}
        return Kept(tensors, place | {"totals": [list(key) for key in self.totals]})

    @torch.no_grad()
    def take_up(self, kept: Kept) -> None:
        """Be what another was."""
        tensors, facts = kept
        for name, tensor in _tensors(self.model):
            tensor.copy_(tensors[f"model.{name}"])
        for name, optimizer in self.optimizers.items():
            start = f"optimizer.{name}/"
            optimizer.take_up(
                {key.removeprefix(start): tensors[key] for key in tensors if key.startswith(start)}
            )
        self.totals = {
            tuple(key): tensors[f"total.{number}"].to(self.device)
            for number, key in enumerate(facts["totals"])
        }
        self.epoch, self.batches, self.seconds = facts["epoch"], facts["batches"], facts["seconds"]
        self.start = tensors["order"]
        self.order.set_state(self.start)
        torch.set_rng_state(tensors["random"])
        if "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"])


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Weights and buffers, those too that a state_dict leaves out."""
    yield from model.named_parameters()
    yield from model.named_buffers()
