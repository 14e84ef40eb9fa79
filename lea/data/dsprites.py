"""dSprites: one white sprite on black, every combination of shape, scale, orientation and position once.

Enters the published archive or nothing, leaves pictures of 64 x 64 (or 32 x 32) with five labels (Sec. 4.8).
The rows of a split are one fixed random choice from the whole grid of 737,280, the same for both sources: row
i of the original shows the same factors as row i of the embedded one. The train split is the beginning of one
random order, the test split is its end read backwards, so each is nested in its larger versions.

The original was drawn with the LOVE framework from vectors whose sizes were not published. What is known:
its pixels are 0 or 1 and their mean is 0.042494, that is 294 pixels a sprite at scale 1; orientations 0 and
39 are both the full turn, so they show the same picture; LOVE turns clockwise on a screen.

Decision: the embedded square has a side of 21.5 pixels at scale 1, the ellipse the axes 21.5 and 10.75, the
long one level at orientation 0. The heart is a square on its tip with a disc on each upper side, of the size
that gives the published mean, and turns about its centroid. At these sizes no pixel's centre lies on an edge,
so rounding decides nothing, and the square grows with each scale at 32 pixels too. Orientation turns
clockwise, x goes right and y down. A step of x or y is one pixel at 64 pixels and half a pixel at 32; the
centres fill the middle half, and nothing is ever cut off. A pixel is on when its centre lies in the shape.
"""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from shutil import copyfileobj
from typing import IO, ClassVar
from urllib.request import urlopen

import numpy as np
from numpy.lib import format as npy
from numpy.lib.stride_tricks import sliding_window_view

from lea.data.images import Images, Split, fixed_order
from lea.data.originals import AGAIN, describe
from lea.errors import UserError
from lea.store import whole
from lea.study.spec import Source

# shape, scale, orientation, x, y: the last varies fastest, as in the published file
GRID = (3, 6, 40, 32, 32)
ROWS = 737_280
ADDRESS = "https://raw.githubusercontent.com/deepmind/dsprites-dataset/master/"
BLOB = "d98996d3f8ee1550e06b9d4ed78d0beb478910d5"  # the archive's id in git
SIDE = 64  # of the original's pictures; all lengths below are in its pixels
CHUNK = 4096  # pictures in hand at a time: 16 MiB

SCALES = np.linspace(0.5, 1, GRID[1])
ORIENTATIONS = np.linspace(0, 2 * np.pi, GRID[2])
POSITIONS = np.linspace(0, 1, GRID[3])
FIRST_CENTRE = 16.5  # the middle of pixel 16; the last centre is that of pixel 47
REACH = 16  # no pixel of a sprite is further from the pixel with its centre

SQUARE_SIDE = 21.5
ELLIPSE_AXES = (21.5, 10.75)
HEART_SIDE = 11.57  # of its square; its area is (1 + pi / 4) times the square of it
HEART_CENTROID = (3 * np.pi + 4) / (12 + 3 * np.pi) / np.sqrt(8)  # above the square's centre, in sides


class DSprites:
    """dSprites, from the published archive or drawn here."""

    TITLE = "dSprites"
    SOURCES = ("original", "embedded")
    EMBEDDED = "rendered here"
    SIDES = (32, 64)
    AVAILABLE = 737_280
    SHAPE = (64, 64, 1)
    SIZES: ClassVar = {"train": 59972, "test": 10006}
    FACTORS: ClassVar = {"shape": 3, "scale": 6, "orientation": 40, "x": 32, "y": 32}
    # Steps of a full turn; None: from one end to the other. Orientations 0 and 39 show the same picture.
    ORDERED: ClassVar = {"scale": None, "orientation": 39, "x": None, "y": None}
    FILES = ("dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",)

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """For each factor, what its classes are called: orientation in radians, x and y from 0 to 1."""
        values = {"scale": SCALES, "orientation": ORIENTATIONS, "x": POSITIONS, "y": POSITIONS}
        texts = {factor: tuple(f"{value:.3g}" for value in values[factor]) for factor in values}
        return {"shape": ("square", "ellipse", "heart")} | texts

    def fetch(self, folder: Path) -> None:
        """Download the archive into `folder` if it is not there, checking its blob id."""
        fetch_archive(folder / self.FILES[0], ADDRESS + self.FILES[0], BLOB)

    def original(self, folder: Path, split: Split, count: int | None) -> Images:
        """The first `count` (None: the study's number) pictures of a split from the checked archive."""
        rows = choose_rows(split, self.SIZES[split] if count is None else count)
        path = folder / self.FILES[0]
        check_archive(path, BLOB, GRID)
        return Images(read_rows(path, rows), label_rows(rows))

    def embedded(self, split: Split, count: int, side: int) -> Images:
        """The first `count` pictures of a split, drawn at 64 or 32 pixels."""
        if side not in self.SIDES:
            raise UserError(f"dsprites: side {side}; expected 64 or 32; set one of them")
        rows = choose_rows(split, count)
        return Images(draw_rows(rows, side), label_rows(rows))

    def best(self, source: Source, folder: Path, side: int) -> dict[str, dict[str, float]]:
        """The accuracy that no reading of orientation can exceed, for each shape and over all.

        Of pictures that are the same at two orientations one answer can be right. They are counted at the
        four positions in the middle, which have every phase of a pixel; all else is taken as known.
        """
        rows = np.arange(ROWS).reshape(GRID)[:, :, :, 15:17, 15:17].ravel()
        if source == "original":
            check_archive(folder / self.FILES[0], BLOB, GRID)
            pixels = read_rows(folder / self.FILES[0], rows)
        else:
            pixels = draw_rows(rows, side)
        shapes, scales, turns = GRID[:3]
        kinds = (
            pixels.reshape(shapes, scales, turns, 4, -1).swapaxes(2, 3).reshape(shapes, -1, turns, side**2)
        )
        different = [np.mean([len(np.unique(one, axis=0)) for one in of_shape]) / turns for of_shape in kinds]
        shares = dict(zip(self.names(source)["shape"], map(float, different), strict=True))
        return {"orientation": {"all": float(np.mean(different)), **shares}}


