"""The features of a network that the workflow trained itself, as one that tells kinds of terrain apart."""

from torch import Tensor, nn

from lea.errors import UserError
from lea.measure.measurement import Trained
from lea.studies.topography.features.features import listen


class OfTrained(nn.Module):
    """The maps of its convolutions, each after what is done with it; all weigh the same."""

    def __init__(self, *, network: Trained) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)
        self.layers = [one for one in network.children() if _convolves(one)]
        if not self.layers:
            raise UserError("network: no part of it convolves; expected a network with convolutions")
        self.weights = (1.0,) * len(self.layers)

    def read(self, tiles: Tensor) -> list[Tensor]:
        """(n, 1, h, w) -> a map a layer."""
        return listen(self.network, self.layers, tiles)


def _convolves(module: nn.Module) -> bool:
    return any(isinstance(one, nn.Conv2d) for one in module.modules())
