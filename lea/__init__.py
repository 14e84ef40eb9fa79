"""The locally embedded autoencoder: a layer, and the study of what it learns."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from torch import nn

__version__ = "0.1.0"


def load(path: "str | PathLike[str]") -> "nn.Module":
    """The trained network of a file of weights: on the CPU, in evaluation mode, without gradients.

    Its attribute `lea_record` says where it comes from, and the names of its classes (`class_names`).
    """
    import importlib  # by name, since all floors of the house import this package

    from lea.errors import UserError

    try:
        loading = importlib.import_module("lea.loading")
    except ModuleNotFoundError as error:
        found = f"found no module '{error.name}'; expected it beside torch"
        raise UserError(f"lea.load: {found}; pip install {error.name}") from error
    network: nn.Module = loading.load(path)
    return network
