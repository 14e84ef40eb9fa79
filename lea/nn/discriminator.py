"""A network that tells outliers from inliers: of samples, or of where a trained flow carries them."""

import math
from typing import Any

from torch import Tensor, nn

Trained = nn.Module  # what an option arrives as that is the model of another run


class Discriminator(nn.Module):
    """(n, ...) -> (n, 1): how much more of an outlier than of an inlier each sample is, as a logit. With a
    flow, which stays as it is, what is judged is where it carries a sample.
    """

    LIMITS = {"hidden": (1, 100_000)}

    def __init__(
        self, shape: tuple[int, ...], *, hidden: tuple[int, ...] = (128, 128), flow: Trained | None = None
    ) -> None:
        super().__init__()
        self.flow = None if flow is None else flow.requires_grad_(False)
        widths = (math.prod(shape), *hidden)
        layers: list[nn.Module] = []
        for width, following in zip(widths, hidden, strict=False):
            layers += [nn.Linear(width, following), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 1))

    def forward(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n, 1)."""
        return self.judge(x if self.flow is None else carried(self.flow, x))

    def judge(self, points: Tensor) -> Tensor:
        """(n, ...) -> (n, 1): of samples, or with a flow of where it carries them."""
        logits: Tensor = self.layers(points.flatten(1))
        return logits

    def train(self, mode: bool = True) -> "Discriminator":
        """The flow is always in evaluation mode."""
        super().train(mode)
        if self.flow is not None:
            self.flow.eval()
        return self


def carried(model: nn.Module, x: Tensor) -> Tensor:
    """(n, ...) -> (n, features): where its flow carries samples."""
    y: Tensor = flow_of(model)(x)
    return y


def flow_of(model: nn.Module) -> Any:
    """What is a flow itself, or the flow of a model that is over one, as deep archetypes are."""
    flow = getattr(model, "flow", model)
    if not hasattr(flow, "inverse"):
        raise ValueError(
            f"{type(flow).__name__} has no `inverse`; expected a flow, or a model that is over one"
        )
    return flow


def outlier_logits(out: Tensor) -> Tensor:
    """(n,), (n, 1) or (n, 2), of which the second is the outliers', -> (n,)."""
    if out.ndim == 1:
        return out
    if out.ndim == 2 and out.shape[1] in (1, 2):
        return out[:, -1] if out.shape[1] == 1 else out[:, 1] - out[:, 0]
    raise ValueError(f"answers of shape {tuple(out.shape)}; expected a logit each, or two classes")
