"""The one exception for what a user can mend; the command line prints it without a traceback."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

MOST = 10  # sentences of one error


class UserError(Exception):
    """Says *where*: what was found; what was expected; what to do."""


class MachineError(UserError):
    """What is so on this machine or of a file here, and may be otherwise elsewhere, or later."""


def together(faults: Sequence[str]) -> UserError:
    """One error that says many things: a line each, of a long list the first and how many more."""
    more = [f"and {len(faults) - MOST} more"] if len(faults) > MOST else []
    return UserError("\n".join([*faults[:MOST], *more]))


@contextmanager
def about(what: str) -> Iterator[None]:
    """Begin the messages of errors with what they are about."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{what}: {error}") from error
