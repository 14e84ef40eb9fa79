"""What searches came to: what pruning saved and cost, and whether searches agree on what they chose.

Of each search (a seed), and over all of them as the median with its interval: how many trials there were and
how they ended; `epochs trained`, `epochs to the end` (those of all trials had none been pruned; one that
diverged ends there) and the `share saved`; the `value` of the trial that was chosen.

A run with a baseline that draws the same trials and prunes none also has `baseline value`, `value lost`, by
how much the chosen trial is worse than the baseline's, and `same trial`: whether both chose one; over all
searches the share that did, with the interval of Clopper and Pearson (1934).

What was `chosen` of each parameter stands in `text`, over all searches side by side. Of numbers `spread` is
the range of what was chosen as a share of what could be, on the parameter's scale; of choices `agreement` is
the share of pairs of searches that chose alike. `chance` is the mean of the same over searches that choose
any of their trials.
"""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
from scipy import stats

from lea.errors import UserError
from lea.summary.agreement import choices
from lea.summary.seeds import LEVEL, describe
from lea.summary.tables import Inputs, OfRun, by_run

NEEDS = ("trials",)
STATES = ("complete", "pruned", "diverged")
SPACE = ["parameter", "scale", "low", "high"]
COLUMNS = {
    "seed": "int32",  # of the search; null: over all
    "searches": "int32",  # that have the quantity
    "quantity": "string",
    "parameter": "string",  # null: of the search as a whole
    "value": "float64",
    "low": "float64",  # of the interval over searches
    "high": "float64",
    "text": "string",
    "chance": "float64",
}


def summarise(inputs: Inputs) -> pa.Table:
    """Tables of trials -> one row a run, search and quantity, and one over all searches."""
    runs = {run.label: run for run in by_run(inputs, "trials", some=True)}
    rows = []
    for label, run in runs.items():
        other = runs.get(inputs.baselines.get(label, ""))
        found = [*_costs(run), *(_apart(run, other) if other else ()), *choices(run.frame)]
        rows += [{**run.facts, **dict.fromkeys(COLUMNS), **row} for row in found]
    return inputs.table_of_runs(rows, COLUMNS)


def _costs(run: OfRun) -> Iterator[dict[str, object]]:
    """What pruning saved."""
    trials = _trials(run)
    complete = trials["state"] == "complete"
    end = trials.loc[complete if complete.any() else slice(None), "epoch"].max()
    searches = trials.assign(end=trials["epoch"].where(trials["state"] == "diverged", end)).groupby("seed")
    trained, whole = searches["epoch"].sum(), searches["end"].sum()
    yield from _over("trials", searches.size())
    for state in STATES:
        yield from _over(state, searches["state"].agg(lambda states, one=state: (states == one).sum()))
    yield from _over("epochs trained", trained)
    yield from _over("epochs to the end", whole)
    yield from _over("share saved", 1 - trained / whole)
    chosen = _chosen(run)
    yield from _over("value", chosen["value"], "trial " + chosen["trial"].astype(str))


def _apart(run: OfRun, baseline: OfRun) -> Iterator[dict[str, object]]:
    """What pruning cost, against searches that trained the same trials to the end."""
    _check_alike(run, baseline)
    ours, theirs = _chosen(run), _chosen(baseline)
    both = ours.index.intersection(theirs.index)
    ours, theirs = ours.loc[both], theirs.loc[both]
    yield from _over("baseline value", theirs["value"], "trial " + theirs["trial"].astype(str))
    yield from _over("value lost", ours["value"] - theirs["value"])
    # What was drawn as well: a sampler that learns from its trials goes on otherwise after a pruned one.
    same = (ours["trial"] == theirs["trial"]) & (ours["drawn"] == theirs["drawn"])
    yield from _each("same trial", same, _endings(run, theirs["trial"]))
    share = stats.binomtest(int(same.sum()), len(same)).proportion_ci(LEVEL)
    its = {"value": float(same.mean()), "low": float(share.low), "high": float(share.high)}
    yield {"quantity": "same trial", "searches": len(same), **its}


def _check_alike(run: OfRun, baseline: OfRun) -> None:
    """Refuse to compare searches that have nothing in common."""
    whose = f"run '{run.label}' and its baseline '{baseline.label}'"
    spaces = [set(map(tuple, one.frame[SPACE].astype(str).to_numpy())) for one in (run, baseline)]
    other = sorted({parameter for parameter, *_ in spaces[0] ^ spaces[1]})
    if other:
        found = f"{whose} search different ranges of {', '.join(other)}"
        raise UserError(f"{found}; expected the same space; name another baseline")
    if not set(run.frame["seed"]) & set(baseline.frame["seed"]):
        raise UserError(f"{whose} have no seed in common; expected the same; name another baseline")


def _endings(run: OfRun, numbers: "pd.Series[int]") -> "pd.Series[str]":
    """What became of the trials with these numbers in the searches with these seeds."""
    trials = _trials(run).set_index(["seed", "trial"])
    its = trials.reindex(list(numbers.items()))
    words = [
        f"trial {trial} {state}" + (f" after epoch {epoch:g}" if state == "pruned" else "")
        for (_, trial), state, epoch in zip(its.index, its["state"], its["epoch"], strict=True)
    ]
    return pd.Series(words, numbers.index)


def _trials(run: OfRun) -> pd.DataFrame:
    """A row a trial."""
    return run.frame.drop_duplicates(["seed", "trial"])


def _chosen(run: OfRun) -> pd.DataFrame:
    """A row a search: its chosen trial, with all that was drawn for it."""
    chosen = run.frame[run.frame["chosen"]]
    drawn = chosen.sort_values("parameter").groupby("seed")["text"].agg(tuple).rename("drawn")
    return chosen.drop_duplicates("seed").set_index("seed").join(drawn)


def _over(quantity: str, values: pd.Series, texts: pd.Series | None = None) -> Iterator[dict[str, object]]:
    """A row a search, then one of all."""
    yield from _each(quantity, values, texts)
    told = describe(values.tolist())
    its = {"value": told["median"], "low": told["low"], "high": told["high"]}
    yield {"quantity": quantity, "searches": told["seeds"], **its}


def _each(quantity: str, values: pd.Series, texts: pd.Series | None = None) -> Iterator[dict[str, object]]:
    for seed, value in values.items():
        text = None if texts is None else texts[seed]
        yield {"seed": seed, "searches": 1, "quantity": quantity, "value": float(value), "text": text}
