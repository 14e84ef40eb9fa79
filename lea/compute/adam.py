"""The optimizer of every stage that trains: PyTorch's Adam, without its compiler."""

import inspect
from collections.abc import Iterable

import torch
from torch import nn


class Adam(torch.optim.Adam):
    """Its fused kernel. PyTorch shields these methods from its compiler, which it imports to do so, 1.5 s of
    a short job; here nothing is compiled, and they go without the shield.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], learning_rate: float) -> None:
        super().__init__(parameters, lr=learning_rate, fused=True)

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
