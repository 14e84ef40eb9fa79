"""A model, and the arithmetic that it computes in."""

import torch
from torch import Tensor, nn

from lea import blame
from lea.compute.device import arithmetic_of
from lea.study.spec import Precision


class Network:
    """What every stage passes samples through."""

    def __init__(
        self,
        model: nn.Module,
        *,
        precision: Precision,
        device: torch.device | None = None,
        name: str = "",
        classes: int | None = None,
    ) -> None:
        self.model, self.precision = model, precision
        self.name, self.classes = name, classes  # of the part; None: nobody says how many there are
        self.device = device or torch.device("cpu")

    def arithmetic(self, device: torch.device | None = None) -> torch.autocast:
        """bfloat16 where the run asks for it and the device has it."""
        type_ = (device or self.device).type
        coarse = arithmetic_of(self.precision, type_) == "bfloat16"
        return torch.autocast(type_, torch.bfloat16, enabled=coarse)

    def forward(self, x: Tensor) -> Tensor:
        """(b, ...) -> whatever the model gives."""
        with self.arithmetic(x.device):
            out: Tensor = self.model(x)
        return out

    def logits(self, x: Tensor) -> Tensor:
        """(b, ...) -> (b, classes), in float32 whatever the network computes in; nothing else is taken."""
        out: object = self.forward(x)
        if not isinstance(out, Tensor) or not out.is_floating_point() or not self._fits(out, len(x)):
            expected = f"logits, floats of shape ({len(x)}, {self.classes or 'classes'})"
            raise blame.wrong(self.whose, blame.gave(out), expected)
        return out.float()

    def _fits(self, out: Tensor, count: int) -> bool:
        return out.ndim == 2 and len(out) == count and self.classes in (None, out.shape[1])

    @property
    def whose(self) -> str:
        """The model in words, for what is said of what it gives."""
        return blame.called("model", self.model, "forward", self.name)
