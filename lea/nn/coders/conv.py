"""Convolutional: convolutions of stride 2 down to one value or two a side, and back (Sec. 3.3.1).

**Decision**: the kernel's side is 3; the source's text says 4, its Table 3.1 comes out with 3. Where the
kernel does not fit in the window there is no convolution, and the fully connected layers see its channels.
"""

import math
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.coders.coder import Shape, flat, halved, halvings, unflat
from lea.nn.coders.small import convolve
from lea.nn.windows import same_padding


class Halving(nn.Conv2d):
    """A convolution of stride 2, which halves the sides and rounds up; an odd zero comes last."""

    def __init__(self, channels: int, kernels: int, kernel_size: int) -> None:
        super().__init__(channels, kernels, kernel_size, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, K, ceil(h / 2), ceil(w / 2))."""
        height, width = (_zeros(side, self.kernel_size[0]) for side in x.shape[-2:])

        def halve(v: Tensor, bias: Tensor | None) -> Tensor:
            return F.conv2d(F.pad(v, width + height), self.weight, bias, stride=2)

        made = (self.out_channels, halved(x.shape[-2], 1), halved(x.shape[-1], 1))
        return convolve(halve, x, self.bias, made)


class Doubling(nn.ConvTranspose2d):
    """What `Halving` is the transpose of: (n, K, h, w) -> (n, K, 2h, 2w)."""

    def __init__(self, kernels: int, kernel_size: int) -> None:
        super().__init__(kernels, kernels, kernel_size, 2, output_padding=int(kernel_size < 2))

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(n, K, h, w) -> (n, K, 2h, 2w)."""
        height, width = 2 * x.shape[-2], 2 * x.shape[-1]
        first = _zeros(height, self.kernel_size[0])[0]  # the same of every even side

        def double(v: Tensor, bias: Tensor | None) -> Tensor:
            doubled = F.conv_transpose2d(v, self.weight, bias, 2, output_padding=self.output_padding)
            return doubled[:, :, first : first + height, first : first + width]

        return convolve(double, x, self.bias, (self.out_channels, height, width))


def _zeros(side: int, kernel_size: int) -> tuple[int, int]:
    """Before and behind; where kernels of 1 leave every second value out, one may be left out as well."""
    return same_padding(side, max(kernel_size, 2), 2)


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
        self.doublings = nn.ModuleList(Doubling(kernels, kernel_size) for _ in range(times))
        self.restore = nn.Linear(self.features * 4**times, math.prod(shape))

    def decode(self, z: Tensor) -> Tensor:
        """(n, L) -> (n, c, k, k)."""
        v = unflat(self.widen(z).relu_(), self.deep)  # (n, K, f, f)
        for layer in self.doublings:
            v = layer(v).relu_()  # (n, K, 2f, 2f) and so on
        return unflat(self.restore(flat(v)), self.shape)
