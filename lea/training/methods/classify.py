"""Learn to tell classes apart: all weights follow the cross entropy of the model's logits.

How sure the model is of its answers is measured beside how often they are right (Sec. 4.1): overconfidence is
the mean of the one less the other, the calibration error their gap bin by bin (Guo et al. 2017).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.blame import wrong
from lea.compute.network import Network
from lea.compute.sums import Sums
from lea.training.method import Batch, Method, Setting, follow

BINS = 15  # of confidence, equally wide


@dataclass(frozen=True, slots=True)
class Classified:
    """A network's answers to a batch."""

    logits: Tensor  # (b, classes)
    loss: Tensor  # (), cross entropy on their softmax
    labels: Tensor  # (b,)

    def sums(self) -> Sums:
        """The metrics of the batch, times its number of samples."""
        return {("network", "loss"): self.loss.detach() * len(self.labels)} | self._answers()

    @torch.no_grad()
    def _answers(self) -> Sums:
        """How often the answer is right, how sure the network is of it, and their gap in each bin."""
        trust, answers = F.softmax(self.logits, 1).max(1)
        right = (answers == self.labels).float()
        bins = (trust.nan_to_num() * BINS).ceil_().clamp_(1, BINS).long() - 1  # each without its lower bound
        gaps = torch.zeros(BINS, device=trust.device).index_add_(0, bins, trust - right)
        return {
            ("network", "accuracy"): right.sum(),
            ("network", "overconfidence"): (trust - right).sum(),
            ("network", "calibration_error"): gaps,
        }


def classify(network: Network, batch: Batch) -> Classified:
    """The logits of a batch and their cross entropy, in float32 whatever the network computes in."""
    assert batch.y is not None, "a method that learns labels has LABELS = True"
    logits = network.logits(batch.x)
    return Classified(logits, F.cross_entropy(logits, batch.y), batch.y)


class Classify(Method):
    """One loss, all weights."""

    LABELS = True
    OPTIMIZERS = ("main",)
    RULES = {"calibration_error": "calibration"}

    def __init__(self, setting: Setting) -> None:
        self.network = setting.network
        self.optimizers = {"main": setting.optimizer("main", self.network.model.parameters())}

    def step(self, batch: Batch) -> Sums:
        """Follow the cross entropy."""
        main, classified = self.optimizers["main"], classify(self.network, batch)
        if main.weights and not classified.loss.requires_grad:
            found = "gave logits that depend on no weight"
            raise wrong(self.network.whose, found, "some that depend on those that are trained")
        follow(main, classified.loss)
        return classified.sums()

    def examine(self, batch: Batch) -> Sums:
        """What it makes of others."""
        return classify(self.network, batch).sums()
