"""Two networks against one another, each with an optimizer of its own; no labels."""

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.compute.sums import Sums
from lea.training.method import Batch, Method, Setting, follow


class Adversarial(Method):
    """First the discriminator learns to tell real pictures from made ones, then the generator to deceive."""

    NEEDS = ("generator", "discriminator", "sample")
    OPTIMIZERS = ("generator", "discriminator")
    RULES = {"surest": "maximum"}
    LIMITS = {"real": (0.5, 1)}

    def __init__(self, setting: Setting, *, real: float = 1.0) -> None:
        self.model, self.network, self.real = setting.network.model, setting.network, real
        self.optimizers = {
            "generator": setting.optimizer("generator", self.model.generator.parameters()),
            "discriminator": setting.optimizer("discriminator", self.model.discriminator.parameters()),
        }

    def step(self, batch: Batch) -> Sums:
        made = self.model.sample(batch.count, batch.x.device)
        told, sums = self._told(batch.x, made.detach())
        follow(self.optimizers["discriminator"], told)
        fake = self.network.forward(made)
        deceived = F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake))
        follow(self.optimizers["generator"], deceived)
        return sums | {("generator", "loss"): deceived.detach() * batch.count}

    def examine(self, batch: Batch) -> Sums:
        return self._told(batch.x, self.model.sample(batch.count, batch.x.device))[1]

    def _told(self, x: Tensor, made: Tensor) -> tuple[Tensor, Sums]:
        """The discriminator's loss, and what is measured of it."""
        real, fake = self.network.forward(x), self.network.forward(made)
        loss = F.binary_cross_entropy_with_logits(real, torch.full_like(real, self.real))
        loss = loss + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
        right = ((real > 0).sum() + (fake <= 0).sum()) / 2
        return loss, {
            ("discriminator", "loss"): loss.detach() * len(x),
            ("discriminator", "accuracy"): right,
            ("discriminator", "surest"): real.detach().sigmoid().max(),
        }
