"""A reader around another, its option `of`, whose samples it changes or of which it takes some."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lea.data.arrays import Arrays, MakeDataset, Pieces, Split
from lea.errors import UserError
from lea.study.spec import Source

Read = Callable[[int | None], Arrays]  # the first so many of the other's samples; None: all there are
LOST = ("best", "facts")  # what is true of all samples as they are


class Around(ABC):
    """What it does not say itself is as the other says; its constants are the other's for the study, too."""

    def __init__(self, of: MakeDataset) -> None:
        self.inner = of()

    def __getattr__(self, name: str) -> Any:
        if name in LOST:
            raise AttributeError(name)
        return getattr(self.inner, name)

    def embedded(self, split: Split, count: int | None, side: int | None) -> Arrays:
        """The first `count` of what becomes of the other's embedded samples."""
        return self._changed("embedded", split, count, lambda most: self.inner.embedded(split, most, side))

    def original(self, folder: Path, split: Split, count: int | None, *side: int) -> Arrays:
        """The first `count` (None: all) of what becomes of the other's original samples."""

        def read(most: int | None) -> Arrays:
            found = self.inner.original(folder, split, most, *side)
            if isinstance(found, Pieces):
                given = f"{type(self.inner).__name__}: samples that are given in pieces"
                raise UserError(f"{given}; expected a data set that is held in memory; choose another")
            return found

        return self._changed("original", split, count, read)

    def folder(self, split: Split, count: int | None, side: int | None) -> Arrays:
        """The first `count` (None: all) of what becomes of a user's own samples."""
        return self._changed("folder", split, count, lambda most: self.inner.folder(split, most, side))

    @abstractmethod
    def _changed(self, source: Source, split: Split, count: int | None, read: Read) -> Arrays:
        """The first `count` of what becomes of the samples that are read."""
