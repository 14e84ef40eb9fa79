"""What features are: a network of others that reads images, and what distances by it are called."""

import importlib
from typing import Any, ClassVar, Protocol

from torch import Tensor

from lea.errors import UserError


class Features(Protocol):
    """The face of a part of kind `features`."""

    FRECHET: ClassVar[str]  # what the Frechet distance on these features is called,
    KERNEL: ClassVar[str]  # and the kernel distance

    def read(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1], grey or coloured, -> (n, d)."""
        ...


def library(name: str, extra: str) -> Any:
    """A library that an installation may lack."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(
            f"no library '{error.name}'; expected what the extra `{extra}` installs: "
            f"pip install 'lea[{extra}]'"
        ) from error


def coloured(images: Tensor) -> Tensor:
    """(n, 1 or 3, h, w) -> (n, 3, h, w)."""
    if images.shape[1] not in (1, 3):
        raise UserError(
            f"images of {images.shape[1]} channels; expected 1 or 3, such as networks of others read"
        )
    return images.expand(-1, 3, -1, -1)
