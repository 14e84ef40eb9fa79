"""The optimizers of every stage that trains: PyTorch's own, without its compiler, each with a limit on the
norm of its gradient by option; and what of them must be kept to go on with the same bits.
"""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

Weights = Iterable[nn.Parameter]


class Optimizer(Protocol):
    """What moves some weights."""

    @property
    def weights(self) -> list[nn.Parameter]:
        """What it moves; none: it is idle."""
        ...

    def zero_grad(self) -> None:
        """Forget the gradients."""
        ...

    def step(self) -> None:
        """Move the weights that have a gradient."""
        ...

    def kept(self) -> dict[str, Tensor]:
        """All that it has learnt about its weights."""
        ...

    def take_up(self, kept: Mapping[str, Tensor]) -> None:
        """Go on with what another has learnt."""
        ...


class Bare(torch.optim.Optimizer):
    """One of PyTorch's. It shields these methods from its compiler, which it imports to do so, 1.5 s of a
    short job; here nothing is compiled, and they go without the shield.
    """

    clip_norm: float | None  # the longest gradient of all weights together that it follows as it is
    move: Any  # the step of PyTorch's own, without the shield

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)

    @property
    def weights(self) -> list[nn.Parameter]:
        """What it moves."""
        weights: list[nn.Parameter] = self.param_groups[0]["params"]
        return weights

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move the weights that have a gradient."""
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.weights, self.clip_norm)
        self.move()

    def kept(self) -> dict[str, Tensor]:
        """Its moments, by the number of the weight; none of weights that never had a gradient."""
        return {
            f"{number}.{name}": tensor
            for number, weight in enumerate(self.weights)
            for name, tensor in self.state.get(weight, {}).items()
            if tensor is not None
        }

    def take_up(self, kept: Mapping[str, Tensor]) -> None:
        """Go on with the moments of another."""
        for key, tensor in kept.items():
            number, name = key.split(".")
            weight = self.weights[int(number)]
            if name == "step":  # a count, of which the fused kernel wants its weight's device
                own = torch.empty_like(tensor, device=weight.device if self.defaults.get("fused") else None)
            else:  # in memory as the weight lies: a kernel goes through both side by side
                own = torch.empty_like(weight)
            self.state[weight][name] = own.copy_(tensor)


class Adam(Bare, torch.optim.Adam):
    """Kingma and Ba (2015), by its fused kernel; the decay of the weights is part of the gradient."""

    LIMITS = {"rate": (1e-12, 10), "decay": (0, 10), "clip_norm": (1e-12,)}

    move = inspect.unwrap(torch.optim.Adam.step)

    def __init__(
        self, parameters: Weights, *, rate: float, decay: float = 0.0, clip_norm: float | None = None
    ) -> None:
        super().__init__(parameters, lr=rate, weight_decay=decay, fused=True)
        self.clip_norm = clip_norm


class SGD(Bare, torch.optim.SGD):
    """Stochastic gradient descent, with momentum by option."""

    LIMITS = {"rate": (1e-12, 1e6), "momentum": (0, 1), "decay": (0, 10), "clip_norm": (1e-12,)}

    move = inspect.unwrap(torch.optim.SGD.step)

    def __init__(
        self,
        parameters: Weights,
        *,
        rate: float,
        momentum: float = 0.0,
        decay: float = 0.0,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr=rate, momentum=momentum, weight_decay=decay)
        self.clip_norm = clip_norm


class RMSprop(Bare, torch.optim.RMSprop):
    """Hinton's: each gradient over the root of its mean square, which forgets by `smoothing` a step."""

    LIMITS = {
        "rate": (1e-12, 10),
        "smoothing": (0, 1),
        "momentum": (0, 1),
        "decay": (0, 10),
        "clip_norm": (1e-12,),
    }

    move = inspect.unwrap(torch.optim.RMSprop.step)

    def __init__(
        self,
        parameters: Weights,
        *,
        rate: float,
        smoothing: float = 0.99,
        momentum: float = 0.0,
        decay: float = 0.0,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr=rate, alpha=smoothing, momentum=momentum, weight_decay=decay)
        self.clip_norm = clip_norm


class Idle:
    """In the place of one that would have nothing to move."""

    weights: list[nn.Parameter] = []

    def zero_grad(self) -> None:
        """There are none."""

    def step(self) -> None:
        """There is nothing to move."""

    def kept(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def take_up(self, kept: Mapping[str, Tensor]) -> None:
        """Nothing."""
