"""Published weights of networks that parts use: fetched whole or not at all, and no other file taken, by the
SHA-256 of its content; nothing but tensors is read.
"""

import hashlib
import os
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import hub

from lea.errors import UserError
from lea.study.paths import DATA_FOLDER


@dataclass(frozen=True, slots=True)
class Published:
    """A file of weights."""

    name: str
    folder: str  # below `data_folder`
    address: str  # it lies at `<address><name>`
    digest: str  # the beginning of its SHA-256
    whose: str  # in words
    without: str  # what to do if it cannot be had
    otherwise: str  # what is wrong with other weights

    @property
    def file(self) -> Path:
        """Where it lies for this process."""
        return Path(os.environ.get(DATA_FOLDER, "data"), self.folder, self.name)

    def fetch(self, folder: Path) -> None:
        """Download it."""
        file = folder / self.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            hub.download_url_to_file(self.address + self.name, str(file), self.digest, progress=False)
        except (OSError, RuntimeError, HTTPException) as error:
            raise UserError(
                f"{file}: no such file, and the download failed ({self.address}: {error}); expected "
                f"{self.whose} weights; put them there on a machine with a network, or {self.without}"
            ) from error

    def read(self) -> Any:
        """What is in it; a file that is not the published one, or holds more than tensors, is refused."""
        if not self.file.exists():
            raise UserError(
                f"{self.file}: no such file; expected {self.whose} weights, which the workflow fetches; "
                "put them there"
            )
        with self.file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if not found.startswith(self.digest):
            raise UserError(
                f"{self.file}: its SHA-256 begins with {found[: len(self.digest)]}; expected {self.digest}: "
                f"{self.otherwise}; delete it to have it downloaded again"
            )
        try:
            return torch.load(self.file, map_location="cpu", weights_only=True)
        except UnpicklingError as error:
            raise UserError(
                f"{self.file}: more than tensors, or none; expected {self.whose} weights; fetch it again"
            ) from error
