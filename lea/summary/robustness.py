"""What each attack comes to on each run, and what a run differs by from the one that it is compared with
(Sec. 4.6).

`success` is the share of the attacked images, those that the network gets right, for which an adversarial was
found; `distance` the mean over the finds of the mean square difference, `median distance` their median. Where
few are found, distances are of the easiest images alone: `attacked` and `found` stand beside them. `literal
success` and `literal distance` count as foolbox 1.8.0 returned it: an image that is wrong from the start is a
find at distance 0. `relative` is the difference of the medians over the root mean square of such differences
of all runs that learnt their task under the same attack, as the source has it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lea.summary.attacked import attacked
from lea.summary.seeds import describe, difference
from lea.summary.tables import Inputs

NEEDS = ("attacks", "metrics")
POINT = ["family", "protocol", "attack", "metric"]
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
Values = Mapping[tuple[str, ...], pd.Series]  # of each attack and metric, one a seed


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of attacks -> one row a run, attack and metric."""
    facts, values = {}, {}
    for run, its in attacked(inputs):
        facts[run.label] = its
        values[run.label] = dict(iter(measured(run.frame).groupby(POINT, sort=False)["value"]))
    rows = []
    for label, known in facts.items():
        baseline = inputs.baselines.get(label)
        compared = {"baseline": baseline, "baseline_learnt": facts[baseline]["learnt"] if baseline else None}
        theirs = values[baseline] if baseline else {}
        rows += [known | compared | row for row in _rows(values[label], theirs)]
    _add_relative(rows)
    return inputs.table_of_runs(rows, COLUMNS)


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


def _rows(run: Values, baseline: Values) -> Iterator[dict[str, Any]]:
    for key, ours in run.items():
        theirs = baseline[key].tolist() if key in baseline else []
        apart = difference(ours.tolist(), theirs)
        if min(np.isfinite(values).sum() for values in (ours, theirs)) < 2:  # one value has no spread
            apart |= {"low": np.nan, "high": np.nan}
        yield {
            **dict(zip(POINT, key, strict=True)),
            **describe(ours.tolist()),
            "difference": apart["difference"],
            "difference_low": apart["low"],
            "difference_high": apart["high"],
        }


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """A run's images under attack -> one row a seed, attack and metric."""
    rows = []
    for (seed, *attack), images in frame.groupby(["seed", *POINT[:3]], sort=False):
        known = {"seed": seed, **dict(zip(POINT[:3], attack, strict=True))}
        rows += [known | {"metric": metric, "value": value} for metric, value in _metrics(images).items()]
    return pd.DataFrame(rows)


def _metrics(images: pd.DataFrame) -> dict[str, float]:
    attacked = images[images["status"] != "not attacked"]
    finds = attacked[attacked["success"]]
    wrong = len(images) - len(attacked)
    literal = wrong + len(finds)
    count = len(attacked) or np.nan
    return {
        "attacked": len(attacked),
        "found": len(finds),
        "failed": int((attacked["status"] == "failed").sum()),
        "errors": int((attacked["status"] == "error").sum()),
        "success": len(finds) / count,
        "confirmed": int(finds["confirmed"].sum()) / count,
        "distance": finds["distance"].mean(),
        "median distance": finds["distance"].median(),
        "literal success": literal / len(images),
        "literal distance": finds["distance"].sum() / literal if literal else np.nan,
        "queries": attacked["queries"].mean(),
        "gradients": attacked["gradients"].mean(),
        "seconds": attacked["seconds"].mean(),
    }
