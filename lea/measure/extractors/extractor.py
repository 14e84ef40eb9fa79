"""What an extractor is: a pretrained network that makes features of images."""

from typing import ClassVar, Protocol

from torch import Tensor

from lea.errors import UserError


class Extractor(Protocol):
    """The face of a part of kind `extractor`."""

    FRECHET: ClassVar[str]  # what the Frechet distance on its features is called,
    KERNEL: ClassVar[str]  # and the kernel distance

    def read(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1], grey or coloured, -> (n, d)."""
        ...


def coloured(images: Tensor) -> Tensor:
    """(n, 1 or 3, h, w) -> (n, 3, h, w)."""
    if images.shape[1] not in (1, 3):
        raise UserError(
            f"images of {images.shape[1]} channels; expected 1 or 3, as pretrained networks read them"
        )
    return images.expand(-1, 3, -1, -1)
