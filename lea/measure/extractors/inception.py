"""Inception's features, on which a Frechet distance is the FID.

The network is TensorFlow's of 2015-12-05, whose weights torch-fidelity converted; torchvision's is another.
Values are rounded to 8 bits, and images resized as TensorFlow 1 did, without a filter against aliasing. Needs
the extra `fid`, and the weights in `data_folder`, where the workflow fetches them if they are missing. No
other file is taken: the digest that its name ends in is that of its content.
"""

import hashlib
import os
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, hub

from lea.errors import UserError
from lea.measure.extractors.extractor import coloured
from lea.study.paths import DATA_FOLDER

ADDRESS = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
DIGEST = "6726825d"  # the beginning of the file's SHA-256
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

        file = Path(os.environ.get(DATA_FOLDER, "data"), self.FOLDER, self.FILES[0])
        _check(file)
        self.network = FeatureExtractorInceptionV3("inception", ["2048"], str(file))

    @classmethod
    def fetch(cls, folder: Path) -> None:
        """Download the weights: whole, or not at all."""
        file = folder / cls.FILES[0]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            hub.download_url_to_file(ADDRESS + file.name, str(file), DIGEST, progress=False)
        except (OSError, RuntimeError, HTTPException) as error:
            raise UserError(
                f"{file}: no such file, and the download failed ({ADDRESS}: {error}); expected Inception's "
                "weights; put them there on a machine with a network, or leave `feature-distances` out"
            ) from error

    def read(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1] -> (n, 2048)."""
        self.network.to(images.device)
        whole = (255 * coloured(images)).round().to(torch.uint8)
        return torch.cat([self.network(some)[0] for some in whole.split(BATCH)])


def _check(file: Path) -> None:
    """Refuse what is not the published file, or more than tensors: the library would run what it says."""
    if not file.exists():
        raise UserError(
            f"{file}: no such file; expected Inception's weights, which the workflow fetches; put them there"
        )
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if not found.startswith(DIGEST):
        raise UserError(
            f"{file}: its SHA-256 begins with {found[: len(DIGEST)]}; expected {DIGEST}: with other weights "
            "a distance is no FID; delete it to have it downloaded again"
        )
    try:
        torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise UserError(
            f"{file}: more than tensors, or no weights; expected Inception's; fetch it again"
        ) from error
