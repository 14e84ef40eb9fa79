"""The one exception for what a user can mend; the command line prints it without a traceback."""


class UserError(Exception):
    """Says *where*: what was found; what was expected; what to do."""
