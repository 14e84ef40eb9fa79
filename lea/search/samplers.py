"""Samplers: which values the trials of a search have. What a sampler draws follows from the search, its seed
and, for one that learns from them, from what earlier trials came to: not from which job asks, or when.

An option `batch` says of how many trials one draws at once; without it, of all.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lea.search.space import values_of
from lea.search.told import Told
from lea.study.filling import Values, drawn, named
from lea.study.spec import Dimension, Search

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A trial of an earlier batch."""

    values: Values
    told: Told


class Sampler(ABC):
    """Draws a batch of trials."""

    @abstractmethod
    def draw(self, search: Search, count: int, seed: int, past: Sequence[Tried]) -> list[Values]:
        """So many trials; `past` are those of earlier batches, in order."""


class Random(Sampler):
    """Every value of its own, evenly over its range or choices."""

    def draw(self, search: Search, count: int, seed: int, past: Sequence[Tried]) -> list[Values]:
        """A row of random numbers a trial."""
        points = np.random.default_rng(seed).random((count, len(search.space)))
        return [values_of(search.space, point) for point in points]


class QuasiRandom(Sampler):
    """Sobol's points, scrambled, which leave no part of the space empty."""

    def draw(self, search: Search, count: int, seed: int, past: Sequence[Tried]) -> list[Values]:
        """The first so many of a sequence."""
        from scipy.stats import qmc

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The balance properties", UserWarning)  # of a power of 2
            points = qmc.Sobol(len(search.space), rng=np.random.default_rng(seed)).random(count)
        return [values_of(search.space, point) for point in points]


class TPE(Sampler):
    """Optuna's tree-structured Parzen estimator (Bergstra et al. 2011), a batch at a time: a trial learns
    from those of earlier batches, and keeps away from those before it in its own. Until `startup` have
    ended, batches are random.
    """

    LIBRARIES = {"optuna": "search"}
    LIMITS = {"batch": (1, 100_000), "startup": (0, 100_000)}

    def __init__(self, *, batch: int = 5, startup: int = 10) -> None:
        self.startup = startup

    def draw(self, search: Search, count: int, seed: int, past: Sequence[Tried]) -> list[Values]:
        """What the estimator proposes."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                n_startup_trials=self.startup, constant_liar=True, seed=seed % 2**32
            )
        study = optuna.create_study(sampler=sampler)
        study.add_trials([finished(search, one) for one in past])
        return [_asked(study, search.space) for _ in range(count)]


def finished(search: Search, tried: Tried) -> "optuna.trial.FrozenTrial":
    """A trial as Optuna has one that ended."""
    import optuna

    made = {one.key: _distribution(one) for one in search.space if one.key in tried.values}
    states = optuna.trial.TrialState
    state = {"complete": states.COMPLETE, "pruned": states.PRUNED}.get(tried.told.state, states.FAIL)
    return optuna.trial.create_trial(
        state=state,
        value=None if state == states.FAIL else tried.told.last,
        params={key: _name(distribution, tried.values[key]) for key, distribution in made.items()},
        distributions=made,
        intermediate_values=dict(tried.told.values),
    )


def _asked(study: "optuna.Study", space: Sequence[Dimension]) -> Values:
    trial = study.ask()
    found: dict[str, Any] = {}
    for dimension in space:
        if not drawn(dimension, found):
            continue
        given = trial._suggest(dimension.key, _distribution(dimension))
        choices = dimension.choices
        found[dimension.key] = (
            given if choices is None else next(one for one in choices if named(one) == given)
        )
    return found


def _distribution(dimension: Dimension) -> "optuna.distributions.BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if dimension.choices is not None:
        return CategoricalDistribution([named(one) for one in dimension.choices])
    assert dimension.low is not None
    assert dimension.high is not None
    if dimension.kind == "integer":
        return IntDistribution(int(dimension.low), int(dimension.high))
    return FloatDistribution(dimension.low, dimension.high, log=dimension.kind == "log_uniform")


def _name(distribution: "optuna.distributions.BaseDistribution", value: Any) -> Any:
    return named(value) if hasattr(distribution, "choices") else value