def choose_rows(split: Split, count: int) -> np.ndarray:
    """The first `count` rows of a split in the whole grid."""
    if not 0 <= count <= ROWS:
        raise UserError(f"dsprites: {count} pictures wanted for {split}; expected 0 to {ROWS}; ask for fewer")
    order = fixed_order(ROWS, "dsprites")
    return (order if split == "train" else order[::-1])[:count]


def label_rows(rows: np.ndarray) -> dict[str, np.ndarray]:
    """The class of each factor in these rows of the grid."""
    classes = np.unravel_index(rows, GRID)
    return {factor: values.astype(np.int32) for factor, values in zip(DSprites.FACTORS, classes, strict=True)}


def draw_rows(rows: np.ndarray, side: int) -> np.ndarray:
    """Pictures (n, side, side, 1) of rows of the grid, each sprite drawn once and pasted where it belongs."""
    phases, phase, corner = place_sprites(side)
    sprites = draw_sprites(side, phases)
    size = sprites.shape[-1]
    pixels = np.zeros((len(rows), side, side, 1), np.uint8)
    for start in range(0, len(rows), CHUNK):
        part = pixels[start : start + CHUNK, :, :, 0]
        shape, scale, orientation, x, y = np.unravel_index(rows[start : start + CHUNK], GRID)
        windows = sliding_window_view(part, (size, size), axis=(1, 2), writeable=True)
        chosen = sprites[shape, scale, orientation, phase[y], phase[x]]
        windows[np.arange(len(part)), corner[y], corner[x]] = chosen
    return pixels


