"""Oracle: scikit-learn's metrics, a count over all pairs, DeLong's variance, a graph's largest matching."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from lea.ranking import (
    METRICS,
    RESAMPLES,
    auroc,
    average_precision,
    drawn_again,
    false_alarms,
    found_at,
    match_radii,
)

INF = float("inf")


def scored(count: int, levels: int | None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that say something, of few levels or all different, and who is an outlier."""
    rng = np.random.default_rng([count, seed])
    is_outlier = rng.permutation(np.arange(count) < max(count // 3, 1))
    scores = rng.normal(size=count) + is_outlier
    return (scores if levels is None else np.floor(scores * levels)), is_outlier


CASES = [scored(count, levels) for count in (2, 3, 10, 61, 400) for levels in (None, 1, 3)]
CASES += [
    (np.zeros(7), np.arange(7) < 3),  # a constant
    (np.array([1.0, 2, 3, 4]), np.array([False, False, True, True])),  # perfect
    (np.array([4.0, 3, 2, 1]), np.array([False, False, True, True])),  # as bad as can be
    (np.array([0.0, INF, -INF, INF, 1]), np.array([False, True, False, False, True])),
]
each = pytest.mark.parametrize(("scores", "is_outlier"), CASES)
FINITE = [
    (scores, known) for scores, known in CASES if np.isfinite(scores).all()
]  # all that the library takes
each_finite = pytest.mark.parametrize(("scores", "is_outlier"), FINITE)


@each
def test_the_area_is_the_share_of_pairs_in_order(scores: np.ndarray, is_outlier: np.ndarray) -> None:
    out, into = scores[is_outlier], scores[~is_outlier]
    won = sum(float(a > b) + float(a == b) / 2 for a in out for b in into)
    assert auroc(scores, is_outlier) == pytest.approx(won / len(out) / len(into), abs=1e-12)


@each
def test_precision_is_averaged_over_the_outliers(scores: np.ndarray, is_outlier: np.ndarray) -> None:
    shares = [is_outlier[scores >= one].mean() for one in scores[is_outlier]]
    assert average_precision(scores, is_outlier) == pytest.approx(np.mean(shares), abs=1e-12)


@each
def test_false_alarms_are_counted_at_the_first_threshold_that_finds_enough(
    scores: np.ndarray, is_outlier: np.ndarray
) -> None:
    out, into = scores[is_outlier], scores[~is_outlier]
    enough = [one for one in scores if 20 * (out >= one).sum() >= 19 * len(out)]
    assert false_alarms(scores, is_outlier) == (into >= max(enough)).mean()


@each_finite
def test_all_are_scikit_learns(scores: np.ndarray, is_outlier: np.ndarray) -> None:
    assert auroc(scores, is_outlier) == pytest.approx(roc_auc_score(is_outlier, scores), abs=1e-12)
    expected = average_precision_score(is_outlier, scores)
    assert average_precision(scores, is_outlier) == pytest.approx(expected, abs=1e-12)
    false, found, _ = roc_curve(is_outlier, scores, drop_intermediate=False)
    assert false_alarms(scores, is_outlier) == pytest.approx(false[found >= 0.95 - 1e-9][0], abs=1e-12)
    shares = np.setdiff1d(np.linspace(0, 1, 23), false)  # where an upright piece has no one value
    assert found_at(scores, is_outlier, shares) == pytest.approx(np.interp(shares, false, found), abs=1e-12)


@pytest.mark.parametrize("count", [20, 40, 60, 100])
def test_exactly_95_percent_are_enough(count: int) -> None:
    """The lowest twentieth of the outliers lies below all inliers, the others above."""
    outliers = np.where(np.arange(count) < count // 20, -1.0, 1.0)
    scores, is_outlier = np.r_[outliers, np.zeros(5)], np.r_[np.ones(count), np.zeros(5)]
    assert false_alarms(scores, is_outlier) == 0
    scores[count // 20] = -1.0  # one more
    assert false_alarms(scores, is_outlier) == 1


@pytest.mark.parametrize("metric", [auroc, average_precision, false_alarms, drawn_again])
@pytest.mark.parametrize(
    ("scores", "is_outlier", "message"),
    [
        ([1, 2, 3], [0, 0, 0], "no outliers among 3 samples; expected some of both"),
        ([1, 2, 3], [1, 1, 1], "no inliers among 3 samples; expected some of both"),
        ([], [], "no outliers among 0 samples"),
        ([1, np.nan, np.nan], [0, 1, 1], "scores: 2 of 3 are NaN; expected numbers"),
        ([1, 2], [0, 1, 1], "scores of shape (2,) of samples of shape (3,); expected one score each"),
        ([[1, 2]], [[0, 1]], "scores of shape (1, 2)"),
    ],
)
def test_what_cannot_be_ranked_is_refused_by_name(
    metric: Callable[..., float], scores: list[float], is_outlier: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        metric(np.array(scores), np.array(is_outlier))


# --- drawn again ---


def delong(scores: np.ndarray, is_outlier: np.ndarray) -> float:
    """The variance of the area (DeLong et al. 1988): of the shares of pairs that each sample wins."""
    out, into = scores[is_outlier], scores[~is_outlier]
    won = (out[:, None] > into) + (out[:, None] == into) / 2
    return float(won.mean(1).var(ddof=1) / len(out) + won.mean(0).var(ddof=1) / len(into))


@pytest.mark.parametrize("levels", [None, 2])
def test_the_spread_of_the_area_is_delongs(levels: int | None) -> None:
    scores, is_outlier = scored(500, levels)
    again = drawn_again(scores, is_outlier)["AUROC"]
    assert len(again) == RESAMPLES
    expected = delong(scores, is_outlier)
    assert again.std() == pytest.approx(np.sqrt(expected), rel=4 / np.sqrt(2 * RESAMPLES))
    error = np.sqrt(expected / RESAMPLES)
    assert again.mean() == pytest.approx(auroc(scores, is_outlier), abs=4 * error)


def test_the_spread_of_false_alarms_at_a_fixed_threshold_is_binomial() -> None:
    """All outliers have one score, so the threshold does not move."""
    scores = np.r_[np.ones(50), np.arange(400) % 4 / 2]  # half of the inliers at 1 or more
    again = drawn_again(scores, np.arange(450) < 50)["FPR95"]
    assert again.std() == pytest.approx(np.sqrt(0.25 / 400), rel=4 / np.sqrt(2 * RESAMPLES))
    assert again.mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 400 / RESAMPLES))


def test_a_draw_is_the_metric_of_samples_that_are_drawn() -> None:
    """Two samples: one of each is drawn every time."""
    for name, values in drawn_again(np.array([0.0, 1.0]), np.array([False, True])).items():
        assert set(values) == {0.0 if name == "FPR95" else 1.0}, name
    four = drawn_again(np.array([0.0, 2.0, 1.0, 3.0]), np.array([False, False, True, True]))["AUROC"]
    assert set(four) == {0.0, 0.5, 0.75, 1.0}  # by hand


def test_draws_repeat_and_are_the_same_samples_whatever_their_scores() -> None:
    scores, is_outlier = scored(60, None)
    first, second = drawn_again(scores, is_outlier), drawn_again(np.exp(scores), is_outlier)
    assert all(np.array_equal(first[name], second[name]) for name in METRICS)


# --- radii ---


def radii(rows: tuple[int, int], shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(5, 1, rows[0]), rng.normal(5 + shift, 1.5, rows[1])


def test_what_reads_only_the_radius_is_left_with_nothing_and_what_reads_more_keeps_it() -> None:
    inliers, outliers = radii((3000, 2000), 1.5)
    first, second = match_radii(inliers, outliers)
    is_outlier = np.r_[np.zeros(len(first)), np.ones(len(second))]
    before = auroc(np.r_[inliers, outliers], np.r_[np.zeros(3000), np.ones(2000)])
    assert before > 0.75
    assert auroc(np.r_[inliers[first], outliers[second]], is_outlier) == pytest.approx(0.5, abs=0.01)
    assert len(first) > 700
    turned = np.r_[inliers, outliers] * 1e-3 + np.r_[np.zeros(3000), np.ones(2000)]
    assert auroc(np.r_[turned[first], turned[3000 + second]], is_outlier) == 1


@pytest.mark.parametrize("shift", [-2.0, 0.0, 1.0, 30.0])
def test_as_many_are_paired_as_can_be_and_none_twice(shift: float) -> None:
    inliers, outliers = radii((70, 50), shift, seed=int(shift) + 9)
    first, second = match_radii(inliers, outliers, apart=0.1)
    reach = 0.1 * inliers.std()
    near = csr_matrix(np.abs(inliers[:, None] - outliers) <= reach)
    assert len(first) == (maximum_bipartite_matching(near) >= 0).sum()
    assert len(set(first)) == len(first) == len(set(second)) == len(second)
    assert (np.abs(inliers[first] - outliers[second]) <= reach).all()
    assert (len(first) > 0) == (shift < 30)


def test_radii_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="radii: 1 of 3 are NaN"):
        match_radii(np.array([1.0, np.nan]), np.array([1.0]))
