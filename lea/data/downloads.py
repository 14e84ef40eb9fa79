"""Downloads of the originals, by torchvision's own means: a file appears whole and checked, or not at all."""

import gzip
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path

from lea.errors import UserError
from lea.files import whole


def missing_files(folder: Path, files: Sequence[str]) -> list[str]:
    """Those of the files that are not in the folder."""
    return [file for file in files if not (folder / file).exists()]


def download(path: Path, addresses: Sequence[str], digest: str) -> None:
    """Download a file from the first address that has it with this MD5."""
    reasons = []
    for address in addresses:
        try:
            download_from(address, path, digest)
        except (OSError, RuntimeError, HTTPException) as error:
            reasons.append(f"{address}: {error}")
        else:
            return
    raise UserError(
        f"{path}: no such file, and the download failed ({'; '.join(reasons)}); expected {path.name} of the "
        "original data; put it there on a machine with a network, or choose `source: embedded`"
    )


def download_from(address: str, path: Path, digest: str) -> None:
    """Download from one address; what is packed there and is not to be packed here is unpacked."""
    from torchvision.datasets.utils import download_url

    with whole(path) as aside:
        download_url(address, aside.parent, filename=aside.name, md5=digest)
        if address.endswith(".gz") and path.suffix != ".gz":
            aside.write_bytes(gzip.decompress(aside.read_bytes()))
