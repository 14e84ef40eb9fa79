"""Inception's features, on which a Frechet distance is the FID.

The network is TensorFlow's of 2015-12-05, whose weights torch-fidelity converted; torchvision's is another.
Values are rounded to 8 bits, and images resized as TensorFlow 1 did, without a filter against aliasing. Needs
the extra `fid`, and the weights in `data_folder`, where the workflow fetches them if they are missing. No
other file is taken: the digest that its name ends in is that of its content.
"""

from pathlib import Path

import torch
from torch import Tensor

from lea.compute.published import Published
from lea.measure.extractors.extractor import coloured

WEIGHTS = Published(
    name="weights-inception-2015-12-05-6726825d.pth",
    folder="inception",
    address="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/",
    digest="6726825d",
    whose="Inception's",
    without="leave `feature-distances` out",
    otherwise="with other weights a distance is no FID",
)
BATCH = 50


class Inception:
    """2,048 features, what goes into the last layer."""

    LIBRARIES = {"torch_fidelity": "fid"}
    FOLDER = "inception"
    FILES = ("weights-inception-2015-12-05-6726825d.pth",)
    FRECHET = "FID"
    KERNEL = "KID"

    def __init__(self) -> None:
        from torch_fidelity import FeatureExtractorInceptionV3

        WEIGHTS.read()  # the library would run what another file says
        self.network = FeatureExtractorInceptionV3("inception", ["2048"], str(WEIGHTS.file))

    @classmethod
    def fetch(cls, folder: Path) -> None:
        """Download the weights."""
        WEIGHTS.fetch(folder)

    def read(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1] -> (n, 2048)."""
        self.network.to(images.device)
        whole = (255 * coloured(images)).round().to(torch.uint8)
        return torch.cat([self.network(some)[0] for some in whole.split(BATCH)])
