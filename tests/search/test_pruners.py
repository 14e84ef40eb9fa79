"""Oracle: the rules themselves, over sorted lists."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lea.search.pruners import Median, Percentile, SuccessiveHalving

VALUES = st.lists(st.integers(-50, 50), min_size=2, max_size=12, unique=True)


@given(VALUES)
def test_the_median_of_the_others_is_the_bound(values: list[int]) -> None:
    own, *others = map(float, values)
    pruned = Median().prunes([own], [[one] for one in others])
    assert pruned == (own > np.median(others))


@pytest.mark.parametrize("keep", [10.0, 25.0, 75.0])
def test_so_many_percent_are_kept(keep: float) -> None:
    values = np.random.default_rng(0).permutation(100).astype(float)
    kept = [
        one
        for index, one in enumerate(values)
        if not Percentile(keep=keep).prunes([one], [[other] for other in np.delete(values, index)])
    ]
    assert sorted(kept) == sorted(values)[: len(kept)]
    assert len(kept) == pytest.approx(keep, abs=1)


@pytest.mark.parametrize("reduction", [2, 3])
@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_halving_keeps_the_best_of_so_many_at_each_rung(reduction: int, count: int) -> None:
    rng = np.random.default_rng(count)
    alive, ladders = list(range(count)), [[float(one)] for one in rng.permutation(count)]
    for _ in range(3):
        goes_on = [
            one
            for one in alive
            if not SuccessiveHalving(reduction=reduction).prunes(
                ladders[one], [ladders[other] for other in range(count) if other != one]
            )
        ]
        best = sorted(alive, key=lambda one: ladders[one][-1])[: max(1, len(alive) // reduction)]
        assert sorted(goes_on) == sorted(best)
        alive = goes_on
        for one in alive:
            ladders[one].append(float(rng.random()))


@pytest.mark.parametrize("pruner", [Median(), Percentile(), SuccessiveHalving()])
def test_the_order_of_the_others_decides_nothing(pruner: Median) -> None:
    others = [[3.0, 1.0], [2.0, 5.0], [4.0], [1.0, 0.5], [2.5, 2.0]]
    for own in ([2.2, 0.7], [2.2, 3.0], [5.0], [0.1]):
        said = {
            pruner.prunes(own, [others[one] for one in np.random.default_rng(seed).permutation(len(others))])
            for seed in range(8)
        }
        assert len(said) == 1


def test_a_trial_that_diverged_counts_as_the_worst() -> None:
    assert Median().prunes([math.inf], [[1.0], [2.0]])
    assert not Median().prunes([1.0], [[math.inf], [math.inf]])
    for others in ([0.1, 0.2, math.inf], [0.1, 0.15, 0.2, math.inf, math.inf]):
        assert Median().prunes([0.9], [[one] for one in others])
    assert not Percentile().prunes([0.05], [[0.1], *[[math.inf]] * 4])
    assert Percentile().prunes([math.inf], [*[[0.1]] * 2, *[[math.inf]] * 3])


def test_alone_a_trial_goes_on() -> None:
    for pruner in (Median(), Percentile(), SuccessiveHalving()):
        assert not pruner.prunes([1.0], [])
