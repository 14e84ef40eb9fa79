"""Oracle: pictures that Pillow wrote are well, however they were written; of damaged ones libjpeg itself says
what it sees, which torchvision lets it write to stderr.
"""

import random
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.io import decode_jpeg

from lea.data.jpeg import damage, decode, find_scans

WAYS: list[dict[str, Any]] = [
    {"quality": 75},
    {"quality": 30, "optimize": True},
    {"quality": 100, "subsampling": 0},
    {"quality": 85, "progressive": True},
    {"quality": 100, "progressive": True, "subsampling": 0},
    {"quality": 75, "restart_marker_rows": 1},
]


def picture(side: int = 120) -> Image.Image:
    """Coloured patches with soft edges and some grain."""
    rng = np.random.default_rng(0)
    patches = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).resize((side, side))
    grain = rng.integers(-9, 10, (side, side, 3))
    return Image.fromarray((np.asarray(patches) + grain).clip(0, 255).astype(np.uint8))


def written(image: Image.Image, **way: Any) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", **way)
    return file.getvalue()


def wrong(content: bytes) -> str | None:
    """What is found, if Pillow reads it at all."""
    pixels = decode(content)
    return "unreadable" if pixels is None else damage(content, pixels)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_picture_as_it_was_written_is_well(way: dict[str, Any]) -> None:
    whole = picture()
    plain = [Image.new("RGB", (300, 200), colour) for colour in ("red", "white", (128, 128, 128))]
    for image in (whole, *plain, whole.resize((9, 7)), whole.resize((1, 1))):
        for mode in ("RGB", "L", "CMYK"):
            assert wrong(written(image.convert(mode), **way)) is None, (image.size, mode)


def seen_by_libjpeg(content: bytes, capfd: pytest.CaptureFixture[str]) -> bool:
    capfd.readouterr()
    try:
        decode_jpeg(torch.frombuffer(bytearray(content), dtype=torch.uint8))
    except RuntimeError:
        return True
    return "Corrupt JPEG data" in capfd.readouterr().err


@pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")
@pytest.mark.parametrize("way", WAYS[:5], ids=str)
def test_bytes_overwritten_in_the_middle_are_found_if_libjpeg_sees_it(
    way: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    content, rng, found, seen = written(picture(300), **way), random.Random(0), [], []
    for size in (4, 16, 64, 256) * 4:
        damaged, place = bytearray(content), rng.randrange(len(content) // 3, len(content) // 2)
        damaged[place : place + size] = rng.randbytes(size)
        found.append(wrong(bytes(damaged)) is not None)
        seen.append(seen_by_libjpeg(bytes(damaged), capfd))
    assert all(there for there, here in zip(seen, found, strict=True) if here)
    assert sum(found) >= 6
    assert sum(found[3::4]) >= sum(seen[3::4]) - 1 >= 2  # of 4 with 256 bytes overwritten


def test_what_is_found_is_said() -> None:
    content = written(picture())
    ((_, ((start, end),)),) = find_scans(content)
    middle = (start + end) // 2
    assert wrong(content[:middle] + content[middle + 400 :]) == "its data end before the picture"
    assert wrong(content[:middle] + content[middle - 400 :]) == "its picture ends before the data"
    assert damage(content[:middle] + b"\xff\x01" + content[middle:], b"") == "a marker where none can be"
    assert damage(content[:-2], b"") == "a marker where none can be"


def test_restart_markers_out_of_order_are_found() -> None:
    content = written(picture(), restart_marker_rows=1)
    (scan,) = find_scans(content)
    assert len(scan.pieces) == 8  # rows of 16 pixels
    second = scan.pieces[1][1]
    assert content[second : second + 2] == b"\xff\xd1"
    assert damage(content[:second] + b"\xff\xd3" + content[second + 2 :], b"") == "a marker where none can be"
