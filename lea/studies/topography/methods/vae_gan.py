"""A VAE whose reconstructions are compared in a layer of the discriminator that it has to deceive (Sec.
2.5.2, 3.1.4; Larsen et al. 2016).

Three losses, each of which moves its part alone. The encoder follows the codes' divergence and the distance
of tile and reconstruction in layer l, half of Charbonnier's; the decoder `gamma` times that distance, and how
surely reconstructions and samples are told from tiles; the discriminator the cross entropy of telling. Real
tiles have half of its weight, unless all three kinds weigh the same (`thirds`), as in the source.
"""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.compute.sums import Sums
from lea.nn.losses import charbonnier, exact, gaussian_divergences, window_losses
from lea.training.method import Batch, Method, Setting, descend

EQUILIBRIUM, MARGIN = 0.68, 0.35  # of the gate: nats
KINDS = ("real", "reconstructed", "sampled")


class Pass(NamedTuple):
    """What a batch comes to, each (n,)."""

    restored: Tensor  # (n, c, h, w)
    divergence: Tensor
    likeness: Tensor  # half of Charbonnier's distance in layer l
    logits: dict[str, Tensor]  # of each kind of tiles


class Larsen(Method):
    """`gate`: whoever is far ahead waits, as in Larsen's own scripts: the discriminator while the cross
    entropy of real or of sampled tiles is less than 0.33 nats, the decoder while one is more than 1.03; if
    both would wait, neither does. `real`: what real tiles are to be told as, less than 1 for labels that
    are smooth on one side.
    """

    NEEDS = ("encode", "decode", "prior", "discriminator")
    OPTIMIZERS = ("encoder", "decoder", "discriminator")
    LIMITS = {"gamma": (0, 1e6), "real": (0.5, 1)}

    def __init__(
        self,
        setting: Setting,
        *,
        gamma: float = 1.0,
        thirds: bool = False,
        gate: bool = False,
        real: float = 1.0,
    ) -> None:
        self.network, self.model = setting.network, cast(Any, setting.network.model)
        self.gamma, self.gate = gamma, gate
        self.labels = {"real": real, "reconstructed": 0.0, "sampled": 0.0}
        shares = (1 / 3, 1 / 3, 1 / 3) if thirds else (1 / 2, 1 / 4, 1 / 4)
        self.shares = dict(zip(KINDS, shares, strict=True))
        self.optimizers = {
            part: setting.optimizer(part, getattr(self.model, part).parameters()) for part in self.OPTIMIZERS
        }

    def step(self, batch: Batch) -> Sums:
        """Move all three, by the gradients of one pass."""
        seen = self._look(batch.x)
        moving, losses = self._moving(seen), self._losses(seen)
        for part, loss in losses.items():
            if part in moving:
                self.optimizers[part].zero_grad()
                descend(self.optimizers[part], loss.mean(), keep_graph=True)
        for part in moving:
            self.optimizers[part].step()
        moved = {
            (part, "moved"): torch.tensor(float(batch.count * (part in moving))) for part in self.optimizers
        }
        return self._sums(batch.x, seen, losses) | moved

    def examine(self, batch: Batch) -> Sums:
        """The same of other tiles."""
        seen = self._look(batch.x)
        return self._sums(batch.x, seen, self._losses(seen))

    def _look(self, x: Tensor) -> Pass:
        with self.network.arithmetic(x.device):
            posterior = self.model.encode(x).exact()
            restored = self.model.decode(posterior.sample())
            kinds = (x, restored, self.model.sample(len(x)))
            told = {kind: self.model.discriminator(tiles) for kind, tiles in zip(KINDS, kinds, strict=True)}
        likeness = charbonnier(told["reconstructed"][0], told["real"][0]) / 2
        logits = {kind: exact(logit) for kind, (_, logit) in told.items()}
        return Pass(restored, gaussian_divergences(*posterior) / 2, likeness, logits)

    def _losses(self, seen: Pass) -> dict[str, Tensor]:
        """(n,) by part."""
        deceived = sum(self.shares[kind] * _told(seen.logits[kind], 1.0) for kind in KINDS[1:])
        told = sum(self.shares[kind] * _told(seen.logits[kind], self.labels[kind]) for kind in KINDS)
        return {
            "encoder": seen.divergence + seen.likeness,
            "decoder": self.gamma * seen.likeness + deceived,
            "discriminator": cast(Tensor, told),
        }

    def _moving(self, seen: Pass) -> tuple[str, ...]:
        """Who learns from this batch."""
        if not self.gate:
            return self.OPTIMIZERS
        costs = [_told(seen.logits["real"], 1.0).mean(), _told(seen.logits["sampled"], 0.0).mean()]
        waiting = set[str]()
        if min(costs) < EQUILIBRIUM - MARGIN:
            waiting.add("discriminator")
        if max(costs) > EQUILIBRIUM + MARGIN:
            waiting.add("decoder")
        if len(waiting) == 2:
            return self.OPTIMIZERS
        return tuple(part for part in self.OPTIMIZERS if part not in waiting)

    def _sums(self, x: Tensor, seen: Pass, losses: dict[str, Tensor]) -> Sums:
        found = {(part, "loss"): one for part, one in losses.items()}
        for kind, logits in seen.logits.items():
            right = logits > 0 if kind == "real" else logits <= 0
            found["discriminator", f"accuracy on {kind}"] = right.float()
        found |= {
            ("network", "error"): charbonnier(seen.restored, x),
            ("network", "reconstruction"): window_losses(seen.restored, x),
            ("network", "divergence"): seen.divergence,
            ("network", "likeness"): seen.likeness,
        }
        return {key: values.detach().sum() for key, values in found.items()}


def _told(logits: Tensor, label: float) -> Tensor:
    """(n,) -> (n,): the cross entropy of telling them as that."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label), reduction="none")
