"""What two summaries of attacks share: a run's images under attack, and whether it learnt its task at all."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from lea.summary.tables import Inputs, OfRun, by_run

BEYOND = 3  # standard errors of a share


def attacked(inputs: Inputs) -> Iterator[tuple[OfRun, dict[str, Any]]]:
    """Each run with its images under attack, and what is known of it: its facts, and whether it learnt."""
    for run, training in zip(by_run(inputs, "attacks"), by_run(inputs, "metrics"), strict=True):
        yield run, {**run.facts, **learning(training.frame, run.record["labels"])}


def learning(metrics: pd.DataFrame, labels: Sequence[int]) -> dict[str, Any]:
    """The median test accuracy, and whether it beats always saying the commonest label, beyond chance."""
    chosen = (metrics["metric"] == "accuracy") & (metrics["split"] == "test")
    tested = metrics[chosen & (metrics["part"] == "network")]
    accuracy = tested[tested["epoch"] == tested["epoch"].max()]["value"].median()
    common = max(labels) / sum(labels)
    return {"accuracy": accuracy, "learnt": bool(accuracy > beyond(common, sum(labels)))}


def beyond(share: float, count: float) -> float:
    """The least share of so many that is more than this one, and not by chance."""
    return share + BEYOND * math.sqrt(share * (1 - share) / count)
