"""What a coupling asks about one half: any `nn.Module` that is made from so many inputs and outputs will do.

Hidden layers are ReLU, and the last is linear.
"""

from collections.abc import Callable

from torch import Tensor, nn

MakeSubnetwork = Callable[[int, int], nn.Module]  # from the channels that come in and go out


class Connected(nn.Sequential):
    """(n, inputs) -> (n, outputs), fully connected."""

    LIMITS = {"hidden": (1, 100_000), "layers": (1, 100)}

    def __init__(self, inputs: int, outputs: int, *, hidden: int = 64, layers: int = 2) -> None:
        if layers < 1:
            raise ValueError(f"layers {layers}; expected at least 1 hidden layer")
        within = [one for _ in range(layers - 1) for one in (nn.Linear(hidden, hidden), nn.ReLU())]
        super().__init__(nn.Linear(inputs, hidden), nn.ReLU(), *within, nn.Linear(hidden, outputs))

    def forward(self, a: Tensor) -> Tensor:
        """(n, inputs) -> (n, outputs)."""
        if a.ndim != 2:
            raise ValueError(f"fully connected, on a half of shape {tuple(a.shape)}; expected vectors")
        out: Tensor = super().forward(a)
        return out


class Convolutional(nn.Sequential):
    """(n, inputs, h, w) -> (n, outputs, h, w): kernels 3, 1 and 3 wide, zeros beyond the edges."""

    LIMITS = {"hidden": (1, 100_000)}

    def __init__(self, inputs: int, outputs: int, *, hidden: int = 64) -> None:
        super().__init__(
            nn.Conv2d(inputs, hidden, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, outputs, 3, padding=1),
        )

    def forward(self, a: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, h, w)."""
        if a.ndim != 4:
            raise ValueError(f"convolutions, on a half of shape {tuple(a.shape)}; expected maps")
        out: Tensor = super().forward(a)
        return out
