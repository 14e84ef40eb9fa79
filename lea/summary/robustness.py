"""What each attack comes to on each run, and what a run differs by from the one that it is compared with
(Sec. 4.6).

`success` is the share of the attacked images, those that the network gets right, for which an adversarial was
found; `distance` the mean over the finds of the mean square difference, `median distance` their median. Where
few are found, distances are of the easiest images alone: `attacked` and `found` stand beside them. `literal
success` and `literal distance` count as foolbox 1.8.0 returned it: an image that is wrong from the start is a
find at distance 0. `relative` is the difference of the medians over the root mean square of such differences
of all runs that learnt their task under the same attack, as the source has it. Intervals allow for other
seeds and other images (`lea/summary/images.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lea.summary.attacked import attacked
from lea.summary.images import drawn_images, of_images, shares, weighted_medians
from lea.summary.seeds import interval, medians, ranged
from lea.summary.tables import Inputs

NEEDS = ("attacks", "metrics")
ATTACK = ["family", "protocol", "attack"]
METRICS: Mapping[str, tuple[str, str | None]] = {  # what is summed over images, over which sum
    "attacked": ("attacked", None),
    "found": ("found", None),
    "failed": ("failed", None),
    "errors": ("error", None),
    "success": ("found", "attacked"),
    "confirmed": ("confirmed", "attacked"),
    "distance": ("distance", "found"),
    "median distance": ("distance", "found"),  # their median
    "literal success": ("literal", "shown"),
    "literal distance": ("distance", "literal"),
    "queries": ("queries", "attacked"),
    "gradients": ("gradients", "attacked"),
    "seconds": ("seconds", "attacked"),
}
COLUMNS = {
    "accuracy": "float64",  # of the whole test set, after training; median over the seeds
    "learnt": "bool",  # better than the commonest label, beyond chance
    "family": "string",
    "protocol": "string",
    "attack": "string",
    "metric": "string",
    "seeds": "int32",
    "median": "float64",
    "minimum": "float64",
    "maximum": "float64",
    "low": "float64",  # of the interval for the median
    "high": "float64",
    "baseline": "string",  # the label of the run that it is compared with; null: there is none
    "baseline_learnt": "bool",
    "difference": "float64",  # of the medians
    "difference_low": "float64",
    "difference_high": "float64",
    "relative": "float64",  # the difference over the runs' root mean square difference
}
Values = Mapping[tuple[str, ...], np.ndarray]
COUNTED = tuple(dict.fromkeys(name for of in METRICS.values() for name in of if name))


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of attacks -> one row a run, attack and metric."""
    facts, under = {}, {}
    for run, its in attacked(inputs):
        facts[run.label], under[run.label] = its, _counted(run.frame)
    samples = sorted({sample for images in under.values() for sample in images["sample"]})
    drawn = np.concatenate([np.ones((1, len(samples))), drawn_images(len(samples))])
    values = {label: _values(under[label], samples, drawn) for label in set(inputs.baselines.values())}
    rows = []
    for label, known in facts.items():
        baseline = inputs.baselines.get(label)
        compared = {"baseline": baseline, "baseline_learnt": facts[baseline]["learnt"] if baseline else None}
        theirs = values[baseline] if baseline else {}
        ours = values[label] if label in values else _values(under[label], samples, drawn)
        rows += [known | compared | row for row in _rows(ours, theirs)]
    _add_relative(rows)
    return inputs.table_of_runs(rows, COLUMNS)


def _counted(images: pd.DataFrame) -> pd.DataFrame:
    """What metrics sum, beside each image; of one that was not attacked only that it is wrong counts."""
    attacked = images["status"] != "not attacked"
    found = attacked & images["success"]
    counts = {
        "shown": 1,
        "attacked": attacked,
        "found": found,
        "literal": ~attacked | found,
        "confirmed": found & (images["confirmed"].fillna(False).astype(bool)),
        "failed": attacked & (images["status"] == "failed"),
        "error": attacked & (images["status"] == "error"),
        "distance": images["distance"].where(found, 0),
        **{name: images[name].where(attacked, 0) for name in ("queries", "gradients", "seconds")},
    }
    return images[["seed", "sample", *ATTACK]].assign(**counts)


def _values(images: pd.DataFrame, samples: Sequence[int], drawn: np.ndarray) -> Values:
    """Of each attack and metric (1 + draws of images, seeds): first the images as they are."""
    values = {}
    for key, rows in images.groupby(ATTACK, sort=False):
        arrays = of_images(rows, COUNTED, samples)
        sums = {name: drawn @ array.T for name, array in arrays.items()}
        for metric, (over, under) in METRICS.items():
            values[*key, metric] = shares(sums[over], sums[under]) if under else sums[over]
        values[*key, "median distance"] = weighted_medians(arrays["distance"], arrays["found"], drawn)
    return values


def _rows(run: Values, baseline: Values) -> Iterator[dict[str, object]]:
    for key, ours in run.items():
        point = dict(zip((*ATTACK, "metric"), key, strict=True))
        yield {**point, **_compared(ours, baseline.get(key, ours[:, :0]))}


def _compared(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """(1 + draws, seeds) of a run, and of the one that it is compared with -> its columns."""
    ours, theirs = _known(ours), _known(theirs)
    row, other = ranged(ours[0]), ranged(theirs[0])
    again = medians(ours[1:], "first")
    row["low"], row["high"] = interval(again)
    row["difference"] = row["median"] - other["median"]
    several = min(row["seeds"], other["seeds"]) > 1  # one seed has no spread
    ends = interval(again - medians(theirs[1:], "second")) if several else (np.nan, np.nan)
    row["difference_low"], row["difference_high"] = ends
    return row


def _known(values: np.ndarray) -> np.ndarray:
    """Those of seeds with a value for the images as they are, in its order: that of seeds says nothing."""
    known = values[:, np.isfinite(values[0])]
    return known[:, np.lexsort((np.nansum(known, axis=0), known[0]))]  # the draws tell equal ones apart


def _add_relative(rows: list[dict[str, Any]]) -> None:
    apart: dict[tuple[object, object], list[float]] = {}
    for row in rows:
        if row["learnt"]:
            apart.setdefault((row["attack"], row["metric"]), []).append(row["difference"])
    for row in rows:
        row["relative"] = _over(row["difference"], apart.get((row["attack"], row["metric"]), []))


def _over(difference: float, all_of_them: list[float]) -> float:
    size = np.sqrt(np.nanmean(np.square(all_of_them))) if np.isfinite(all_of_them).any() else np.nan
    return float(difference / size) if size else difference