def place_sprites(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The centres' distances from their pixel's middle; for each position, which of them, and the corner."""
    centres = (FIRST_CENTRE + np.arange(len(POSITIONS))) * side / SIDE
    pixels = np.floor(centres).astype(int)
    phases, phase = np.unique(centres - pixels - 0.5, return_inverse=True)
    return phases, phase, pixels - REACH * side // SIDE


def draw_sprites(side: int, phases: np.ndarray) -> np.ndarray:
    """All sprites (shape, scale, orientation, phase of y, phase of x, h, w) as bytes 0 or 255."""
    reach = REACH * side // SIDE
    offsets = (np.arange(-reach, reach + 1) - phases[:, None]) * SIDE / side  # (phase, w)
    x, y = offsets[None, :, None, :], offsets[:, None, :, None]
    cos, sin = (turn(ORIENTATIONS)[:, None, None, None, None] for turn in (np.cos, np.sin))
    scale = SCALES.reshape(-1, *[1] * 5)
    u, v = (
        (cos * x + sin * y) / scale,
        (cos * y - sin * x) / scale,
    )  # (scale, orientation, phase, phase, h, w)
    return np.stack([255 * (depth(u, v) > 0).astype(np.uint8) for depth in (in_square, in_ellipse, in_heart)])


def in_square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Positive inside the square, zero on its edge."""
    return SQUARE_SIDE / 2 - np.maximum(abs(u), abs(v))


def in_ellipse(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Positive inside the ellipse, zero on its edge."""
    return 1 - np.hypot(2 * u / ELLIPSE_AXES[0], 2 * v / ELLIPSE_AXES[1])


def in_heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Positive inside the heart, zero on its edge."""
    u, v = abs(u) / HEART_SIDE, v / HEART_SIDE - HEART_CENTROID
    square = np.sqrt(0.5) - u - abs(v)
    disc = 0.5 - np.hypot(u - np.sqrt(0.125), v + np.sqrt(0.125))
    return np.maximum(square, disc)


def fetch_archive(path: Path, address: str, blob: str) -> None:
    """Download the archive to `path` unless it is there; other content than the published is not kept."""
    if path.exists():
        return
    try:
        with whole(path) as aside:
            with urlopen(address, timeout=60) as answer, aside.open("wb") as file:
                copyfileobj(answer, file)
            check_blob(aside, blob)
    except (OSError, HTTPException, UserError) as error:
        raise UserError(
            f"{path}: no such file, and the download failed ({address}: {error}); expected dSprites' "
            "archive; fetch it on a machine with a network and put it there, or choose `source: embedded`"
        ) from error


def check_archive(path: Path, blob: str, grid: tuple[int, ...]) -> None:
    """Refuse a file that is not the archive with this blob id and the complete grid; no picture is read."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected dSprites' archive; fetch it, or `source: embedded`")
    check_zip(path)
    check_blob(path, blob)
    for name, shape, dtype in members(grid):
        with open_member(path, name) as file:
            check_header(f"{path}: {name}", file, shape, dtype)
    with open_member(path, "latents_classes.npy") as file:
        classes = npy.read_array(file, allow_pickle=False)
    complete = np.indices((1, *grid)).reshape(1 + len(grid), -1).T
    wrong = np.flatnonzero((classes != complete).any(axis=1))
    if len(wrong):
        row = wrong[0]
        found, wanted = classes[row].tolist(), complete[row].tolist()
        raise UserError(f"{path}: latents_classes in row {row} are {found}; expected {wanted}; {AGAIN}")


def members(grid: tuple[int, ...]) -> list[tuple[str, tuple[int, ...], str]]:
    """What is asked of the archive: member, shape, type; its `metadata` is a pickle and is never touched."""
    rows = int(np.prod(grid))
    factors = (rows, 1 + len(grid))  # the colour, always white, comes first
    return [
        ("imgs.npy", (rows, SIDE, SIDE), "uint8"),
        ("latents_classes.npy", factors, "int64"),
        ("latents_values.npy", factors, "float64"),
    ]


def check_zip(path: Path) -> None:
    """Refuse a file that is not a whole zip archive."""
    with path.open("rb") as file:
        beginning = file.read(256)
    if not beginning.startswith(b"PK"):
        raise UserError(f"{path}: {describe(beginning)}; expected a zip archive (.npz); {AGAIN}")
    if not zipfile.is_zipfile(path):
        size = path.stat().st_size
        raise UserError(f"{path}: truncated, {size} bytes; expected a zip archive with its end; {AGAIN}")


def check_blob(path: Path, blob: str) -> None:
    """Refuse a file with another id than this as a blob of git."""
    size = os.path.getsize(path)
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != blob:
        found = f"{size} bytes with git blob id {digest.hexdigest()}, so truncated or changed"
        raise UserError(f"{path}: {found}; expected {blob}; {AGAIN}")


@contextmanager
def open_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """A member of the archive as a stream; what cannot be unpacked or is no array is said in words."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as file:
            yield file
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(
            f"{path}: {name}: {error}; expected a member of the original archive; {AGAIN}"
        ) from error


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype, bool]:
    """Shape, type and whether the first axis varies fastest; leaves the stream at the first value."""
    old = npy.read_magic(file) == (1, 0)
    shape, fortran, dtype = (npy.read_array_header_1_0 if old else npy.read_array_header_2_0)(file)
    return shape, dtype, fortran


def check_header(where: str, file: IO[bytes], shape: tuple[int, ...], dtype: str) -> None:
    """Refuse a member of another shape or type; objects are pickles and never read."""
    found_shape, found_dtype, _ = read_header(file)
    wanted = f"expected {dtype} of shape {shape}; {AGAIN}"
    if found_dtype.hasobject:
        raise UserError(f"{where}: a pickle, which could run code, so it is not read; {wanted}")
    if (found_shape, found_dtype) != (shape, np.dtype(dtype)):
        raise UserError(f"{where}: {found_dtype} of shape {found_shape}; {wanted}")


def read_rows(path: Path, rows: np.ndarray) -> np.ndarray:
    """Pictures (n, 64, 64, 1) of rows of a checked archive, as bytes 0 or 255; every picture passes by."""
    pixels = np.empty((len(rows), SIDE, SIDE, 1), np.uint8)
    order = np.argsort(rows)
    bounds = rows[order]
    for start, block in stream_pictures(path):
        low, high = np.searchsorted(bounds, [start, start + len(block)])
        chosen = order[low:high]
        pixels[chosen, :, :, 0] = 255 * block[rows[chosen] - start]
    return pixels


def stream_pictures(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """The archive's pictures as blocks (n, 64, 64) of zeros and ones, each with its first row."""
    with open_member(path, "imgs.npy") as file:
        (rows, *_), _, fortran = read_header(file)
        if fortran:
            raise UserError(f"{path}: imgs.npy: pixels before pictures; expected picture by picture; {AGAIN}")
        for start in range(0, rows, CHUNK):
            size = min(CHUNK, rows - start)
            pictures = np.frombuffer(file.read(size * SIDE * SIDE), np.uint8).reshape(size, SIDE, SIDE)
            if pictures.max() > 1:
                found = f"a pixel of {pictures.max()} in rows {start} to {start + size - 1}"
                raise UserError(f"{path}: imgs.npy: {found}; expected only 0 and 1; {AGAIN}")
            yield start, pictures
