"""A user's own pictures: folders `train/<class>/` and `test/<class>/` of PNG and JPEG files."""

from collections.abc import Iterable
from io import BytesIO
from os import DirEntry
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

from lea.data.arrays import Arrays, Split
from lea.data.jpeg import damage
from lea.data.originals import check_channels, first_rows
from lea.errors import UserError, about, together
from lea.study.pictures import HEAD, Listing, head_fault, list_pictures
from lea.study.spec import Source

FORMATS = ("PNG", "JPEG")
ANY_SIDE = 8  # to which a picture is cut when only its being readable is asked


class Folder:
    """Pictures cut to their middle square, one class for each folder's name, in the names' order."""

    TITLE = "own pictures"
    SOURCES = ("folder",)
    SHAPE = None
    SIZES = None
    FACTORS = {"label": None}
    FILES = ()
    PICTURES = True

    def __init__(self, *, path: str, channels: Literal[1, 3]) -> None:
        """`path` holds `train` and `test`; `channels` is 1 for grey, 3 for colour."""
        check_channels(channels)
        self.path = Path(path)
        self.channels = channels

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The classes' folders, the same for training and test."""
        return {"label": tuple(self._listing().classes["train"])}

    def files(self) -> list[Path]:
        """Every picture of both splits, sorted."""
        return sorted(Path(file.path) for file in self._listing().files)

    def folder(self, split: Split, count: int | None, side: int) -> Arrays:
        """The first `count` (None: all) pictures of a split at `side` x `side`."""
        classes = self._listing().classes[split].values()
        listed = [(file, label) for label, files in enumerate(classes) for file in files]
        with about(str(self.path)):
            chosen = [listed[row] for row in first_rows(len(listed), count, "folder", split)]
        try:
            pixels = [read_picture(file, self.channels, side) for file, _ in chosen]
        except UserError as error:
            raise self._refusal() or error from None
        return Arrays(np.stack(pixels), {"label": np.array([label for _, label in chosen], np.int32)})

    def faults(self) -> list[str]:
        """All that is wrong with the folder, and with each of its pictures."""
        listing = list_pictures(self.path)
        return listing.faults + unreadable(listing.files, self.channels)

    def _listing(self) -> Listing:
        listing = list_pictures(self.path)
        if listing.faults:
            raise together(self.faults())
        return listing

    def _refusal(self) -> UserError | None:
        """Whatever is wrong, once something is; None if it was mended meanwhile."""
        faults = self.faults()
        return together(faults) if faults else None


def unreadable(files: Iterable[Path | DirEntry[str]], channels: int) -> list[str]:
    """What is said of each picture that cannot be read."""
    faults = []
    for file in files:
        try:
            read_picture(file, channels, ANY_SIDE)
        except UserError as error:
            faults.append(str(error))
    return faults


def read_picture(file: Path | DirEntry[str], channels: int, side: int) -> np.ndarray:
    """(side, side, channels): the middle square of a picture, upright, on white where it is transparent."""
    path = Path(file)
    try:
        whole = decode(path.read_bytes())
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise UserError(
            f"{path}: unreadable ({error}); expected a PNG or JPEG file; replace or remove it"
        ) from error
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    if whole.has_transparency_data:
        whole = whole.convert("RGBA")
        whole = Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole)
    square = resize(whole.convert("L" if channels == 1 else "RGB"), side)
    return np.asarray(square).reshape(side, side, channels)


def decode(content: bytes) -> Image.Image:
    """A picture, upright; refused if it is more than one, or not what was written."""
    if fault := head_fault(content[:HEAD]):
        raise UserError(fault)
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        if image.format == "PNG":
            image.verify()  # by the checksums, which decoding passes over; it leaves nothing to decode
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        image.load()
        pictures = getattr(image, "n_frames", 1)
        if image.format == "PNG" and pictures > 1:
            found = f"{pictures} pictures in one file"
            raise UserError(f"{found}; expected one, since nothing says which is meant; save that alone")
        if image.format != "PNG" and (fault := damage(content, image.tobytes())):
            raise ValueError(f"damaged: {fault}")
        return ImageOps.exif_transpose(image)


def resize(image: Image.Image, side: int) -> Image.Image:
    """The middle square of a picture at `side` pixels: averaged to shrink it, interpolated to enlarge it."""
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    how = Image.Resampling.BOX if edge > side else Image.Resampling.BICUBIC
    return image.crop((left, top, left + edge, top + edge)).resize((side, side), how)
