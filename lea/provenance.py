"""Where a file comes from, as its metadata says it: specification, version, libraries. No time and no
machine, so that the same work gives the same bytes.
"""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lea import __version__
from lea.errors import UserError
from lea.seals import header_of, is_table, read_content


def origin(facts: Mapping[str, Any], libraries: Sequence[str]) -> dict[str, Any]:
    """What a file was made from (`facts`) and with (the named libraries)."""
    versions = {"python": platform.python_version()} | {library: version(library) for library in libraries}
    return {**facts, "lea": __version__, "libraries": versions}


def record_of(path: Path) -> dict[str, Any]:
    """The record of a table, of weights or of a state, once its content is found to be whole."""
    if not path.is_file():
        expected = "expected a table, weights or a state of this project"
        raise UserError(f"{path}: no such file; {expected}; correct the path")
    if is_table(path):
        from lea.store import read_record, read_table

        return read_record(read_table(path))
    return header_of(read_content(path, "tensors")).record
