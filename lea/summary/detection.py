"""How well detectors set outliers apart, over the seeds, and each beside the detector `against`: that of the
baseline, or of the run itself where it has none.

Intervals allow for other seeds and other samples: what the metric `detection`, or `adversarial-detection`,
noted as the error over samples that are drawn again is added to what seeds are drawn for. Of a difference it
is as if both had been tested on samples of their own: where the same are hard for both, its interval is too
wide.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lea.errors import UserError
from lea.summary.seeds import describe, difference
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("measures",)
MEASURES, ERROR = ("detection", "adversarial-detection"), " error"
COLUMNS = {
    "detector": "string",
    "outliers": "string",  # the role of their table
    "metric": "string",
    "seeds": "int32",
    "median": "float64",
    "minimum": "float64",
    "maximum": "float64",
    "low": "float64",  # of the interval for the median
    "high": "float64",
    "against": "string",  # the label of the run whose detector it is compared with; null: it has none
    "difference": "float64",  # of the medians
    "difference_low": "float64",
    "difference_high": "float64",
}
APART = ("against", "difference", "difference_low", "difference_high")
Key = tuple[str, str, str]  # detector, outliers, metric


@dataclass(frozen=True, slots=True)
class Values:
    """Of a metric."""

    of_seeds: list[float]
    error: float  # over samples, 0 where none was noted


def summarise(inputs: Inputs, *, against: str = "likelihood") -> pa.Table:
    """Tables of measurements -> one row a run, detector, table of outliers and metric."""
    runs = {run.label: run for run in by_run(inputs, "measures", some=True)}
    found = {label: _values(run) for label, run in runs.items()}
    rows = []
    for label, its in found.items():
        other = inputs.baselines.get(label, label)
        rows += [{**runs[label].facts, **row} for row in _rows(its, found.get(other, {}), other, against)]
    return inputs.table_of_runs(rows, COLUMNS)


def _values(run: OfRun) -> Mapping[Key, Values]:
    frame = run.frame[run.frame["measure"].isin(MEASURES)]
    twice = frame[frame.duplicated(["seed", "part", "split", "metric"])]
    if len(twice):
        first = twice.iloc[0]
        found = f"two measures of '{first['part']}' and outliers '{first['split']}'"
        raise UserError(f"{found} of one run and seed; expected one; ask for each detector once")
    noted = {
        (str(detector), str(outliers), str(metric)): values.tolist()
        for (detector, outliers, metric), values in frame.groupby(["part", "split", "metric"], sort=False)[
            "value"
        ]
    }
    errors = {key: float(np.sqrt(np.mean(np.square(values)))) for key, values in noted.items()}
    return {
        key: Values(values, errors.get((*key[:2], key[2] + ERROR), 0.0))
        for key, values in noted.items()
        if not key[2].endswith(ERROR)
    }


def _rows(
    its: Mapping[Key, Values], theirs: Mapping[Key, Values], label: str, against: str
) -> Iterator[dict[str, object]]:
    for key, ours in its.items():
        row: dict[str, object] = dict(zip(("detector", "outliers", "metric"), key, strict=True))
        row |= _within(describe(ours.of_seeds, error=ours.error), ours)
        row |= dict.fromkeys(APART)
        other = theirs.get((against, *key[1:]))
        if other is not None and ours is not other:
            error = float(np.hypot(ours.error, other.error))
            apart = difference(ours.of_seeds, other.of_seeds, error=error)
            row |= {"against": label, "difference": apart["difference"]}
            row |= {f"difference_{end}": apart[end] for end in ("low", "high")}
        yield row


def _within(described: dict[str, float], values: Values) -> dict[str, float]:
    """With an interval of shares cut at what a share can be."""
    if not values.error:
        return described
    return described | {end: float(np.clip(described[end], 0, 1)) for end in ("low", "high")}
