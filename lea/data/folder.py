"""A user's own pictures: folders `train/<class>/` and `test/<class>/` of PNG and JPEG files."""

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from lea.data.arrays import Arrays, Split
from lea.data.originals import first_rows
from lea.errors import UserError
from lea.study.spec import Source

SPLITS: tuple[Split, ...] = ("train", "test")
SUFFIXES = (".png", ".jpg", ".jpeg")
WIDE_MODES = ("I", "I;16", "I;16B", "I;16L", "F")  # Pillow cuts them off at 255 instead of scaling


class Folder:
    """Pictures cut to their middle square, one class for each folder's name, in the names' order."""

    TITLE = "own pictures"
    SOURCES = ("folder",)
    SHAPE = None
    SIZES = None
    FACTORS = {"label": None}
    FILES = ()

    def __init__(self, *, path: str, channels: Literal[1, 3]) -> None:
        """`path` holds `train` and `test`; `channels` is 1 for grey, 3 for colour."""
        if channels not in (1, 3):
            raise UserError(
                f"channels: {channels!r}; expected 1 for grey or 3 for colour; choose one of them"
            )
        self.path = Path(path)
        self.channels = channels

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The classes' folders, which must be the same for training and test."""
        train, test = (class_names(self.path, split) for split in SPLITS)
        for name in sorted(set(train) ^ set(test)):
            lacking, other = ("test", "train") if name in train else ("train", "test")
            raise UserError(
                f"{self.path / lacking / name}: no such folder, but {other} has it; "
                "expected the same classes in train and test; add the class here or remove it there"
            )
        return {"label": train}

    def files(self) -> list[Path]:
        """Every picture of both splits, sorted."""
        names = self.names("folder")["label"]
        return sorted(
            file for split in SPLITS for name in names for file in pictures(self.path / split / name)
        )

    def folder(self, split: Split, count: int | None, side: int) -> Arrays:
        """The first `count` (None: all) pictures of a split at `side` x `side`."""
        names = self.names("folder")["label"]
        listed = [
            (file, label) for label, name in enumerate(names) for file in pictures(self.path / split / name)
        ]
        chosen = [listed[row] for row in first_rows(len(listed), count, "folder", split)]
        pixels = [read_picture(file, self.channels, side) for file, _ in chosen]
        return Arrays(np.stack(pixels), {"label": np.array([label for _, label in chosen], np.int32)})


def class_names(path: Path, split: Split) -> tuple[str, ...]:
    """The names of a split's folders, sorted."""
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; expected one with train and test inside; correct the path")
    if not (path / split).is_dir():
        raise UserError(f"{path / split}: no such folder; expected one with a folder for each class; make it")
    entries = shown(path / split)
    for entry in entries:
        if not entry.is_dir():
            raise UserError(
                f"{entry}: a file; expected only folders here, one for each class; move it into one"
            )
    if not entries:
        raise UserError(f"{path / split}: empty; expected a folder for each class; make them")
    return tuple(entry.name for entry in entries)


def pictures(folder: Path) -> list[Path]:
    """The pictures of a class, sorted."""
    files = shown(folder)
    for file in files:
        if file.suffix.lower() not in SUFFIXES or not file.is_file():
            raise UserError(
                f"{file}: not a picture; expected only {', '.join(SUFFIXES)} files; convert or remove it"
            )
    if not files:
        raise UserError(
            f"{folder}: no pictures; expected at least one of this class; add some or remove the folder"
        )
    return files


def shown(folder: Path) -> list[Path]:
    """What a folder holds, sorted by name, hidden files left out."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def read_picture(file: Path, channels: int, side: int) -> np.ndarray:
    """(side, side, channels): the middle square of a picture, upright, on white where it is transparent."""
    try:
        with Image.open(file) as image:
            image.load()
            whole = ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise UserError(
            f"{file}: unreadable ({error}); expected a PNG or JPEG file; replace or remove it"
        ) from error
    if whole.mode in WIDE_MODES:
        raise UserError(
            f"{file}: values of more than 8 bits (mode {whole.mode}); expected 8 bits; convert it"
        )
    if whole.has_transparency_data:
        whole = whole.convert("RGBA")
        whole = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole)
    square = resize(whole.convert("L" if channels == 1 else "RGB"), side)
    return np.asarray(square).reshape(side, side, channels)


def resize(image: Image.Image, side: int) -> Image.Image:
    """The middle square of a picture at `side` pixels: averaged to shrink it, interpolated to enlarge it."""
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    how = Image.Resampling.BOX if edge > side else Image.Resampling.BICUBIC
    return image.crop((left, top, left + edge, top + edge)).resize((side, side), how)
