"""Pruners: whether a trial goes on behind a rung, by what all trials of its batch, and of those before it,
came to there. Optuna's own decide, as if the trial were the last that came to the rung.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


WORST = sys.float_info.max  # instead of no number: a median between a number and infinity is none


class Pruner(ABC):
    """Says which trials end early."""

    LIBRARIES = {"optuna": "search"}

    @abstractmethod
    def made(self) -> "BasePruner":
        """Optuna's."""

    def step(self, rung: int) -> int:
        """What Optuna is told that a rung is, from 0."""
        return rung

    def prunes(self, own: Sequence[float], others: Sequence[Sequence[float]]) -> bool:
        """Whether a trial ends, by its values at each rung so far and those of the others, as far as these
        went.
        """
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(pruner=self.made())
        own, *others = ([min(value, WORST) for value in values] for values in (own, *others))
        for values in others:
            trial = study.ask()
            for rung, value in enumerate(values):
                trial.report(value, self.step(rung))
                trial.should_prune()  # some note who was there
            if values:
                study.tell(trial, values[-1])
        trial, pruned = study.ask(), False
        for rung, value in enumerate(own):
            trial.report(value, self.step(rung))
            pruned = bool(trial.should_prune())
        return pruned


class Median(Pruner):
    """Ends a trial whose best so far is worse than the median of the others at this rung."""

    def made(self) -> "BasePruner":
        """Without a start in which nobody is pruned: all are there."""
        from optuna.pruners import MedianPruner

        return MedianPruner(n_startup_trials=0)


class Percentile(Pruner):
    """Ends a trial whose best so far is not among the best `keep` percent of the others at this rung."""

    LIMITS = {"keep": (0, 100)}

    def __init__(self, *, keep: float = 25.0) -> None:
        self.keep = keep

    def made(self) -> "BasePruner":
        """Likewise."""
        from optuna.pruners import PercentilePruner

        return PercentilePruner(self.keep, n_startup_trials=0)


class SuccessiveHalving(Pruner):
    """Ends all but the best of `reduction` at each rung, whatever the epochs between (Jamieson and Talwalkar
    2016).
    """

    LIMITS = {"reduction": (2, 1000)}

    def __init__(self, *, reduction: int = 3) -> None:
        self.reduction = reduction

    def made(self) -> "BasePruner":
        """Its first rung at step 1, the next at `reduction` times as much."""
        from optuna.pruners import SuccessiveHalvingPruner

        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=self.reduction)

    def step(self, rung: int) -> int:
        """Powers."""
        return self.reduction**rung
