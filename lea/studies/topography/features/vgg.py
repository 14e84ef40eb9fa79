"""VGG's features (Simonyan and Zisserman 2015), by which the source compares: of its 19 layers the second
ones of the first four blocks, after their ReLU. As there, tiles are repeated to three channels, and not
normalised; the weights are torchvision's, and those of the source's library others.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from lea.compute.published import Published
from lea.nn.initialisation import he
from lea.studies.topography.features.features import kept
from lea.study.seeds import derive

LAYERS = (3, 8, 13, 22)  # of torchvision's: block1_conv2 to block4_conv2
WEIGHTS = (1.0, 0.75, 0.5, 0.5)  # Sec. 3.1.3
FILE = Published(
    name="vgg19-dcbb9e9d.pth",
    folder="vgg",
    address="https://download.pytorch.org/models/",
    digest="dcbb9e9d",
    whose="VGG's",
    without="choose other features",
    otherwise="these are not torchvision's of ImageNet",
)


class Random(nn.Module):
    """The features of a VGG that has learnt nothing, drawn once for all as He et al. do: a control."""

    def __init__(self) -> None:
        super().__init__()
        from torchvision.models.vgg import cfgs, make_layers  # a second of each start

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(0, "vgg"))
            self.layers = make_layers(cfgs["E"])[: LAYERS[-1] + 1]
            he(self.layers)
        self.requires_grad_(False)
        self.weights = WEIGHTS

    def read(self, tiles: Tensor) -> list[Tensor]:
        """(n, 1, h, w) -> four maps, (n, 64, h, w) to (n, 512, h / 8, w / 8)."""
        return kept(self.layers, LAYERS, tiles.expand(-1, 3, -1, -1))


class VGG(Random):
    """The features of VGG as it has learnt ImageNet; its weights are a file of 548 MB."""

    FOLDER = "vgg"
    FILES = ("vgg19-dcbb9e9d.pth",)

    def __init__(self) -> None:
        super().__init__()
        published = FILE.read()
        self.layers.load_state_dict(
            {name: published[f"features.{name}"] for name in self.layers.state_dict()}
        )

    @classmethod
    def fetch(cls, folder: Path) -> None:
        """Download the weights."""
        FILE.fetch(folder)
