"""Fully connected: N -> 2N, code, L -> 2N -> N (Sec. 3.3.1)."""

import math

from torch import Tensor, nn

from lea.nn.coders.coder import Shape, flat, unflat


class FC(nn.Module):
    """One hidden layer of twice the window's values before the code, one behind it."""

    def __init__(self, shape: Shape, code: int) -> None:
        super().__init__()
        values = math.prod(shape)
        self.shape, self.features = shape, 2 * values
        self.hidden = nn.Linear(values, self.features)
        self.widen = nn.Linear(code, self.features)
        self.restore = nn.Linear(self.features, values)

    def encode(self, v: Tensor) -> Tensor:
        """(n, c, k, k) -> (n, 2N)."""
        features: Tensor = self.hidden(flat(v))
        return features.relu_()

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        return unflat(self.restore(self.widen(z).relu_()), self.shape)
