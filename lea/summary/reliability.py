"""Whether a run's robustness may only be a masked gradient, from its images under attack.

`attacked`: the share of images that are, since the network gets them right. `blind`: the share of those at
which the cross entropy has no finite gradient, or none but zero; `falling`: at which a step along it does
not bring another class closer; `beaten`: for which a decision-based attack, which sees no gradient, found
what every gradient attack missed, or found it closer (Carlini et al. 2019), those of 1.8.0 alone or with
the corrected ones. More than `limit` of one of these three, beyond chance, flags the run: its success rates
say little. `margin` is the mean lead of the label in nats: beyond 16 or so the cross entropy in float32 is
flat. `worst success` and `worst distance` are of the closest find over all attacks, image by image.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from lea.summary.attacked import attacked, beyond
from lea.summary.seeds import describe
from lea.summary.tables import Inputs, OfRun

NEEDS = ("attacks", "metrics")
SIGNS = ("blind", "falling", "beaten")
LIMITS = {"limit": (0, 1)}
COLUMNS = {
    "accuracy": "float64",  # of the whole test set, after training; median over the seeds
    "learnt": "bool",  # better than the commonest label, beyond chance
    "protocol": "string",  # whose gradient attacks; null: it is of the network alone
    "metric": "string",
    "seeds": "int32",
    "median": "float64",
    "minimum": "float64",
    "maximum": "float64",
    "low": "float64",  # of the interval for the median
    "high": "float64",
    "limit": "float64",  # a share above it says that the gradient is masked; null: it says nothing
    "flagged": "bool",
}


def summarise(inputs: Inputs, *, limit: float = 0.05) -> pa.Table:
    """Tables of attacks -> one row a run and metric, and for some of them protocol."""
    rows = [facts | row for run, facts in attacked(inputs) for row in _rows(run, limit)]
    return inputs.table_of_runs(rows, COLUMNS)


def _rows(run: OfRun, limit: float) -> Iterator[dict[str, object]]:
    sizes = run.frame[run.frame["status"] != "not attacked"].groupby("seed")["sample"].nunique()
    limit = beyond(limit, sizes.median()) if len(sizes) else limit
    of_seeds = pd.DataFrame(
        [row for seed, images in run.frame.groupby("seed") for row in _of_seed(int(seed), images)]
    )
    for (protocol, metric), values in of_seeds.groupby(["protocol", "metric"], sort=False, dropna=False):
        over_seeds = describe(values["value"].tolist())
        sign = metric in SIGNS
        yield (
            {"protocol": None if pd.isna(protocol) else protocol, "metric": metric}
            | {"limit": limit if sign else None, "flagged": sign and over_seeds["median"] > limit}
            | over_seeds
        )


def _of_seed(seed: int, images: pd.DataFrame) -> Iterator[dict[str, object]]:
    tried = images[images["status"] != "not attacked"]
    alone = tried.drop_duplicates("sample")
    blind = ~np.isfinite(alone["slope"]) | (alone["slope"] == 0)
    closest = tried["distance"].fillna(np.inf).groupby(tried["sample"]).min()
    values = {
        "attacked": len(alone) / images["sample"].nunique(),
        "margin": alone["margin"].mean(),
        "blind": blind.mean(),
        "falling": (~alone["rises"]).mean(),
        "worst success": np.isfinite(closest).mean(),
        "worst distance": closest[np.isfinite(closest)].mean(),
    }
    for metric, value in values.items():
        yield {"seed": seed, "protocol": None, "metric": metric, "value": value}
    for protocol, share in _beaten(tried).items():
        yield {"seed": seed, "protocol": protocol, "metric": "beaten", "value": share}


def _beaten(tried: pd.DataFrame) -> dict[str, float]:
    """By protocol, the share of images on which its gradient attacks were beaten, the source's with them."""
    distances = tried["distance"].fillna(np.inf)
    decisions = tried[tried["family"] == "decision"]
    theirs = distances[decisions.index].groupby(decisions["sample"]).min()
    shares = {}
    by_gradient = tried.groupby("attack")["gradients"].transform("sum") > 0  # 1.8.0's SLSQP asks for none
    gradients = tried[(tried["family"] == "gradient") & by_gradient]
    for protocol in gradients["protocol"].unique() if len(theirs) else ():
        ours = gradients[gradients["protocol"].isin(["source", protocol])]
        best = distances[ours.index].groupby(ours["sample"]).min()
        shares[str(protocol)] = float((theirs.reindex(best.index) < best).mean())
    return shares
