"""`python -m lea`."""

import sys

from lea.cli import main

if __name__ == "__main__":
    sys.exit(main())
