"""Ways to keep so many values of an image that need no network: what an autoencoder has to be better than.

Each gives the face of an autoencoder: `encode` to means of codes, `decode` back. Only `PCA` is fitted.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.nn.encoders.encoder import Posterior, constant_posterior
from lea.nn.layouts.layout import Shape
from lea.nn.losses import exact

ReadImages = Callable[[], Iterable[Tensor]]  # all of them, batch by batch, each time it is called


class Compressor(nn.Module):
    """(n, c, h, w) -> (n, c, h, w), what is left of an image."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c, h, w)."""
        return self.decode(self.encode(x).mean)

    def encode(self, x: Tensor) -> Posterior:
        """(n, c, h, w) -> twice (n, values)."""
        return constant_posterior(self.values(x))

    @abstractmethod
    def values(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, ...), what is kept."""

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """(n, values) -> (n, c, h, w)."""


class Identity(Compressor):
    """Everything is kept."""

    def values(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> the same."""
        return x

    def decode(self, z: Tensor) -> Tensor:
        """(n, c h w) -> (n, c, h, w)."""
        return z.unflatten(1, self.shape)


class Mean(Compressor):
    """One value is kept of each channel, its mean: a flat image."""

    def values(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c)."""
        return x.mean((2, 3))

    def decode(self, z: Tensor) -> Tensor:
        """(n, c) -> (n, c, h, w)."""
        return z[:, :, None, None].expand(-1, *self.shape)


class Downsampled(Compressor):
    """Means of rectangles are kept, and bicubic curves laid through them."""

    LIMITS = {"latent": (1, 1_000_000)}

    def __init__(self, shape: Shape, *, latent: int = 100) -> None:
        super().__init__(shape)
        side = math.isqrt(latent // shape[0])
        if side**2 * shape[0] != latent:
            found = f"latent {latent} of {shape[0]} channel(s)"
            raise ValueError(f"{found}; expected a square number for each channel, such as 100 for one")
        self.kept = (shape[0], side, side)

    def values(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c, side, side)."""
        return F.adaptive_avg_pool2d(x, self.kept[1:])

    def decode(self, z: Tensor) -> Tensor:
        """(n, latent) -> (n, c, h, w)."""
        # With `antialias` PyTorch takes Keys' curves, which follow planes, and others without.
        kept = exact(z).unflatten(1, self.kept)
        return F.interpolate(kept, self.shape[1:], mode="bicubic", antialias=True).to(z.dtype)


class Cosines(Compressor):
    """The largest coefficients of each image's cosine transform (DCT-II, orthonormal) are kept.

    A code has a place for each of them, and 0 in all but `latent`; which these are differs from image to
    image, and is not counted among the values kept.
    """

    LIMITS = {"latent": (1, 1_000_000)}
    rows: Tensor
    columns: Tensor

    def __init__(self, shape: Shape, *, latent: int = 100) -> None:
        super().__init__(shape)
        if latent > math.prod(shape):
            raise ValueError(f"latent {latent}; expected at most {math.prod(shape)}, all values of an image")
        self.latent = latent
        for name, side in zip(("rows", "columns"), shape[1:], strict=True):
            self.register_buffer(name, _cosines(side), persistent=False)

    def values(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c h w), of which `latent` are not 0."""
        all_of_them = (self.rows @ x @ self.columns.T).flatten(1)
        places = all_of_them.abs().topk(self.latent, dim=1).indices
        return torch.zeros_like(all_of_them).scatter(1, places, all_of_them.gather(1, places))

    def decode(self, z: Tensor) -> Tensor:
        """(n, c h w) -> (n, c, h, w)."""
        return self.rows.T @ z.unflatten(1, self.shape) @ self.columns


class PCA(Compressor):
    """The principal components of the images that it was fitted to: no linear code of so many values does
    better on these.
    """

    LIMITS = {"latent": (1, 1_000_000)}
    centre: Tensor
    components: Tensor

    def __init__(self, shape: Shape, *, latent: int = 100) -> None:
        super().__init__(shape)
        size = math.prod(shape)
        if latent > size:
            raise ValueError(f"latent {latent}; expected at most {size}, all values of an image")
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("components", torch.eye(latent, size))

    @torch.no_grad()
    def fit(self, read: ReadImages) -> None:
        """Find the components of images, which are read three times."""
        count = sum(len(x) for x in read())
        if count <= len(self.components):
            found = f"{count} images for {len(self.components)} components"
            raise ValueError(f"{found}; expected more images than components")
        centre = self.centre.new_zeros(len(self.centre), dtype=torch.float64)
        for x in read():
            centre += x.flatten(1).sum(0, dtype=torch.float64) / count
        covariance = centre.new_zeros(len(centre), len(centre))
        for x in read():
            apart = x.flatten(1).double() - centre
            covariance.addmm_(apart.T, apart)
        vectors = torch.linalg.eigh(covariance).eigenvectors  # the least first
        self.centre.copy_(centre)
        self.components.copy_(vectors.T.flip(0)[: len(self.components)])

    def values(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, latent)."""
        return (x.flatten(1) - self.centre) @ self.components.T

    def decode(self, z: Tensor) -> Tensor:
        """(n, latent) -> (n, c, h, w)."""
        return (z @ self.components + self.centre).unflatten(1, self.shape)


def _cosines(side: int) -> Tensor:
    """(side, side): row k is a cosine of frequency k, of length 1."""
    place, frequency = torch.arange(side, dtype=torch.float64), torch.arange(side)[:, None]
    waves = torch.cos(math.pi / side * (place + 0.5) * frequency)  # (k, place)
    return (waves / waves.norm(dim=1, keepdim=True)).float()
