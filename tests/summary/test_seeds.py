"""Oracle: Python's statistics; the exact distribution of a resample's median, counted over all resamples or
in closed form: of n values, n odd, it is at most the k-th smallest with the chance that of n draws, each at
most that value with a chance of k / n, more than half are.
"""

import math
import random
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement, product

import pytest

from lea.summary.seeds import RESAMPLES, describe, difference

TAILS = (0.025, 0.975)
NONE_KNOWN = [[], [math.nan], [math.inf, -math.inf, math.nan]]


def powers(count: int) -> list[float]:
    """Values of which no two have the same mean as two others, the least last."""
    return [2.0**exponent for exponent in reversed(range(count))]


def ends(weights: Mapping[float, float]) -> tuple[float, float]:
    """Of the interval that is known exactly; refused if resampling at random could well find another."""
    found, reached = [], 0.0
    for value in sorted(weights):
        before, reached = reached, reached + weights[value] / sum(weights.values())
        found += [value for tail in TAILS if before < tail <= reached]
        for tail in TAILS:
            error = math.sqrt(tail * (1 - tail) / RESAMPLES)
            assert abs(reached - tail) > 3 * error, f"{tail} is too near to {reached} to be told from it"
    low, high = found
    return low, high


def medians(values: Sequence[float]) -> Counter[float]:
    """How many of all the resamples have each median; resamples of the same values counted together."""
    count, found = len(values), Counter[float]()
    for drawn in combinations_with_replacement(values, count):
        orders = math.factorial(count) // math.prod(map(math.factorial, Counter(drawn).values()))
        found[statistics.median(drawn)] += orders
    assert found.total() == count**count
    return found


def interval(found: Mapping[str, float]) -> tuple[float, float]:
    return found["low"], found["high"]


# --- one run ---


@pytest.mark.parametrize("count", range(1, 13))
def test_median_and_range_are_those_of_pythons_statistics(count: int) -> None:
    rng = random.Random(count)
    values = [rng.gauss(0, 100) for _ in range(count)]
    found = describe(values)
    assert list(found) == ["seeds", "median", "minimum", "maximum", "low", "high"]
    assert found["median"] == pytest.approx(statistics.median(values), rel=1e-15)
    assert (found["seeds"], found["minimum"], found["maximum"]) == (count, min(values), max(values))
    assert found["minimum"] <= found["low"] <= found["median"] <= found["high"] <= found["maximum"]


@pytest.mark.parametrize("count", [1, 3, 5, 7, 9, 11, 13, 17, 19])
def test_the_interval_of_an_odd_number_of_seeds_ends_at_the_order_statistics_of_the_binomial(
    count: int,
) -> None:
    ordered, most = sorted(powers(count)), range(count // 2 + 1, count + 1)
    at_most = [
        sum(math.comb(count, wins) * k**wins * (count - k) ** (count - wins) for wins in most) / count**count
        for k in range(count + 1)
    ]
    chances = {value: at_most[k + 1] - at_most[k] for k, value in enumerate(ordered)}
    assert interval(describe(powers(count))) == ends(chances)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(3, 1, 3), (5, 1, 5), (7, 2, 6), (9, 2, 8), (11, 3, 9), (13, 4, 10)]
)
def test_the_interval_of_few_seeds_is_their_range_and_of_more_is_narrower(
    count: int, low: int, high: int
) -> None:
    assert interval(describe(range(1, count + 1))) == (low, high)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7])
def test_the_interval_is_that_of_all_resamples(count: int) -> None:
    assert interval(describe(powers(count))) == ends(medians(powers(count)))


@pytest.mark.parametrize("count", [1, 2, 5, 10])
@pytest.mark.parametrize("value", [0.0, -3.7, 1e-300, 0.1])
def test_seeds_that_agree_have_an_interval_of_no_width(count: int, value: float) -> None:
    same = dict.fromkeys(("median", "minimum", "maximum", "low", "high"), value)
    assert describe(count * [value]) == {"seeds": count} | same


@pytest.mark.parametrize("count", [4, 10, 15])  # of 15 another draw could end elsewhere
def test_the_order_of_the_seeds_changes_nothing(count: int) -> None:
    rng, values, others = random.Random(0), powers(count), powers(count)
    for _ in range(20):
        rng.shuffle(values)
        rng.shuffle(others)
        assert describe(values) == describe(powers(count))
        assert difference(values, others) == difference(powers(count), powers(count))


