"""How much each hyper-parameter matters to what a search minimises, by Optuna's evaluators, for each search
and over all of them as the median with its interval.

`fanova` (Hutter et al. 2014) is the share of the variance over the space that a parameter alone accounts for,
by a forest of 64 trees; what all lack to 1 is their interactions'. `ped-anova` (Watanabe et al. 2023) is how
far the parameter is from any value among the best trials, a tenth but at least five of them, as a share of
the sum over parameters.

Of which trials: those that were trained to the end, as Optuna does, or by `epoch` all that got so far, by
their value then. Trials that were pruned are the worse ones, and are missed in the first; ones that diverged
have no value, and are missed in both. A parameter that only some trials draw is left out by Optuna's fANOVA:
here it is read beside the others from the trials that have it, whose number stands in `trials`, and its
share is one of the variance of these. PED-ANOVA reads it from all (Conditional PED-ANOVA, 2026), where being
drawn at all is another parameter's merit.

Deviation: a parameter on a logarithmic scale is given as its logarithm, because Optuna's fANOVA takes all
ranges for linear, so that of 1e-5 to 1e-1 nine tenths are the last decade: of a parameter that makes half of
the variance it says 0.1.

`chance` is the largest importance when values are dealt to the trials anew, 19 times: one that means nothing
is above it in one case of twenty. With twenty trials that is no small number.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from lea.errors import UserError
from lea.summary.evaluators import EVALUATORS, Dimension, Point, Space, Told
from lea.summary.seeds import describe
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("trials", "histories")
LIBRARIES = {"optuna": "search", "sklearn": "search"}
LIMITS = {"epoch": (1,)}
COLUMNS = {
    "evaluator": "string",  # fanova, ped-anova
    "parameter": "string",
    "conditional": "bool",  # some trials do not draw it
    "seed": "int32",  # of the search; null: over all
    "searches": "int32",  # that tell it
    "trials": "int32",  # that it is read from; over all searches their median
    "importance": "float64",  # null: of too few trials, or ones that are all alike
    "low": "float64",  # of the interval over searches
    "high": "float64",
    "chance": "float64",
}


def summarise(inputs: Inputs, *, epoch: int | None = None) -> pa.Table:
    """Tables of trials -> one row a run, evaluator, parameter and search, and one over all searches."""
    histories = {run.label: run for run in by_run(inputs, "histories", some=True)}
    rows = []
    for run in by_run(inputs, "trials", some=True):
        space, its = _space(run.frame), _valued(run, histories[run.label], epoch)
        seeds = sorted(run.frame["seed"].unique().tolist())
        rows += [{**run.facts, **row} for row in _rows(space, its, seeds)]
    return inputs.table_of_runs(rows, COLUMNS)


def _space(trials: pd.DataFrame) -> Space:
    """All parameters with what can be drawn."""
    return {parameter: _dimension(rows) for parameter, rows in trials.groupby("parameter", sort=False)}


def _dimension(rows: pd.DataFrame) -> Dimension:
    conditional = bool((rows["text"] == "").any())
    scale = rows["scale"].iloc[0]
    if scale == "choice":
        choices = tuple(text for text in rows["text"].unique() if text)
        return Dimension(choices=choices, conditional=conditional)
    ends = np.array([rows["low"].min(), rows["high"].max()])
    low, high = np.log(ends) if scale == "log" else ends
    return Dimension(float(low), float(high), conditional=conditional)


def _valued(run: OfRun, history: OfRun, epoch: int | None) -> pd.DataFrame:
    """The trials that have a value, with it."""
    trials = run.frame
    if epoch is None:
        trials = trials[trials["state"] == "complete"]
    else:
        then = history.frame[history.frame["epoch"] == epoch]
        if then.empty:
            longest = history.frame["epoch"].max()
            found = f"epoch {epoch}: no trial of run '{run.label}' got so far"
            raise UserError(f"{found}; expected {longest} at most")
        trials = trials.drop(columns=["value", "epoch"]).merge(then.drop(columns="run"), on=["seed", "trial"])
    return trials[np.isfinite(trials["value"])]


def _rows(space: Space, trials: pd.DataFrame, seeds: Sequence[int]) -> Iterator[dict[str, object]]:
    searches = {seed: _points(trials[trials["seed"] == seed], space) for seed in seeds}
    for name, evaluator in EVALUATORS.items():
        told = {seed: dict(evaluator(space, points, values)) for seed, (points, values) in searches.items()}
        for parameter, one in space.items():
            key = {"evaluator": name, "parameter": parameter, "conditional": one.conditional}
            its = {seed: of_search[parameter] for seed, of_search in told.items()}
            for seed, found in its.items():
                yield {**key, "seed": seed, **_of_search(found)}
            yield {**key, "seed": None, **_over(list(its.values()))}


def _points(trials: pd.DataFrame, space: Space) -> tuple[list[Point], np.ndarray]:
    """What the trials of one search drew, and their values."""
    points: dict[int, dict[str, float | str]] = {}
    values: dict[int, float] = {}
    for row in trials.to_dict("records"):
        values[row["trial"]] = row["value"]
        its = points.setdefault(row["trial"], {})
        if row["text"]:
            drawn = float(np.log(row["number"])) if row["scale"] == "log" else row["number"]
            its[row["parameter"]] = row["text"] if space[row["parameter"]].choices else drawn
    return list(points.values()), np.array(list(values.values()))


def _of_search(told: Told) -> dict[str, object]:
    known = bool(np.isfinite(told.importance))
    return {
        "searches": int(known),
        "trials": told.trials,
        "importance": told.importance if known else None,
        "low": None,
        "high": None,
        "chance": float(told.dealt.max()) if known else None,
    }


def _over(searches: Sequence[Told]) -> dict[str, object]:
    """The median with its interval, and the largest median of what was dealt anew in all searches."""
    known = [told for told in searches if np.isfinite(told.importance)]
    over = describe([told.importance for told in known])
    dealt = np.median([told.dealt for told in known], axis=0) if known else None
    return {
        "searches": len(known),
        "trials": int(np.median([told.trials for told in searches])),
        "importance": over["median"] if known else None,
        "low": over["low"] if known else None,
        "high": over["high"] if known else None,
        "chance": float(dealt.max()) if dealt is not None else None,
    }
