"""Oracles: the laws that values are drawn by, SciPy's sequence, Optuna's own estimator asked by hand."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
import pytest
from scipy import stats

from lea.search.samplers import TPE, QuasiRandom, Random, Tried, finished
from lea.search.told import Told
from lea.search.trials import values_of_trials
from lea.study.filling import Values, batches
from lea.study.spec import Aim, Dimension, Part, Search

MANY = 4000
ADAM = {"name": "adam", "options": {"rate": 1.0}}
SGD = {"name": "sgd", "options": {"rate": 1.0}}


def dimension(
    key: str, kind: str, *ends: Any, when: Mapping[str, tuple[str, ...]] | None = None
) -> Dimension:
    low, high = (None, None) if kind == "choices" else map(float, ends)
    choices = ends if kind == "choices" else None
    return Dimension(key=key, kind=kind, low=low, high=high, choices=choices, when=when or {})


SPACE = (
    dimension("model.even", "uniform", -1, 3),
    dimension("model.rate", "log_uniform", 1e-4, 1e-1),
    dimension("model.whole", "integer", 2, 5),
    dimension("fit.optimizer", "choices", ADAM, SGD),
    dimension("fit.optimizer.momentum", "uniform", 0, 0.9, when={"fit.optimizer": ("sgd",)}),
)


def search(
    sampler: str = "random", trials: int = MANY, space: tuple[Dimension, ...] = SPACE, **options: Any
) -> Search:
    return Search(
        space=space,
        sampler=Part(name=sampler, options=options),
        trials=trials,
        rungs=(1, 2),
        pruner=None,
        minimise=Aim(split="test", part="network", metric="loss"),
    )


def column(trials: list[Values], key: str) -> list[Any]:
    return [one[key] for one in trials if key in one]


@pytest.mark.parametrize("sampler", [Random(), QuasiRandom()])
def test_values_have_their_laws(sampler: Random | QuasiRandom) -> None:
    trials = sampler.draw(search(), MANY, 5, [])
    assert len(trials) == MANY
    even = stats.kstest(column(trials, "model.even"), stats.uniform(-1, 4).cdf)
    logs = stats.kstest(np.log10(column(trials, "model.rate")), stats.uniform(-4, 3).cdf)
    assert min(even.pvalue, logs.pvalue) > 0.01
    whole, counts = np.unique(column(trials, "model.whole"), return_counts=True)
    assert whole.tolist() == [2, 3, 4, 5]
    assert all(type(one) is int for one in column(trials, "model.whole"))
    assert stats.chisquare(counts).pvalue > 0.01
    with_sgd = [one for one in trials if one["fit.optimizer"] == SGD]
    assert stats.binomtest(len(with_sgd), MANY).pvalue > 0.01
    assert all("fit.optimizer.momentum" in one for one in with_sgd)
    assert len(column(trials, "fit.optimizer.momentum")) == len(with_sgd)


def test_a_seed_draws_the_same_and_another_others() -> None:
    for sampler in (Random(), QuasiRandom(), TPE()):
        first, again, other = (sampler.draw(search(), 4, seed, []) for seed in (5, 5, 6))
        assert first == again != other


def test_quasi_random_points_are_scipys_and_leave_no_gap() -> None:
    space = SPACE[:2]
    found = column(QuasiRandom().draw(search(space=space), 8, 5, []), "model.even")
    points = stats.qmc.Sobol(2, rng=np.random.default_rng(5)).random(8)
    assert found == pytest.approx(-1 + 4 * points[:, 0])
    assert np.bincount(((np.array(found) + 1) / 4 * 8).astype(int)).tolist() == [1] * 8


def tried(share: float) -> Tried:
    values = {"model.even": -1 + 4 * share, "model.rate": 1e-2, "model.whole": 3, "fit.optimizer": ADAM}
    return Tried(values=values, told=Told(state="complete", values={1: 1.0, 2: (share - 0.7) ** 2}))


def test_the_estimator_proposes_what_optunas_does_that_was_told_the_same() -> None:
    past = [tried(share) for share in np.linspace(0, 1, 12)]
    (found,) = TPE(startup=5).draw(search(), 1, 5, past)
    asked = optuna.create_study(
        sampler=optuna.samplers.TPESampler(n_startup_trials=5, constant_liar=True, seed=5)
    )
    for share in np.linspace(0, 1, 12):
        params = {"model.even": -1 + 4 * share, "model.rate": 1e-2, "model.whole": 3, "fit.optimizer": "adam"}
        distributions = {
            "model.even": optuna.distributions.FloatDistribution(-1, 3),
            "model.rate": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True),
            "model.whole": optuna.distributions.IntDistribution(2, 5),
            "fit.optimizer": optuna.distributions.CategoricalDistribution(["adam", "sgd"]),
        }
        value = (share - 0.7) ** 2
        asked.add_trial(
            optuna.trial.create_trial(
                value=value,
                params=params,
                distributions=distributions,
                intermediate_values={1: 1.0, 2: value},
            )
        )
    trial = asked.ask()
    wanted = {
        "model.even": trial.suggest_float("model.even", -1, 3),
        "model.rate": trial.suggest_float("model.rate", 1e-4, 1e-1, log=True),
        "model.whole": trial.suggest_int("model.whole", 2, 5),
    }
    assert {key: found[key] for key in wanted} == wanted


def test_the_estimator_looks_where_the_best_were() -> None:
    past = [tried(share) for share in np.linspace(0, 1, 30)]
    found = column(TPE(startup=5).draw(search(), 10, 5, past), "model.even")
    blind = column(Random().draw(search(), 10, 5, []), "model.even")
    best = -1 + 4 * 0.7
    assert np.mean(np.abs(np.array(found) - best)) < np.mean(np.abs(np.array(blind) - best))


def test_batches_are_drawn_from_those_before_and_not_from_those_behind() -> None:
    asked = search("tpe", trials=7, batch=3, startup=2)
    assert batches(asked) == [range(3), range(3, 6), range(6, 7)]
    first = values_of_trials(asked, 5, {}, trial=2)
    assert list(first) == [0, 1, 2]
    told = {trial: Told(state="complete", values={1: float(trial)}) for trial in first}
    second = values_of_trials(asked, 5, told, trial=3)
    assert {key: second[key] for key in first} == first
    others = {trial: Told(state="complete", values={1: -float(trial)}) for trial in first}
    assert [values_of_trials(asked, 5, others, trial=3)[one] for one in (3, 4, 5)] != [
        second[one] for one in (3, 4, 5)
    ]


def test_a_trial_that_ended_without_a_number_is_one_that_failed() -> None:
    one = finished(search(), Tried(values=tried(0).values, told=Told(state="diverged", values={1: math.inf})))
    assert one.state == optuna.trial.TrialState.FAIL
    pruned = finished(search(), Tried(values=tried(0).values, told=Told(state="pruned", values={1: 2.0})))
    assert (pruned.state, pruned.value) == (optuna.trial.TrialState.PRUNED, 2.0)
