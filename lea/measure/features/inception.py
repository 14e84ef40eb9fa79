"""Inception's features, on which a Frechet distance is the FID.

The network is TensorFlow's of 2015-12-05, whose weights torch-fidelity converted; torchvision's is another.
Values are rounded to 8 bits, and images resized as TensorFlow 1 did, without a filter against aliasing.
Needs the extra `fid`. `weights` is a file; where it is missing, it is downloaded. No other file is taken: the
digest that its name ends in is that of its content.
"""

import hashlib
import io
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, hub

from lea.errors import UserError
from lea.measure.features.features import coloured

NAME = "weights-inception-2015-12-05-6726825d.pth"
ADDRESS = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{NAME}"
DIGEST = "6726825d"  # the beginning of its SHA-256
BATCH = 50


class Inception:
    """2,048 features, what goes into the last layer."""

    LIBRARIES = {"torch_fidelity": "fid"}
    FRECHET = "FID"
    KERNEL = "KID"

    def __init__(self, *, weights: str = "data/inception/weights-inception-2015-12-05-6726825d.pth") -> None:
        from torch_fidelity import FeatureExtractorInceptionV3

        self.network = FeatureExtractorInceptionV3("inception", ["2048"], _content(Path(weights)))

    def read(self, images: Tensor) -> Tensor:
        """(n, c, h, w) in [0, 1] -> (n, 2048)."""
        self.network.to(images.device)
        whole = (255 * coloured(images)).round().to(torch.uint8)
        return torch.cat([self.network(some)[0] for some in whole.split(BATCH)])


def _content(file: Path) -> io.BytesIO:
    """The weights, read as nothing but tensors: the library would run what a file of this format says."""
    if not file.exists():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            hub.download_url_to_file(ADDRESS, str(file), DIGEST, progress=False)  # whole, or not at all
        except (OSError, RuntimeError, HTTPException) as error:
            raise UserError(
                f"{file}: no such file, and the download failed ({ADDRESS}: {error}); expected {NAME}; "
                "put it there on a machine with a network, or leave the features of Inception out"
            ) from error
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if not found.startswith(DIGEST):
        raise UserError(
            f"{file}: its SHA-256 begins with {found[: len(DIGEST)]}; expected {DIGEST}, that of {NAME}; "
            "with other weights a distance is no FID; delete it to have it downloaded"
        )
    content = io.BytesIO()
    try:
        torch.save(torch.load(file, map_location="cpu", weights_only=True), content)
    except UnpicklingError as error:
        raise UserError(
            f"{file}: more than tensors, or no weights; expected {NAME}; fetch it again"
        ) from error
    content.seek(0)
    return content
