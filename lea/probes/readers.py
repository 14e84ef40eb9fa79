"""Probes: small classifiers of one layer's values, all factors at once, and the controls that make them
believable (Fig. 5.3).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.study.seeds import derive

# What a probe is of: the trained network as in the source; that with labels that belong to other images; that
# read without a hidden layer; and the network before its training.
TRAINED, SHUFFLED, LINEAR, UNTRAINED = KINDS = ("trained", "shuffled", "linear", "untrained")


class Probe(nn.Module):
    """(b, values) -> a (b, classes) of logits for each factor: fc, ReLU, and a linear head a factor."""

    def __init__(self, values: int, classes: Sequence[int], hidden: int | None) -> None:
        super().__init__()
        self.hidden = nn.Linear(values, hidden) if hidden else None
        self.heads = nn.ModuleList(nn.Linear(hidden or values, count) for count in classes)
        self.classes = list(classes)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(b, values) -> logits of each factor."""
        if self.hidden is not None:
            x = F.relu(self.hidden(x))
        # One product for all factors.
        weight = torch.cat([head.get_parameter("weight") for head in self.heads])
        bias = torch.cat([head.get_parameter("bias") for head in self.heads])
        return F.linear(x, weight, bias).float().split(self.classes, dim=1)


def make_probes(
    maps: Mapping[str, Mapping[str, Tensor]],
    classes: Sequence[int],
    hidden: int,
    seed: int,
    begin: Callable[[nn.Module], None],
) -> dict[tuple[str, str], Probe]:
    """A probe for every kind and layer, its weights as `begin` leaves them; each has a random stream of its
    own, whichever others there are.
    """
    found = {}
    for kind, layer, values in _places(maps):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(seed, "probes", kind, layer))
            probe = Probe(values.shape[1], classes, None if kind == LINEAR else hidden)
            begin(probe)
        found[kind, layer] = probe.to(values.device)
    return found


def _places(maps: Mapping[str, Mapping[str, Tensor]]) -> Iterator[tuple[str, str, Tensor]]:
    for kind in KINDS:
        for layer, values in maps[network_of(kind)].items():
            yield kind, layer, values


def network_of(kind: str) -> str:
    """Which network a kind of probe reads."""
    return UNTRAINED if kind == UNTRAINED else TRAINED
