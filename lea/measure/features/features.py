"""What features are: a network of others that reads images, and what distances by it are called."""

from typing import ClassVar, Protocol

from torch import Tensor

from lea.errors import UserError


class Features(Protocol):
    """The face of a part of kind `features`."""

    FRECHET: ClassVar[str]  # what the Frechet distance on these features is called,
    KERNEL: ClassVar[str]  # and the kernel distance

    def read(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1], grey or coloured, -> (n, d)."""
        ...


def coloured(images: Tensor) -> Tensor:
    """(n, 1 or 3, h, w) -> (n, 3, h, w)."""
    if images.shape[1] not in (1, 3):
        raise UserError(
            f"images of {images.shape[1]} channels; expected 1 or 3, such as networks of others read"
        )
    return images.expand(-1, 3, -1, -1)
