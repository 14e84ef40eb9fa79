"""Responses: what a run and seed came to, as one number each.

`test loss` is a metric of the network after the last epoch, on test samples (or `train`, `held-out`); `gap
loss` what it is more on test samples than in training; `seconds` those of an epoch, without its tests;
`samples distance` what was measured, of the part that the first word names.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lea.errors import UserError
from lea.summary.endings import ends
from lea.summary.tables import Inputs, by_run

TABLES = ("metrics", "times", "measures")  # what a summary of these needs
SPLITS = ("train", "test", "held-out")
SECONDS, GAP = "seconds", "gap"


def observe(
    inputs: Inputs, responses: Sequence[str] | None, where: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """A row a run, seed and response that the run has: the facts of the run, `seed`, `response`, `value`.
    None: all responses but those of training and of held-out samples, whatever they are.

    `where`: columns, and the value that runs have there, or a list of those that they may have.
    """
    allowed = {name: one if isinstance(one, list | tuple) else [one] for name, one in (where or {}).items()}
    for column in allowed:
        if column not in inputs.facts:
            raise UserError(f"where: no column '{column}'; expected one of {', '.join(inputs.facts)}")
    kinds = {need: {run.label: run for run in by_run(inputs, need, some=True)} for need in TABLES}
    rows, known = list[dict[str, object]](), dict[str, None]()
    for label in inputs.labels:
        facts = inputs.facts_of(label)
        if any(facts[column] not in values for column, values in allowed.items()):
            continue
        tables = {need: of_need[label].frame for need, of_need in kinds.items() if label in of_need}
        if "metrics" in tables:
            tables["metrics"] = ends(tables["metrics"])  # once, however many responses ask for them
        its = dict.fromkeys(_known(tables))
        known |= its
        for response in its if responses is None else responses:
            values = _values(tables, response)
            if responses is not None:
                values = _checked(values, f"response '{response}' of run '{label}'")
            rows += (
                {**facts, "seed": seed, "response": response, "value": one} for seed, one in values.items()
            )
    found = pd.DataFrame(rows, columns=[*inputs.facts, "seed", "response", "value"])
    for response in responses or ():
        if response not in set(found["response"]):
            raise UserError(f"response '{response}': no run has it; expected one of {', '.join(known)}")
    return found


def _checked(values: pd.Series, what: str) -> pd.Series:
    """One finite number a seed."""
    if values.index.duplicated().any():
        raise UserError(f"{what}: two measurements give it; expected one; rename one's metric")
    strange = values[~np.isfinite(values)]
    if len(strange):
        found = f"{what}, seed {strange.index[0]}: {strange.iloc[0]}"
        raise UserError(f"{found}; expected a finite number; leave the run out by `where`")
    return values


def _values(tables: Mapping[str, pd.DataFrame], response: str) -> pd.Series:
    part, _, metric = response.partition(" ")
    if response == SECONDS:
        return tables["times"].groupby("seed")["seconds"].mean()
    if part == GAP:
        return (_ending(tables, "test", metric) - _ending(tables, "train", metric)).dropna()
    if part in SPLITS:
        return _ending(tables, part, metric)
    return _measured(tables, part, metric)


def _ending(tables: Mapping[str, pd.DataFrame], split: str, metric: str) -> pd.Series:
    last = tables["metrics"]
    chosen = (last["part"] == "network") & (last["split"] == split) & (last["metric"] == metric)
    return last[chosen].set_index("seed")["value"]


def _measured(tables: Mapping[str, pd.DataFrame], part: str, metric: str) -> pd.Series:
    if "measures" not in tables:
        return pd.Series(dtype=float)
    measures = tables["measures"]
    return measures[(measures["part"] == part) & (measures["metric"] == metric)].set_index("seed")["value"]


def _known(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """All but those of training and of samples held out."""
    if "times" in tables:
        yield SECONDS
    if "metrics" in tables:
        of_network = tables["metrics"][tables["metrics"]["part"] == "network"]
        yield from (
            f"{split} {metric}" for metric in of_network["metric"].unique() for split in ("test", GAP)
        )
    if "measures" in tables:
        named = tables["measures"][["part", "metric"]].drop_duplicates()
        yield from (f"{part} {metric}" for part, metric in named.itertuples(index=False))
