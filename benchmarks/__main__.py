"""Run all benchmarks, or those named; each prints its own lines."""

import importlib
import sys
from pathlib import Path


def main() -> int:
    """Run them one after another, so that they do not take each other's cores."""
    known = sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))
    for name in sys.argv[1:] or known:
        if name not in known:
            print(f"no benchmark '{name}'; expected one of {', '.join(known)}")
            return 2
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"== {name}: {module.__doc__.splitlines()[0]}", flush=True)
        module.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
