"""Archetypes against the package `archetypes`: seconds to the same residual (target: no more).

Mixtures of 8 points in 50 dimensions with noise, 10,000 of them, begun at furthest sums. The package's `nnls`
and `pgd` (it has `pseudo_pgd` too, which took longest) run until they stop of themselves; ours is timed until
less is left than that, each in a process of its own with one thread. Then 60,000 images of 784 values and 10
archetypes, 30 iterations, over candidates and over all images.

The package is no dependency of the project; the variable ARCHETYPES_PYTHON names a Python that has it:

    python -m venv DIR && DIR/bin/pip install archetypes==0.12.2
    ARCHETYPES_PYTHON=DIR/bin/python python -m benchmarks.archetypes
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

# the package's Python need have no PyTorch: what needs it is imported where it is used

COUNT, FEATURES, ARCHETYPES, NOISE, SEED = 10_000, 50, 8, 0.1, 0
LARGE, SIDE, LARGE_ARCHETYPES, ITERATIONS = 60_000, 28, 10, 30
THEIRS = ("nnls", "pgd")
# What archetypes 0.12.2 left of a smaller set: `python -m benchmarks.archetypes known`, in its Python
KNOWN: dict[str, Any] = {
    "count": 1000,
    "features": 20,
    "archetypes": 5,
    "nnls": 181.9501606286423,
    "pgd": 179.88043445725998,
}


def mixed(count: int, features: int, archetypes: int) -> np.ndarray:
    """(count, features), mixtures with noise."""
    random = np.random.default_rng(SEED)
    z = random.normal(size=(archetypes, features))
    a = random.dirichlet(np.full(archetypes, 0.5), count)
    return a @ z + NOISE * random.normal(size=(count, features))


def theirs(method: str, x: np.ndarray, count: int) -> dict[str, float]:
    """Seconds, and what is left."""
    from archetypes import AA

    start = time.process_time()
    found = AA(count, method=method, init="furthest_sum", random_state=SEED).fit(x)
    return {"seconds": time.process_time() - start, "residual": float(found.rss_)}


def ours(method: str, wanted: float) -> dict[str, float]:
    """Seconds until no more is left than that."""
    import torch

    from lea.nn.archetypes.linear import Archetypes

    x = torch.from_numpy(mixed(COUNT, FEATURES, ARCHETYPES))
    torch.manual_seed(SEED)
    warm = Archetypes((FEATURES,), archetypes=ARCHETYPES)
    warm.place(x[:500])
    warm.improve(x[:500])  # what a library loads when it is first used
    start = time.process_time()
    model = Archetypes((FEATURES,), archetypes=ARCHETYPES)
    model.place(x)
    left, iterations = float("inf"), 0
    while left > wanted and iterations < 1000:
        left = float(model.improve(x, solver=method).losses.sum())
        iterations += 1
    return {"seconds": time.process_time() - start, "residual": left, "iterations": iterations}


def large(candidates: int | None) -> dict[str, float]:
    """Seconds of images that are as smooth as strokes, and what is left of one."""
    import torch

    from lea.nn.archetypes.linear import Archetypes

    generator = torch.Generator().manual_seed(SEED)
    base = torch.randn(64, 1, SIDE, SIDE, generator=generator)
    base = torch.nn.functional.avg_pool2d(base, 5, 1, 2).flatten(1)
    parts = torch.randn(LARGE, 64, generator=generator) * torch.linspace(3, 0.3, 64)
    x = (2 * parts @ (base / base.norm(dim=1, keepdim=True))).clamp(0, 1)
    torch.manual_seed(SEED)
    start = time.process_time()
    model = Archetypes((SIDE * SIDE,), archetypes=LARGE_ARCHETYPES)
    model.place(x, candidates=candidates)
    for _ in range(ITERATIONS):
        left = float(model.improve(x).losses.mean())
    return {"seconds": time.process_time() - start, "residual": left}


def main() -> None:
    """Print seconds and their ratios."""
    from benchmarks._rounds import measure_apart

    os.environ |= {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    python = os.environ.get("ARCHETYPES_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import archetypes"], capture_output=True).returncode:
        print(f"  no package to compare with in {python}{__doc__.rpartition('has it:')[2].rstrip()}")
    else:
        for method in THEIRS:
            found = measure_apart("benchmarks.archetypes", "theirs", method, python=python)
            print(f"  the package's {method}: {found['residual']:.2f} left, {found['seconds']:.2f} s")
            for solver in ("least-squares", "frank-wolfe"):
                its = measure_apart("benchmarks.archetypes", "ours", solver, str(found["residual"]))
                ratio = f"{its['seconds'] / found['seconds']:.2f} of its; target 1"
                said = ratio if its["residual"] <= found["residual"] else "its residual not reached"
                print(
                    f"    {solver}: {its['residual']:.2f} left after {its['iterations']} iterations and "
                    f"{its['seconds']:.2f} s, {said}"
                )
    for candidates in ("1000", "all"):
        its = measure_apart("benchmarks.archetypes", "large", candidates)
        print(
            f"  {LARGE:,} images over {candidates}: {its['residual']:.2f} left of one, {its['seconds']:.0f} s"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["known"]:
            x = mixed(KNOWN["count"], KNOWN["features"], KNOWN["archetypes"])
            print({method: theirs(method, x, KNOWN["archetypes"])["residual"] for method in THEIRS})
        case ["theirs", method]:
            print(json.dumps(theirs(method, mixed(COUNT, FEATURES, ARCHETYPES), ARCHETYPES)))
        case ["ours", method, wanted]:
            print(json.dumps(ours(method, float(wanted))))
        case ["large", candidates]:
            print(json.dumps(large(None if candidates == "all" else int(candidates))))
        case _:
            main()
