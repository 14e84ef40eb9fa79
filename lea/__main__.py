"""`python -m lea`."""

import atexit
import os
import sys

from lea.cli import main


def end(code: int) -> None:
    """End at once: to take apart all that torch has built takes a tenth of a short job."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    end(main())
