"""Learn to tell outliers from inliers, where the outliers are drawn on the way (Sec. 3.3 is only a heading:
the method is ours).

The inliers are the training samples. Outliers are drawn in the latent space of a trained flow, where inliers
are standard normal: `where` says how, `far` how far out.

* `shell`: normal values whose mean radius is `far` times that of inliers, as the source draws them;
* `sphere`: all at exactly that radius;
* `beyond`: inliers' own values, but of those alone whose radius is beyond the quantile `far`;
* `maxima`: each value the largest of `far` normal ones, above 0 or below;
* `simplex`: mixtures of archetypes `z`, (k, features), of a model that is over a flow, as deep archetypes
  are, with weights outside their simplex, of which `far` is negative;
* `table`: real outliers, the training samples of the table with the role `outliers` under `data.others`
  (outlier exposure, Hendrycks et al. 2019): what learns from these has seen some.

With `flow` its inverse makes samples of them, clipped to [0, 1] if these are pictures. Without, they are
judged where they are, by a model that keeps a flow itself, as `discriminator` does. `share` of what is judged
at once are outliers. `found` is the share of the outliers that were told as such, `false_alarms` that of the
inliers.
"""

from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.compute.sums import Sums
from lea.nn.discriminator import Trained, carried, outlier_logits
from lea.nn.outliers import Sample, brought_back, latent_outliers
from lea.training.method import Batch, Method, Setting, follow


class Discriminate(Method):
    """One loss, the cross entropy; all weights that are learnt."""

    OPTIMIZERS = ("main",)
    LIMITS = {"far": (1e-6, 1e6), "share": (0.01, 0.99)}
    ROLES = ("outliers",)

    def __init__(
        self,
        setting: Setting,
        *,
        where: Literal["shell", "sphere", "beyond", "maxima", "simplex", "table"] = "shell",
        far: float = 1.5,
        share: float = 0.5,
        flow: Trained | None = None,
        outliers: str | None = None,
    ) -> None:
        self.network, self.share, self.flow = setting.network, share, flow
        self.model: Any = setting.network.model
        self.within = where != "table" and flow is None  # judged where they are drawn
        if flow is not None:
            flow.to(setting.network.device)
        self.sample = _table(setting, outliers) if where == "table" else self._latent(where, far)
        self.optimizers = {"main": setting.optimizer("main", self.model.parameters())}

    def step(self, batch: Batch) -> Sums:
        """Follow the cross entropy of a batch and outliers that are drawn for it."""
        loss, sums = self._judged(batch)
        follow(self.optimizers["main"], loss)
        return sums

    def examine(self, batch: Batch) -> Sums:
        """The same of other inliers, and of other outliers that are drawn alike."""
        return self._judged(batch)[1]

    def _judged(self, batch: Batch) -> tuple[Tensor, Sums]:
        count = max(1, round(batch.count * self.share / (1 - self.share)))
        outliers = self.sample(count).to(batch.x)
        logits = self._logits(batch.x, outliers)
        is_outlier = torch.arange(len(logits), device=logits.device) >= batch.count
        loss = F.binary_cross_entropy_with_logits(logits, is_outlier.to(logits.dtype))
        told = logits.detach() > 0
        means = {
            "loss": loss.detach(),
            "accuracy": (told == is_outlier).float().mean(),
            "found": told[is_outlier].float().mean(),
            "false_alarms": told[~is_outlier].float().mean(),
        }
        return loss, {("network", name): mean * batch.count for name, mean in means.items()}

    def _logits(self, x: Tensor, outliers: Tensor) -> Tensor:
        """(b, ...), (n, ...) or (n, features) -> (b + n,), in float32 and in one batch."""
        if not self.within:
            return outlier_logits(self.network.forward(torch.cat([x, outliers]))).float()
        with self.network.arithmetic(x.device):
            everything = torch.cat([carried(self.model.flow, x), outliers])
            return outlier_logits(self.model.judge(everything)).float()

    def _latent(self, where: str, far: float) -> Sample:
        """How outliers are drawn in the flow's latent space, and brought to where they are judged."""
        flow = self.flow if self.flow is not None else getattr(self.model, "flow", None)
        if flow is None:
            found = f"where '{where}', and neither `flow` nor a model with a flow of its own"
            raise ValueError(f"{found}; expected one, in whose latent space outliers are drawn")
        draw = latent_outliers(flow, where=where, far=far)
        draw(0)  # refuses what cannot be drawn, and draws nothing
        device = self.network.device
        return draw if self.within else lambda count: brought_back(flow, draw(count).to(device))


def _table(setting: Setting, role: str | None) -> Sample:
    """Samples of a table, drawn at random."""
    further = setting.others.get(role or "")
    if further is None:
        there = ", ".join(setting.others) or "none"
        found = f"where 'table', and outliers {role!r}"
        raise ValueError(f"{found}; expected the role of a table under `data.others`: {there}")
    samples = further.train
    if not len(samples):
        raise ValueError(f"where 'table', and the table '{role}' has no training samples; expected some")
    device = samples.values.device
    return lambda count: samples.batch(torch.randint(len(samples), (count,)).to(device))[0]
