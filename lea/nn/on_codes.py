"""A classifier that stands on what another model makes of an image: transfer learning.

Its method is `classify`: the cross entropy of logits is the negative log likelihood of their log-softmax,
for which the head has no layer. Where a run with `tune` says how weights begin, its `parts` name `layers`
alone: all that learns is drawn again, the body, too.
"""

import copy
import math
from itertools import chain, pairwise

import torch
from torch import Tensor, nn

from lea.nn.discriminator import Trained


class OnCodes(nn.Module):
    """(n, ...) -> (n, classes) logits, of the mean of another model's code of each sample, or without one of
    the values themselves. The other model is copied; the copy stays as it is, also in training, or with
    `tune` learns with the rest, of an autoencoder the encoder.
    """

    LIMITS = {"hidden": (1, 100_000)}

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        *,
        encoder: Trained | None = None,
        hidden: tuple[int, ...] = (64,),
        tune: bool = False,
    ) -> None:
        super().__init__()
        if encoder is None and tune:
            raise ValueError("tune: there is no encoder; expected one, or nothing to tune")
        self.tune = tune
        self.body = None if encoder is None else _body(encoder, shape, tune)
        widths = (math.prod(shape) if self.body is None else _values(self.body, shape), *hidden)
        layers = chain.from_iterable((nn.Linear(*pair), nn.ReLU()) for pair in pairwise(widths))
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], classes))
        self.train()

    def forward(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n, classes)."""
        logits: Tensor = self.layers(self.codes(x))
        return logits

    def codes(self, x: Tensor) -> Tensor:
        """(n, ...) -> (n, values), what the classifier stands on."""
        return x.flatten(1) if self.body is None else _means(self.body, x)

    def train(self, mode: bool = True) -> "OnCodes":
        """A body that does not learn is always in evaluation mode."""
        super().train(mode)
        if self.body is not None and not self.tune:
            self.body.eval()
        return self


def _body(encoder: nn.Module, shape: tuple[int, ...], tune: bool) -> nn.Module:
    """A copy, so that no two classifiers share what one of them trains."""
    if not hasattr(encoder, "encode"):
        raise ValueError(f"{type(encoder).__name__} has no `encode`; expected an autoencoder")
    if tuple(shape) != (its := tuple(getattr(encoder, "shape", shape))):
        raise ValueError(f"an encoder of samples of shape {its}; expected {tuple(shape)}, as the data's")
    body = copy.deepcopy(encoder).eval().requires_grad_(False)
    getattr(body, "encoder", body).requires_grad_(tune)
    return body


@torch.no_grad()
def _values(body: nn.Module, shape: tuple[int, ...]) -> int:
    """How many a code has."""
    floats = (one for one in chain(body.parameters(), body.buffers()) if one.is_floating_point())
    return _means(body, next(floats, torch.zeros(())).new_zeros(1, *shape)).shape[1]


def _means(body: nn.Module, x: Tensor) -> Tensor:
    means: Tensor = body.encode(x).mean  # type: ignore[operator]
    return means.flatten(1)
