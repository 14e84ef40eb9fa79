"""Files that appear whole or not at all, and words for those that cannot be written."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lea.errors import UserError

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


def aside_of(path: Path) -> Path:
    """Where a file is written before it is whole."""
    return path.with_name(f".{path.name}.partial")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words that a file cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        problem = f"cannot be written: {error.strerror}"
        raise UserError(f"{path}: {problem}; make room, or let it be written to, and rerun") from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, beside `path`; renamed to it when all went well, removed when not."""
    aside = aside_of(path)
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield aside
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            aside.replace(path)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
