"""The optimizer of every stage that trains: PyTorch's Adam, without its compiler."""

import inspect
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn


class Adam(torch.optim.Adam):
    """Its fused kernel. PyTorch shields these methods from its compiler, which it imports to do so, 1.5 s of
    a short job; here nothing is compiled, and they go without the shield.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], learning_rate: float) -> None:
        super().__init__(parameters, lr=learning_rate, fused=True)

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))

    def kept(self) -> dict[str, Tensor]:
        """Its moments, by the number of the weight; none of weights that never had a gradient."""
        return {
            f"{number}.{name}": tensor
            for number, weight in enumerate(self.weights)
            for name, tensor in self.state.get(weight, {}).items()
        }

    def take_up(self, kept: Mapping[str, Tensor]) -> None:
        """Go on with the moments of another."""
        for key, tensor in kept.items():
            number, name = key.split(".")
            weight = self.weights[int(number)]
            # In memory as the weight lies: the fused kernel goes through both side by side.
            own = torch.empty_like(weight if tensor.shape == weight.shape else tensor, device=weight.device)
            self.state[weight][name] = own.copy_(tensor)

    @property
    def weights(self) -> list[nn.Parameter]:
        """What it changes."""
        weights: list[nn.Parameter] = self.param_groups[0]["params"]
        return weights
