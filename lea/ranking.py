"""How well scores set outliers apart from inliers: of a larger score it is said that it is an outlier's.

Outliers are the positives. All is read off how many outliers and how many inliers have at least a score, one
score after another from the largest, so that equal scores are told apart by nothing. Infinite scores rank as
such; one that is no number is refused.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

FOUND = 0.95  # of the outliers, where false alarms are counted
ROUNDING = 1e-9  # of a product of numbers that are counts
RESAMPLES, AT_ONCE = 500, 20  # of the bootstrap: its error is then right to 3 %
APART = 0.02  # standard deviations of the inliers' radii by which those of a pair may differ


class Counts(NamedTuple):
    """How many have at least a score: (..., scores), from the largest score to the least."""

    outliers: np.ndarray
    inliers: np.ndarray


Metric = Callable[[Counts], np.ndarray]  # (...)


def auroc(scores: np.ndarray, is_outlier: np.ndarray) -> float:
    """How likely an outlier's score is larger than an inlier's, an equal one counting half."""
    return float(_area(_counts(scores, is_outlier)))


def average_precision(scores: np.ndarray, is_outlier: np.ndarray) -> float:
    """The area under precision over recall, as a sum of steps: the mean over the outliers of the share of
    outliers among all that score no less. Of scores that say nothing it is the share of outliers.
    """
    return float(_precision(_counts(scores, is_outlier)))


def false_alarms(scores: np.ndarray, is_outlier: np.ndarray) -> float:
    """The share of inliers that score no less than a threshold, the largest at which 95 % of the outliers, or
    more, are found.
    """
    return float(_alarms(_counts(scores, is_outlier)))


def found_at(scores: np.ndarray, is_outlier: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(...) shares of inliers that score no less than a threshold -> (...), shares of outliers that do: the
    receiver operating characteristic, with straight lines between its points.
    """
    counts = _counts(scores, is_outlier)
    inliers, outliers = (np.r_[0.0, its] / its[-1] for its in (counts.inliers, counts.outliers))
    return np.asarray(np.interp(shares, inliers, outliers))


def drawn_again(scores: np.ndarray, is_outlier: np.ndarray) -> Mapping[str, np.ndarray]:
    """(RESAMPLES,) of each metric by its name: of inliers and outliers drawn again with replacement, of each
    as many as there are. The draws are the same for as many samples in the same order.
    """
    ranking, known = _ranking(scores, is_outlier), np.asarray(is_outlier, bool)
    generator = np.random.default_rng([int(known.sum()), int((~known).sum())])
    found: dict[str, list[np.ndarray]] = {name: [] for name in OF_COUNTS}
    for _ in range(RESAMPLES // AT_ONCE):
        times = np.empty((AT_ONCE, len(known)))
        for its in (known, ~known):
            count = int(its.sum())
            times[:, its] = generator.multinomial(count, np.full(count, 1 / count), AT_ONCE)
        counts = ranking.counts(times)
        for name, metric in OF_COUNTS.items():
            found[name].append(metric(counts))
    return {name: np.concatenate(values) for name, values in found.items()}


def match_radii(
    inliers: np.ndarray, outliers: np.ndarray, *, apart: float = APART
) -> tuple[np.ndarray, np.ndarray]:
    """(n,), (m,) radii -> (pairs,) rows of each: as many inliers and outliers as can be paired so that the
    two of a pair differ by no more than `apart` standard deviations of the inliers' radii. What only reads
    the radius cannot tell those apart. There may be no pair at all.
    """
    _refuse_strange("radii", np.concatenate([inliers, outliers]))
    reach = apart * float(np.std(inliers))
    first, second = np.argsort(inliers, kind="stable"), np.argsort(outliers, kind="stable")
    pairs, i, j = list[tuple[int, int]](), 0, 0
    while i < len(first) and j < len(second):  # from the least on: on a line no other way pairs more
        difference = outliers[second[j]] - inliers[first[i]]
        if abs(difference) <= reach:
            pairs.append((int(first[i]), int(second[j])))
        i += difference >= -reach
        j += difference <= reach
    rows = np.array(pairs, int).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _area(counts: Counts) -> np.ndarray:
    """Trapezoids: the outliers that score more than each inlier, and half of those that score the same."""
    above = np.concatenate([np.zeros_like(counts.outliers[..., :1]), counts.outliers[..., :-1]], -1)
    inliers = np.diff(counts.inliers, axis=-1, prepend=0)
    won = (inliers * (above + counts.outliers)).sum(-1) / 2
    return np.asarray(won / (counts.outliers[..., -1] * counts.inliers[..., -1]))


def _precision(counts: Counts) -> np.ndarray:
    of_these = np.diff(counts.outliers, axis=-1, prepend=0)
    both = np.maximum(counts.outliers + counts.inliers, 1)  # none: then no outlier is of these
    return np.asarray((of_these * counts.outliers / both).sum(-1) / counts.outliers[..., -1])


def _alarms(counts: Counts) -> np.ndarray:
    enough = counts.outliers >= FOUND * counts.outliers[..., -1:] - ROUNDING
    first = enough.argmax(-1)[..., None]
    return np.asarray(np.take_along_axis(counts.inliers, first, -1)[..., 0] / counts.inliers[..., -1])


METRICS = {"AUROC": auroc, "AUPR": average_precision, "FPR95": false_alarms}
OF_COUNTS: Mapping[str, Metric] = {"AUROC": _area, "AUPR": _precision, "FPR95": _alarms}


def _counts(scores: np.ndarray, is_outlier: np.ndarray) -> Counts:
    return _ranking(scores, is_outlier).counts(np.ones(len(scores)))


class _Ranking(NamedTuple):
    """Samples from the largest score on."""

    order: np.ndarray  # (n,) their rows
    is_outlier: np.ndarray  # (n,) in this order
    starts: np.ndarray  # (scores,) where in it each distinct score begins

    def counts(self, times: np.ndarray) -> Counts:
        """(..., n), how many times each sample counts."""
        ranked = times[..., self.order]
        whose = (self.is_outlier, ~self.is_outlier)
        return Counts(*(np.add.reduceat(ranked * its, self.starts, axis=-1).cumsum(-1) for its in whose))


def _ranking(scores: np.ndarray, is_outlier: np.ndarray) -> _Ranking:
    scores, known = np.asarray(scores, float), np.asarray(is_outlier, bool)
    if scores.ndim != 1 or scores.shape != known.shape:
        found = f"scores of shape {scores.shape} of samples of shape {known.shape}"
        raise ValueError(f"{found}; expected one score each")
    _refuse_strange("scores", scores)
    if known.all() or not known.any():
        missing = "inliers" if known.any() else "outliers"
        raise ValueError(f"no {missing} among {len(known)} samples; expected some of both")
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, scores[order][1:] != scores[order][:-1]])
    return _Ranking(order, known[order], starts)


def _refuse_strange(what: str, values: np.ndarray) -> None:
    if strange := int(np.isnan(values).sum()):
        raise ValueError(f"{what}: {strange} of {len(values)} are NaN; expected numbers")
