"""Convolutional: convolutions of stride 2 down to one value or two a side, and back (Sec. 3.3.1).

**Decision**: the kernel's side is 3; the source's text says 4, its Table 3.1 comes out with 3. Where the
kernel does not fit in the window there is no convolution, and the fully connected layers see its channels.
"""

import math
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.coders.coder import Shape, flat, halved, halvings, unflat


class Halving(nn.Conv2d):
    """A convolution of stride 2: (n, c, h, w) -> (n, K, ceil(h / 2), ceil(w / 2))."""

    def __init__(self, channels: int, kernels: int, kernel_size: int) -> None:
        super().__init__(channels, kernels, kernel_size, stride=2, padding=(kernel_size - 1) // 2)

    def forward(self, x: Tensor) -> Tensor:
        """An even kernel needs one more zero behind an odd side."""
        if self.kernel_size[0] % 2 == 0:
            x = F.pad(x, (0, x.shape[-1] % 2, 0, x.shape[-2] % 2))
        return super().forward(x)


class Encoder(nn.Sequential):
    """(n, c, k, k) -> (n, K·f·f); `sb` has the same."""

    def __init__(self, shape: Shape, kernels: int, kernel_size: int) -> None:
        channels, side, _ = shape
        times = halvings(side, kernel_size)
        widths = [channels] + times * [kernels]
        deep = widths[-1], halved(side, times), halved(side, times)
        features = math.prod(deep)
        convolutions = (Halving(*pair, kernel_size) for pair in pairwise(widths))
        super().__init__(*convolutions, nn.Linear(features, features))
        self.deep, self.features = deep, features

    def forward(self, v: Tensor) -> Tensor:
        """(n, c, k, k) -> (n, K·f·f)."""
        *convolutions, hidden = self
        for convolution in convolutions:
            v = convolution(v).relu_()  # (n, K, ceil(k / 2), ceil(k / 2)) and so on
        features: Tensor = hidden(flat(v))
        return features.relu_()


class Conv(nn.Module):
    """Convolutions before the code; transposed ones and a linear layer onto the window behind it."""

    LIMITS = {"kernels": (1, 4096), "kernel_size": (1, 31)}

    def __init__(self, shape: Shape, code: int, *, kernels: int = 32, kernel_size: int = 3) -> None:
        super().__init__()
        self.encode = Encoder(shape, kernels, kernel_size)
        self.shape, self.deep, self.features = shape, self.encode.deep, self.encode.features
        times = halvings(shape[1], kernel_size)
        self.widen = nn.Linear(code, self.features)
        self.doublings = nn.ModuleList(_doubling(kernels, kernel_size) for _ in range(times))
        self.restore = nn.Linear(self.features * 4**times, math.prod(shape))

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        v = unflat(self.widen(z).relu_(), self.deep)  # (n, K, f, f)
        for layer in self.doublings:
            v = layer(v).relu_()  # (n, K, 2f, 2f) and so on
        return unflat(self.restore(flat(v)), self.shape)


def _doubling(kernels: int, kernel_size: int) -> nn.Module:
    """A transposed convolution of stride 2: (n, K, h, w) -> (n, K, 2h, 2w)."""
    padding, more = (kernel_size - 1) // 2, kernel_size % 2
    return nn.ConvTranspose2d(kernels, kernels, kernel_size, 2, padding, more)
