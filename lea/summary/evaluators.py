"""Optuna's evaluators of importance over the trials of one search, each beside what it says of values that
are dealt to the trials anew.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.importance import BaseImportanceEvaluator
    from optuna.study import Study

SEED = 0  # of the forest, and of what is dealt anew
DEALT = 19  # the largest is exceeded by chance in one case of twenty
FEWEST = 2  # trials of which a forest can say anything
BEST, FEWEST_BEST = 0.1, 5  # of the trials: PED-ANOVA's default, and what its documentation asks for at least
Point = Mapping[str, float | str]  # what a trial drew, by parameter; logarithms where the scale is one


@dataclass(frozen=True, slots=True)
class Dimension:
    """What can be drawn of a parameter: a range of numbers or of their logarithms, or choices."""

    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    conditional: bool = False  # some trials do not draw it

    def distribution(self) -> "BaseDistribution":
        """As Optuna has it."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        return (
            CategoricalDistribution(self.choices) if self.choices else FloatDistribution(self.low, self.high)
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What an evaluator says of a parameter; NaN: nothing, of too few trials or ones that are all alike."""

    trials: int
    importance: float
    dealt: np.ndarray  # (DEALT,) of values that mean nothing


Space = Mapping[str, Dimension]
Evaluator = Callable[[Space, Sequence[Point], np.ndarray], Iterator[tuple[str, Told]]]


def fanova(space: Space, points: Sequence[Point], values: np.ndarray) -> Iterator[tuple[str, Told]]:
    """Of the parameters that all trials draw, then of each other among the trials that have it."""
    from optuna.importance import FanovaImportanceEvaluator

    always = [name for name, one in space.items() if not one.conditional]
    groups = [(always, always), *(([*always, name], [name]) for name in space if name not in always)]
    for names, new in groups:
        having = [number for number, point in enumerate(points) if set(names) <= set(point)]
        told = np.full((1 + DEALT, len(names)), np.nan)
        if len(having) >= FEWEST:
            study = _study({name: space[name] for name in names}, [points[number] for number in having])
            evaluator = FanovaImportanceEvaluator(seed=SEED)
            told = _with_dealt(evaluator, study, names, values[having])
        yield from _told(names, told, len(having), new)


def ped_anova(space: Space, points: Sequence[Point], values: np.ndarray) -> Iterator[tuple[str, Told]]:
    """Of all parameters, as shares of their sum."""
    from optuna.importance import PedAnovaImportanceEvaluator

    names, told = list(space), np.full((1 + DEALT, len(space)), np.nan)
    if len(points) > FEWEST_BEST:
        quantile = max(BEST, FEWEST_BEST / len(points))
        evaluator = PedAnovaImportanceEvaluator(target_quantile=quantile)
        there = [name for name in names if any(name in point for point in points)]
        found = _with_dealt(evaluator, _study(space, points), there, values)
        sums = found.sum(1, keepdims=True)
        told[:, [names.index(name) for name in there]] = found / np.where(sums > 0, sums, 1)
    yield from _told(names, told, len(points), names)


EVALUATORS: Mapping[str, Evaluator] = {"fanova": fanova, "ped-anova": ped_anova}


def _told(
    names: Sequence[str], told: np.ndarray, trials: int, wanted: Sequence[str]
) -> Iterator[tuple[str, Told]]:
    for name, (importance, *dealt) in zip(names, told.T, strict=True):
        if name in wanted:
            yield name, Told(trials, float(importance), np.array(dealt))


def _study(space: Space, points: Sequence[Point]) -> "Study":
    """A study of these trials, without values."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it tells of each study that is made
    study = optuna.create_study()
    distributions = {name: one.distribution() for name, one in space.items()}
    for point in points:
        drawn = {name: value for name, value in point.items() if name in space}
        its = {name: distributions[name] for name in drawn}
        study.add_trial(optuna.create_trial(params=drawn, distributions=its, value=0.0))
    return study


def _with_dealt(
    evaluator: "BaseImportanceEvaluator", study: "Study", names: Sequence[str], values: np.ndarray
) -> np.ndarray:
    """(1 + DEALT, names): of the values, then of the same in other orders; NaN: nothing can be said."""
    generator = np.random.default_rng([SEED, len(values)])
    orders = [values, *(generator.permutation(values) for _ in range(DEALT))]
    return np.array([_importances(evaluator, study, names, one.tolist()) for one in orders])


def _importances(
    evaluator: "BaseImportanceEvaluator", study: "Study", names: Sequence[str], values: Sequence[float]
) -> list[float]:
    from optuna.importance import get_param_importances

    if max(values) == min(values):
        return [np.nan] * len(names)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of few trials, which stand beside the number; of what is experimental
        try:
            found = get_param_importances(
                study,
                evaluator=evaluator,
                params=list(names),
                target=lambda trial: values[trial.number],
                normalize=False,
            )
        except RuntimeError:  # no tree of the forest found two trials that it could tell apart
            return [np.nan] * len(names)
    return [float(found[name]) for name in names]
