"""Whether a JPEG was damaged in the middle: enters its bytes and its pixels, leaves a sentence or None.

JPEG has no checksum, and Pillow passes over damage without a word: what follows is grey, or shifted. But a
decoder that lost its place comes to the end of the data too late or too early. Two trials show it: noise
behind the data must change nothing, and noise in place of their end must change the picture. What is found is
nearly all that libjpeg itself would warn of. A few bytes after which the codes happen to fit again are found
by nobody; and where a camera wrote restart markers, at which a decoder finds its place again, less is found.
"""

import random
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import NamedTuple

from PIL import Image

END = re.compile(rb"\xff+[^\x00\xff]")  # the marker behind compressed data, in which a zero follows each 255
START_OF_SCAN, END_OF_PICTURE = 0xDA, 0xD9
RESTARTS = range(0xD0, 0xD8)
ALONE = (0x00, 0x01, 0xD8, *RESTARTS)  # no segment follows these, and none may stand between scans
NOISE = 32  # bytes behind the data
TAIL, LONG_TAIL = 8, 64  # and in place of their end: of coefficients, and of the last bits of some
LEAST = 100  # bytes: the end of less may say nothing of the picture
TRIALS = 8  # different noises, of which one changes any picture


class Scan(NamedTuple):
    """One run through the picture: where its pieces of compressed data lie."""

    tail: int  # bytes at the end of each that must say something of the picture; 0: they may say nothing
    pieces: list[tuple[int, int]]


def damage(content: bytes, pixels: bytes) -> str | None:
    """What is wrong with the compressed data of a JPEG, whose picture Pillow decoded to these pixels."""
    try:
        scans = list(find_scans(content))
    except (ValueError, IndexError):
        return "a marker where none can be"
    noise = random.Random(0)
    longer, done = b"", 0
    for _, end in (piece for scan in scans for piece in scan.pieces):
        longer, done = longer + content[done:end] + make_noise(noise, NOISE), end
    if decode(longer + content[done:]) != pixels:
        return "its data end before the picture"
    for scan in scans:
        long = [end for start, end in scan.pieces if end - start >= LEAST]
        if not scan.tail or not long:
            continue
        if all(decode(_replaced(content, long, scan.tail, noise)) == pixels for _ in range(TRIALS)):
            start, end = scan.pieces[-1]
            # of a grey plane without anything on it any data are a picture
            if decode(_replaced(content, [end], (end - start) // 2, noise)) != pixels:
                return "its picture ends before the data"
    return None


def find_scans(content: bytes) -> Iterator[Scan]:
    """The scans of a JPEG; an error if its markers are out of order."""
    place = 2
    while True:
        marker, place = _marker(content, place)
        if marker == END_OF_PICTURE:
            return
        if marker in ALONE:
            raise ValueError(marker)
        place += int.from_bytes(content[place : place + 2], "big")
        if marker == START_OF_SCAN:
            lowest, refined, pieces = content[place - 3], content[place - 1] >> 4, []
            while True:
                behind = END.search(content, place)
                if behind is None:
                    raise ValueError(place)
                pieces.append((place, behind.start()))
                restart = content[behind.end() - 1]
                if restart not in RESTARTS:
                    break
                if restart != RESTARTS[(len(pieces) - 1) % len(RESTARTS)]:
                    raise ValueError(restart)
                place = behind.end()
            place = behind.start()
            # of a refined mean there is one bit a block, too little to be seen
            yield Scan(TAIL if not refined else LONG_TAIL if lowest else 0, pieces)


def _marker(content: bytes, place: int) -> tuple[int, int]:
    if content[place] != 0xFF:
        raise ValueError(place)
    while content[place] == 0xFF:
        place += 1
    return content[place], place + 1


def decode(content: bytes) -> bytes | None:
    """The pixels of a JPEG; None if it cannot be read."""
    with suppress(OSError, SyntaxError, ValueError), Image.open(BytesIO(content), formats=("JPEG",)) as image:
        return image.tobytes()
    return None


def make_noise(source: random.Random, length: int) -> bytes:
    """Bytes without a meaning, and without a marker."""
    return bytes(source.randrange(1, 255) for _ in range(length))


def _replaced(content: bytes, ends: list[int], length: int, source: random.Random) -> bytes:
    changed = bytearray(content)
    for end in ends:
        changed[end - length : end] = make_noise(source, length)
    return bytes(changed)
