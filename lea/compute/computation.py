"""One forward pass of a network, in the run's arithmetic, and what is measured of it (Sec. 4.1 - 4.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.layer import LEA, Examined, leas
from lea.nn.losses import normalised_loss
from lea.study.spec import Precision

Sums = dict[tuple[str, str], Tensor]  # (part, metric) -> sum over samples; of calibration one a bin
BINS = 15  # of confidence, equally wide (Guo et al. 2017)


@dataclass(frozen=True, slots=True)
class Classified:
    """A network's answers to a batch."""

    logits: Tensor  # (b, classes)
    loss: Tensor  # (), cross entropy on their softmax
    labels: Tensor  # (b,)


class Computation:
    """A network with its LEAs, and the type that it computes in."""

    def __init__(
        self, model: nn.Module, *, precision: Precision, classifies: bool = True, reconstructs: bool = True
    ) -> None:
        self.model, self.precision = model, precision
        self.classifies, self.reconstructs = classifies, reconstructs
        self.leas: dict[str, LEA] = leas(model)

    def arithmetic(self, device: torch.device) -> torch.autocast:
        """bfloat16 where the run asks for it."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bfloat16")

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> whatever the network gives."""
        with self.arithmetic(x.device):
            out: Tensor = self.model(x)
        return out

    def classify(self, x: Tensor, y: Tensor) -> Classified:
        """(b, c, h, w), (b,) -> logits and their cross entropy."""
        logits = self.forward(x).float()
        return Classified(logits, F.cross_entropy(logits, y), y)

    def examine(self, names: Iterable[str] | None = None) -> dict[str, Examined]:
        """What the LEAs made of the last forward pass: all, or those named."""
        chosen = self.leas if names is None else names
        device = next(self.model.parameters()).device
        with self.arithmetic(device):
            return {name: self.leas[name].examine() for name in chosen}


def sums(count: int, classified: Classified | None, examined: Mapping[str, Examined]) -> Sums:
    """The metrics of a batch of `count` samples, times `count`: sums that add up to an epoch's."""
    found: Sums = {}
    if classified:
        found["network", "loss"] = classified.loss.detach() * count
        found |= _answers(classified)
    for name, one in examined.items():
        loss = one.loss
        found[name, "loss"] = loss.total.detach() * count
        found[name, "reconstruction_loss"] = loss.reconstruction.detach() * count
        found[name, "normalised_loss"] = normalised_loss(loss.reconstruction, one.windows).detach() * count
        if loss.divergence is not None:
            found[name, "divergence"] = loss.divergence.detach() * count
    return found


@torch.no_grad()
def _answers(classified: Classified) -> Sums:
    """How often the answer is right, how sure the network is of it, and the gap of the two in each bin."""
    trust, answers = F.softmax(classified.logits, 1).max(1)
    right = (answers == classified.labels).float()
    bins = (trust.nan_to_num() * BINS).ceil_().clamp_(1, BINS).long() - 1  # each without its lower bound
    gaps = torch.zeros(BINS, device=trust.device).index_add_(0, bins, trust - right)
    return {
        ("network", "accuracy"): right.sum(),
        ("network", "overconfidence"): (trust - right).sum(),
        ("network", "calibration_error"): gaps,
    }


def mean(total: Tensor, count: int) -> float:
    """Of a sum over `count` samples; of gaps in bins the expected calibration error."""
    return (total.abs().sum() if total.ndim else total).item() / count
