"""The one exception for what a user can mend; the command line prints it without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Says *where*: what was found; what was expected; what to do."""


class MachineError(UserError):
    """What is so on this machine, and may be otherwise on another, or later."""


@contextmanager
def about(what: str) -> Iterator[None]:
    """Begin the messages of errors with what they are about."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{what}: {error}") from error
