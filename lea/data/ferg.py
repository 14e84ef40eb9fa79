"""FERG-DB: some 55,770 pictures of six animated characters with seven expressions; or faces drawn here.

The original is Aneja et al. (2016), "Modeling Stylized Character Expressions via Deep Learning", for research
only: its authors hand it out, and it is never downloaded. Of its pictures in one fixed random order the last
tenth is the test. Many are frames between two poses: nearly the same may lie in both splits.
"""

from pathlib import Path
from typing import Literal

import numpy as np

from lea.data.arrays import Arrays, Split, fixed_order
from lea.data.faces import Faces
from lea.data.folder import read_picture, unreadable
from lea.errors import UserError, together
from lea.study.spec import Source

ROOT = "FERG_DB_256"
CHARACTERS = ("aia", "bonnie", "jules", "malcolm", "mery", "ray")
EXPRESSIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
TEST = 10  # one of so many pictures is for the test
LAYOUT = f"{ROOT}/<character>/<character>_<expression>/*.png"
WHERE = (
    f"expected FERG-DB as its authors hand it out, {LAYOUT}; "
    "ask them for it (University of Washington, FERG-2D-DB), or choose `source: embedded`"
)
File = tuple[Path, int, int]  # a picture, its character and its expression


class FERG:
    """Faces in colour (`channels: 3`) or grey (1), each with its character and its expression."""

    TITLE = "FERG-DB"
    SOURCES = ("original", "embedded")
    EMBEDDED = "cartoon faces drawn here"
    SHAPE = None
    SIZES = None
    FACTORS = {"character": 6, "expression": 7}
    FILES = ()
    TILED = True

    def __init__(self, *, channels: Literal[1, 3] = 3) -> None:
        self.drawn = Faces(channels=channels)

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """FERG's characters, or those drawn in their place."""
        drawn = self.drawn.names("embedded")
        characters = drawn["character"] if source == "embedded" else CHARACTERS
        return {"character": characters, "expression": EXPRESSIONS}

    def fetch(self, folder: Path) -> None:
        """Nothing is downloaded: it is not free."""
        list_files(folder)

    def original(self, folder: Path, split: Split, count: int | None, side: int) -> Arrays:
        """The first `count` (None: all) pictures of a split, each pixel the mean of those that it covers."""
        files = list_files(folder)
        order, tests = fixed_order(len(files), "ferg"), len(files) // TEST
        rows = order[len(files) - tests :] if split == "test" else order[: len(files) - tests]
        if count is not None and count > len(rows):
            found = f"{folder / ROOT}: {len(rows):,} pictures for {split}"
            raise UserError(f"{found}; expected {count:,} at least; ask for no more than there are")
        chosen = [files[row] for row in rows[:count]]
        pixels = [read_picture(path, self.drawn.channels, side) for path, _, _ in chosen]
        labels = np.array([numbers for _, *numbers in chosen], np.int32).reshape(-1, 2)
        return Arrays(np.stack(pixels), {"character": labels[:, 0], "expression": labels[:, 1]})

    def embedded(self, split: Split, count: int, side: int) -> Arrays:
        """The first `count` faces drawn here."""
        drawn = self.drawn.embedded(split, count, side)
        return Arrays(drawn.values, {factor: drawn.labels[factor] for factor in self.FACTORS})


def list_files(folder: Path) -> list[File]:
    """All pictures, sorted; every folder that is missing or empty is said at once."""
    root, files, faults = folder / ROOT, list[File](), []
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; {WHERE}")
    for character, its in enumerate(CHARACTERS):
        for expression, which in enumerate(EXPRESSIONS):
            place = root / its / f"{its}_{which}"
            found = sorted(one for one in place.glob("*.png") if not one.name.startswith("."))
            if not found:
                lack = "no PNG file in it" if place.is_dir() else "no such folder"
                faults.append(f"{place}: {lack}; expected {LAYOUT}; unpack the archive again")
            files += [(one, character, expression) for one in found]
    if faults:
        raise together(faults)
    return files


def faults(folder: Path) -> list[str]:
    """All that is wrong with it: folders that are missing or empty, pictures that cannot be read."""
    try:
        files = list_files(folder)
    except UserError as error:
        return str(error).splitlines()
    return unreadable((path for path, _, _ in files), 3)
