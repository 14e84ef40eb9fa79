"""How weights begin, where it is not left to each module.

`parts` names the modules of the model that are drawn again; without it all are. What other modules made, as
the scale of a normalisation, stays.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

LAYERS = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)
SLOPE = 0.01  # of a leaky ReLU
CUT = 0.8796  # the deviation of a standard normal distribution that is cut at -2 and 2


def glorot(model: nn.Module, *, parts: tuple[str, ...] | None = None) -> None:
    """Draw all linear and convolutional layers again as TensorFlow does: uniform weights up to
    `sqrt(6 / (fan in + fan out))` (Glorot and Bengio 2010), biases 0. What is frozen stays.
    """
    _draw(model, parts, nn.init.xavier_uniform_)


def he(
    model: nn.Module, *, parts: tuple[str, ...] | None = None, normal: tuple[str, ...] | None = None
) -> None:
    """The same with uniform weights up to almost `sqrt(6 / fan in)`, for leaky ReLUs (He et al. 2015); those
    of the modules that `normal` names are normal, of that variance, and cut at two deviations.
    """
    _draw(model, parts, partial(nn.init.kaiming_uniform_, a=SLOPE))
    if normal is not None:
        _draw(model, normal, _cut_normal)


def orthogonal(model: nn.Module, *, parts: tuple[str, ...] | None = None) -> None:
    """The same with rows, or columns where there are fewer, at right angles and of length 1 (Saxe et al.
    2014).
    """
    _draw(model, parts, nn.init.orthogonal_)


def _cut_normal(weight: Tensor) -> Tensor:
    """Of the deviation `sqrt(2 / fan in)` with its tails cut, as Keras' `he_normal` is."""
    deviation = math.sqrt(2 / weight[0].numel()) / CUT
    return nn.init.trunc_normal_(weight, std=deviation, a=-2 * deviation, b=2 * deviation)


@torch.no_grad()
def _draw(model: nn.Module, parts: tuple[str, ...] | None, how: Callable[[Tensor], Tensor]) -> None:
    for module in _modules(model, parts):
        if isinstance(module, LAYERS) and any(one.requires_grad for one in module.parameters()):
            if parametrize.is_parametrized(module, "weight"):
                module.weight = how(torch.empty_like(module.weight))
            else:
                how(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _modules(model: nn.Module, parts: tuple[str, ...] | None) -> Iterator[nn.Module]:
    if parts is None:
        yield from model.modules()
        return
    named = dict(model.named_modules())
    for part in parts:
        if part not in named:
            raise ValueError(f"no module '{part}'; expected some of {', '.join(filter(None, named))}")
        yield from named[part].modules()
