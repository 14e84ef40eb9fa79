"""What each attack comes to on each run, and what a run differs by from the one without LEAs (Sec. 4.6).

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

from lea.store import ROBUSTNESS
from lea.summary.attacked import attacked
from lea.summary.contrasts import baseline_of
from lea.summary.seeds import describe, difference
from lea.summary.tables import Inputs

NEEDS = ("attacks", "metrics")
POINT = ["family", "protocol", "attack", "metric"]


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of attacks -> one row a run, attack and metric."""
    known = list(attacked(inputs))
    runs, facts = [run for run, _ in known], {run.label: its for run, its in known}
    values = {run.label: dict(iter(measured(run.frame).groupby(POINT, sort=False)["value"])) for run in runs}
    rows = []
    for run in runs:
        baseline = baseline_of(run, runs)
        theirs = baseline.label if baseline else None
        its = {"baseline": theirs, "baseline_learnt": facts[theirs]["learnt"] if theirs else None}
        rows += [
            facts[run.label] | its | row for row in _rows(values[run.label], values.get(theirs or "", {}))
        ]
    apart: dict[tuple[object, object], list[float]] = {}
    for row in rows:
        if row["learnt"]:
            apart.setdefault((row["attack"], row["metric"]), []).append(row["difference"])
    for row in rows:
        row["relative"] = _over(row["difference"], apart.get((row["attack"], row["metric"]), []))
    return pa.Table.from_pylist(rows, ROBUSTNESS)


def _over(difference: float, all_of_them: list[float]) -> float:
    size = np.sqrt(np.nanmean(np.square(all_of_them))) if np.isfinite(all_of_them).any() else np.nan
    return float(difference / size) if size else difference


def _rows(
    values: Mapping[tuple[str, ...], pd.Series], baseline: Mapping[tuple[str, ...], pd.Series]
) -> Iterator[dict[str, Any]]:
    for key, found in values.items():
        row = dict(zip(POINT, key, strict=True)) | describe(found.tolist())
        theirs = baseline[key].tolist() if key in baseline else []
        apart = difference(found.tolist(), theirs)
        if min(np.isfinite(one).sum() for one in (found, theirs)) < 2:  # one value has no spread
            apart |= {"low": np.nan, "high": np.nan}
        yield row | {
            "difference": apart["difference"],
            "difference_low": apart["low"],
            "difference_high": apart["high"],
        }


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """A run's images under attack -> one row a seed, attack and metric."""
    found = []
    for (seed, *attack), images in frame.groupby(["seed", *POINT[:3]], sort=False):
        known = dict(zip(POINT[:3], attack, strict=True)) | {"seed": seed}
        found += [known | {"metric": metric, "value": value} for metric, value in _metrics(images).items()]
    return pd.DataFrame(found)


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
