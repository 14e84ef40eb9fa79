"""The digest that every file of ours carries: the SHA-256 of all its bytes with the digest's own digits set
to zero. A flipped byte anywhere is noticed, and the file stays an ordinary one for every other reader.

Here also what a safetensors file says of itself, which needs no torch to be read.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from lea.errors import MachineError

DIGITS = 64
ZEROS = b"sha256:" + DIGITS * b"0"
MARK = len(b"sha256:")
UNLIKE = "damaged: its content does not match the digest that it was written with"
AGAIN = "delete the file, and the workflow makes it again"
TABLE = b"PAR1"  # how a Parquet file begins
LENGTH = 8  # the first bytes of a safetensors file say how long its header is
PLACE = b'"lea.digest":"sha256:'  # within a name or a record the quotes would stand behind backslashes


def digits_of(pieces: Iterable[bytes | bytearray | memoryview]) -> bytes:
    """The digest of bytes that follow one another."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest().encode()


def is_sealed(content: bytes, start: int) -> bool:
    """Whether the digits that begin at `start` are right."""
    pieces = memoryview(content)  # without a copy of what may be hundreds of megabytes
    end = start + DIGITS
    return digits_of((pieces[:start], DIGITS * b"0", pieces[end:])) == content[start:end]


def is_table(path: Path) -> bool:
    """Whether a file begins as a table does, which has a digest of its own making."""
    with path.open("rb") as file:
        return file.read(len(TABLE)) == TABLE


class Header(NamedTuple):
    """What the header of tensors says."""

    record: dict[str, Any]  # where they come from
    digest: str  # another for each other content


def sealed(content: bytes, record: str) -> tuple[bytes, memoryview]:
    """Safetensors without metadata as two pieces, a header with record and digest, and the tensors.

    Not by safetensors itself, which writes the entries of its metadata in an order drawn at random.
    """
    end = LENGTH + int.from_bytes(content[:LENGTH], "little")
    metadata = {"__metadata__": {"lea": record, "lea.digest": ZEROS.decode()}}
    text = json.dumps(metadata | json.loads(content[LENGTH:end]), separators=(",", ":")).encode()
    text += -len(text) % LENGTH * b" "  # so that the tensors stay aligned
    head, tensors = bytearray(len(text).to_bytes(LENGTH, "little") + text), memoryview(content)[end:]
    start = head.find(PLACE) + len(PLACE)
    head[start : start + DIGITS] = digits_of((head, tensors))
    return bytes(head), tensors


def damage(content: bytes) -> str | None:
    """What is wrong with the bytes of tensors of ours, in words; None if nothing is."""
    if not b'{"'.startswith(content[LENGTH : LENGTH + 2]):
        return f"not a safetensors file: it begins with {content[:12]!r}"
    end = LENGTH + int.from_bytes(content[:LENGTH], "little")
    if len(content) < max(end, LENGTH):
        return f"truncated or damaged: {len(content)} bytes, of which its header alone takes {end}"
    start = content.find(PLACE, LENGTH, end) + len(PLACE)
    if start < len(PLACE):
        return _foreign(content[LENGTH:end])
    if is_sealed(content, start):
        return None
    try:
        tensors = json.loads(content[LENGTH:end])
        last = max((one["data_offsets"][1] for one in tensors.values() if "data_offsets" in one), default=0)
        wanted = end + int(last)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return UNLIKE
    return f"truncated: {len(content)} of {wanted} bytes" if len(content) < wanted else UNLIKE


def _foreign(header: bytes) -> str:
    if b'"lea":"' in header:
        return "tensors of an earlier version of this project, or damaged: it carries no digest"
    return "a safetensors file, but not one of this project: it carries no digest"


def read_content(path: Path, wanted: str) -> bytes:
    """The bytes of tensors of ours; say in words what is wrong with others."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MachineError(f"{path}: no such file; expected {wanted}; run the workflow") from error
    if problem := damage(content):
        raise MachineError(f"{path}: {problem}; {AGAIN}")
    return content


def header_of(content: bytes) -> Header:
    """The header of tensors of ours that are whole."""
    metadata = json.loads(content[LENGTH : LENGTH + int.from_bytes(content[:LENGTH], "little")])[
        "__metadata__"
    ]
    return Header(json.loads(metadata["lea"]), metadata["lea.digest"])


def read_header(path: Path, wanted: str) -> Header:
    """The header alone, of a file that may be large: it is compared with the tensors when these are read."""
    try:
        with path.open("rb") as file:
            beginning = file.read(LENGTH)
            length = int.from_bytes(beginning, "little")
            header = file.read(min(length, path.stat().st_size))
        return header_of(beginning + header)
    except FileNotFoundError as error:
        raise MachineError(f"{path}: no such file; expected {wanted}; run the workflow") from error
    except (ValueError, TypeError, KeyError):
        read_content(path, wanted)  # says what is wrong
        raise