@pytest.mark.parametrize("count", [2, 5, 8, 10])
@pytest.mark.parametrize(("factor", "shift"), [(1.0, 1024.0), (0.25, 0.0), (8.0, -3.0)])
def test_shifting_and_scaling_the_seeds_shifts_and_scales_all_that_is_said_of_them(
    count: int, factor: float, shift: float
) -> None:
    before = describe(powers(count))
    after = describe([factor * value + shift for value in powers(count)])
    assert after.pop("seeds") == before.pop("seeds")
    assert after == {name: factor * value + shift for name, value in before.items()}


@pytest.mark.parametrize("count", [3, 5, 7, 9])
def test_the_interval_of_the_negatives_is_the_negative_of_the_interval(count: int) -> None:
    low, high = interval(describe(powers(count)))
    assert interval(describe([-value for value in powers(count)])) == (-high, -low)


@pytest.mark.parametrize("unknown", [[math.nan], [math.inf], [-math.inf], [math.nan, math.inf, math.nan]])
def test_seeds_without_a_finite_value_are_left_out_and_not_counted(unknown: list[float]) -> None:
    known = [4.0, 1.0, 2.0]
    assert describe([known[0], *unknown, *known[1:]]) == describe(known)
    assert describe(known)["seeds"] == 3
    assert difference([*unknown, *known], [7.0, *unknown]) == difference(known, [7.0])


@pytest.mark.parametrize("values", NONE_KNOWN)
def test_without_any_finite_seed_nothing_is_said(values: list[float]) -> None:
    found = describe(values)
    assert found.pop("seeds") == 0
    assert list(found) == ["median", "minimum", "maximum", "low", "high"]
    assert all(math.isnan(value) for value in found.values())


# --- two runs ---


@pytest.mark.parametrize(("ours", "theirs"), [(1, 1), (3, 5), (10, 2)])
def test_the_difference_of_two_constants_is_exact(ours: int, theirs: int) -> None:
    found = difference(ours * [0.75], theirs * [0.5])
    assert found == {"difference": 0.25, "low": 0.25, "high": 0.25}


@pytest.mark.parametrize(("ours", "theirs"), [(1, 4), (2, 3), (5, 5), (6, 9)])
def test_the_difference_is_that_of_the_medians_and_no_median_of_differences(ours: int, theirs: int) -> None:
    rng = random.Random(ours)
    values, baseline = ([rng.gauss(0, 1) for _ in range(count)] for count in (ours, theirs))
    found = difference(values, baseline)
    assert found["difference"] == pytest.approx(statistics.median(values) - statistics.median(baseline))
    assert min(values) - max(baseline) <= found["low"] <= found["difference"]
    assert found["difference"] <= found["high"] <= max(values) - min(baseline)


def apart(values: Sequence[float], baseline: Sequence[float]) -> Counter[float]:
    """How many of all pairs of resamples have each difference."""
    return Counter(
        statistics.median(one) - statistics.median(other)
        for one in product(values, repeat=len(values))
        for other in product(baseline, repeat=len(baseline))
    )


@pytest.mark.parametrize(
    ("values", "baseline"),
    [
        ([1.0, 2.0, 4.0], [0.0, 10.0, 30.0]),
        ([5.0, 5.0, 9.0], [0.0, 1.0, 3.0]),
        ([1.0, 4.0], [8.0, 0.0]),
        ([0.0, 7.0, 100.0], [3.0]),
    ],
)
def test_the_interval_of_a_difference_is_that_of_all_pairs_of_resamples(
    values: list[float], baseline: list[float]
) -> None:
    assert interval(difference(values, baseline)) == ends(apart(values, baseline))
    assert interval(difference(baseline, values)) == ends(apart(baseline, values))


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_the_same_seeds_twice_do_not_differ_but_are_drawn_apart(count: int) -> None:
    found = difference(powers(count), powers(count))
    assert found["difference"] == 0
    assert found["low"] < 0 < found["high"]


@pytest.mark.parametrize("count", [2, 3, 5, 10])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_interval_of_runs_far_apart_excludes_no_difference(count: int, sign: int) -> None:
    values = [value / 2**count for value in powers(count)]
    low, high = interval(difference([value + 10 * sign for value in values], values))
    assert min(low * sign, high * sign) > 9


@pytest.mark.parametrize("values", NONE_KNOWN)
def test_a_difference_to_nothing_known_is_not_known(values: list[float]) -> None:
    for found in (difference(values, [1.0]), difference([1.0], values)):
        assert list(found) == ["difference", "low", "high"]
        assert all(math.isnan(value) for value in found.values())
