"""Where a file comes from, as its metadata says it: specification, version, libraries. No time and no
machine, so that the same work gives the same bytes.
"""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from lea import __version__


def origin(facts: Mapping[str, Any], libraries: Sequence[str]) -> dict[str, Any]:
    """What a file was made from (`facts`) and with (the named libraries)."""
    versions = {"python": platform.python_version()} | {library: version(library) for library in libraries}
    return {**facts, "lea": __version__, "libraries": versions}
