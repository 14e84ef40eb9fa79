"""Runs with LEAs against the run without that is like them otherwise: differences of medians after the last
epoch, with their intervals.

The baseline of a run is the one of the same analysis without LEAs of the same data set and target on as many
samples, and with a pool of the same window if it has one window only; a run that has no such baseline has no
row.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from lea.store import CONTRASTS
from lea.summary.endings import POINT, ends
from lea.summary.seeds import difference
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("metrics",)


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of metrics -> one row a run with a baseline, split and metric of the network."""
    runs = list(by_run(inputs))
    return pa.Table.from_pylist([row for run in runs for row in _contrasts(run, runs)], CONTRASTS)


def _contrasts(run: OfRun, runs: Sequence[OfRun]) -> Iterator[dict[str, object]]:
    baseline = baseline_of(run, runs)
    if baseline is None:
        return
    facts, theirs = run.facts(), dict(iter(ends(baseline.frame).groupby(POINT)["value"]))
    for key, values in ends(run.frame).groupby(POINT, sort=False)["value"]:
        if key in theirs:
            point = {"baseline": baseline.label} | dict(zip(POINT, key, strict=True))
            yield facts | point | difference(values.tolist(), theirs[key].tolist())


def baseline_of(run: OfRun, runs: Sequence[OfRun]) -> OfRun | None:
    """The run without LEAs that it is compared with; None: there is none."""
    return next((one for one in runs if _compared(run, one)), None)


def _compared(run: OfRun, other: OfRun) -> bool:
    ours, its = run.facts(), other.facts()
    same_window = its["window"] is None or its["window"] == ours["window"]
    same_task = all(run.spec.get(key) == other.spec.get(key) for key in ("dataset", "target"))
    without = its["autoencoder"] is None and ours["autoencoder"] is not None
    return without and same_task and same_window and its["samples"] == ours["samples"]
