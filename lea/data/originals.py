"""What is asked of an original before its pictures are used: enters a file, leaves a `UserError` or nothing.

Every message says where; what was found; what was expected; what to do.
"""

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np

from lea.data.arrays import fixed_order
from lea.errors import UserError

AGAIN = "delete it and fetch it again, or choose `source: embedded`"


def read_content(path: Path) -> bytes:
    """All bytes of an original file."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file; expected a file of the original data set; "
            "fetch it, put it there, or choose `source: embedded`"
        ) from error


def describe(content: bytes) -> str:
    """What a file seems to be that is not what it should be, in words."""
    if not content:
        return "an empty file"
    if content[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "an HTML page, such as a server sends instead of a file"
    if content.startswith(b"\x1f\x8b"):
        return "a gzip file, still packed"
    return f"it begins with {content[:8]!r}"


def check_channels(channels: object) -> None:
    """Refuse any number of channels but that of grey and of coloured pictures."""
    if channels not in (1, 3):
        raise UserError(f"channels: {channels!r}; expected 1 for grey or 3 for colour; choose one of them")


def check_digest(path: Path, digest: str, kind: Literal["MD5", "SHA256"] = "MD5") -> None:
    """Refuse a file that has another digest than the published one."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, kind.lower()).hexdigest()
    if found != digest:
        size = path.stat().st_size
        raise UserError(
            f"{path}: truncated or changed, {size} bytes with {kind} {found}; expected {digest}; {AGAIN}"
        )


def check_labels(path: Path, labels: np.ndarray, balance: tuple[int, ...]) -> None:
    """Refuse labels out of range, and numbers of pictures per class other than the published ones."""
    wrong = np.flatnonzero((labels < 0) | (labels >= len(balance)))
    if len(wrong):
        row = wrong[0]
        raise UserError(
            f"{path}: label {labels[row]} in row {row}; expected 0 to {len(balance) - 1}; {AGAIN}"
        )
    counts = tuple(np.bincount(labels, minlength=len(balance)).tolist())
    if counts != balance:
        raise UserError(f"{path}: pictures per class {counts}; expected {balance}; {AGAIN}")


def first_rows(size: int, count: int | None, name: str, split: str) -> np.ndarray:
    """The first `count` (None: all) of a split's `size` rows in its one fixed random order."""
    if count is not None and count > size:
        raise UserError(
            f"{name}: {count} pictures for {split}; expected at most {size}, all there are; ask for fewer"
        )
    return fixed_order(size, name, split)[:count]
