"""Who is to blame: what a user's own parts raise, or give instead of what was expected, is said of the part
with a line of its own file.

Own is what does not stand in this project. An error of the project's is no part's, and keeps its traceback.
"""

import inspect
import logging
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lea import registry, sources
from lea.errors import UserError

log = logging.getLogger(__name__)
Parts = Iterable[tuple[str, str]]  # (kind, name)
PROJECT = "lea"
# What PyTorch says, in types that need its import or in texts, when a machine has no more to give.
MACHINES = ("OutOfMemoryError", "AcceleratorError")
MACHINE_SAYS = ("can't allocate memory", "CUDA error", "CUDNN_STATUS", "CUBLAS_STATUS")


@contextmanager
def blaming(parts: Callable[[], Parts]) -> Iterator[None]:
    """Say what own parts raise in here of the one in whose file it happened; all else is raised as it is."""
    try:
        yield
    except Exception as error:
        if is_nobodys(error):
            raise
        files = {file: part for part in parts() for file in own_files(*part)}
        place = innermost(error, files)
        if place is None:
            raise
        kind, name = files[place[0]]
        raise said(error, kind, name, f"{place[0].name}:{place[1]}", "mend it there") from error


def is_nobodys(error: Exception) -> bool:
    """Whether no part is to blame: it has been said in words, or the machine is at its end."""
    if isinstance(error, UserError | MemoryError | OSError) or type(error).__name__ in MACHINES:
        return True
    return isinstance(error, RuntimeError) and any(one in str(error) for one in MACHINE_SAYS)


def said(error: Exception, kind: str, name: str, where: str, mend: str) -> UserError:
    """An error of a part, in words; its traceback goes to the log."""
    log.info("%s", "".join(traceback.format_exception(error)))
    what = f"{type(error).__name__} in {where}: {str(error).strip() or 'no more is said'}"
    return UserError(f"{kind} '{name}': {what}; {mend}")


def own_files(kind: str, name: str) -> list[Path]:
    """The files that a part and what it is derived from stand in; none if it is the project's."""
    module, _, attribute = registry.resolve(kind, name).partition(":")
    if module.partition(".")[0] == PROJECT:
        return []
    modules = dict.fromkeys([module, *(one for one, _ in sources.lineage(module, attribute))])
    files = [sources.find(one) for one in modules if one.partition(".")[0] != PROJECT]
    return [file.resolve() for file in files if file]


def innermost(error: BaseException, files: Collection[Path] | None = None) -> tuple[Path, int] | None:
    """The innermost line that an error passed, of these files."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename).resolve()
        if files is None or file in files:
            return file, frame.lineno or 0
    return None


def wrong(whose: str, found: str, expected: str) -> UserError:
    """What a part gave, in words; `whose` is what `called` says."""
    return UserError(f"{whose}: {found}; expected {expected}; mend it there")


def called(kind: str, part: Any, function: str, name: str = "") -> str:
    """A part as messages name it: its name, and where one of its functions stands."""
    cls = type(part)
    name = name or f"{cls.__module__}:{cls.__qualname__}"
    return f"{kind} '{name}'{place_of(getattr(cls, function, None))}"


def place_of(function: Any) -> str:
    """` (file:line)` of a function of ours or a user's; of a library's nothing."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is None or not sources.is_own(Path(code.co_filename)):
        return ""
    return f" ({Path(code.co_filename).name}:{code.co_firstlineno})"


def gave(value: Any) -> str:
    """What something is: a tensor with its type and shape, else its type."""
    shape = getattr(value, "shape", None)
    if shape is None or not hasattr(value, "dtype"):
        return f"gave a {type(value).__name__}" if value is not None else "gave nothing"
    return f"gave a {type(value).__name__} of shape {tuple(shape)}, {value.dtype}"
