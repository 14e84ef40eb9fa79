"""A model, and the arithmetic that it computes in."""

import torch
from torch import Tensor, nn

from lea.study.spec import Precision


class Network:
    """What every stage passes samples through."""

    def __init__(self, model: nn.Module, *, precision: Precision, device: torch.device | None = None) -> None:
        self.model, self.precision = model, precision
        self.device = device or torch.device("cpu")

    def arithmetic(self, device: torch.device | None = None) -> torch.autocast:
        """bfloat16 where the run asks for it."""
        type_ = (device or self.device).type
        return torch.autocast(type_, torch.bfloat16, enabled=self.precision == "bfloat16")

    def forward(self, x: Tensor) -> Tensor:
        """(b, ...) -> whatever the model gives."""
        with self.arithmetic(x.device):
            out: Tensor = self.model(x)
        return out
