"""Analyses of variance: a response by factors and their interactions, least squares nested in least squares.

A model is written as `encoder * layout + prior`: `*` crosses factors, `+` adds. Factors are coded so that the
effects of their levels sum to zero; a term's sum of squares is what the residual grows by without it (Type
III), which in a balanced design is any other type's, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from lea.errors import UserError

Term = tuple[str, ...]  # the factors that it crosses


def terms_of(formula: str) -> list[Term]:
    """`a * b + c` -> (a), (c), (b), (a, b): main effects first, each term once."""
    found: dict[Term, None] = {}
    for product in formula.split("+"):
        factors = [one.strip() for one in product.split("*")]
        if not all(factors):
            raise UserError(f"found '{formula}'; expected factors between + and *, such as a * b + c")
        for size in range(1, len(factors) + 1):
            found |= dict.fromkeys(combinations(factors, size))
    return sorted(found, key=len)


@dataclass(frozen=True)
class Effect:
    """A term of an analysis of variance."""

    term: Term
    squares: float
    freedom: int
    f: float  # NaN where nothing is left to measure the noise by
    p: float
    partial: float  # eta squared: SS of the term / (SS of the term + SS of the residual)


def interval_of_partial(effect: Effect, residual: int, level: float) -> tuple[float, float]:
    """For partial eta squared, by the noncentral F distributions of which this F is as unlikely a value as
    the level says, from above and from below (Steiger 2004). A bootstrap of few seeds finds effects in noise.
    """
    ends = [
        _noncentrality(effect.f, effect.freedom, residual, share)
        for share in ((1 + level) / 2, (1 - level) / 2)
    ]
    low, high = (one / (one + effect.freedom + residual + 1) for one in ends)
    return low, high


def _noncentrality(f: float, freedom: int, residual: int, share: float) -> float:
    """Of the F distribution of which a share lies below this F; 0 if of none."""

    def below(noncentrality: float) -> float:
        return float(stats.ncf.cdf(f, freedom, residual, noncentrality)) - share

    if stats.f.cdf(f, freedom, residual) <= share:
        return 0.0
    most = 10.0 * (1 + f * freedom)
    while below(most) > 0:
        most *= 4
    return float(optimize.brentq(below, 1e-12, most))


@dataclass(frozen=True)
class Linear:
    """A linear model of a response, a row an observation."""

    levels: pd.DataFrame  # a column a factor
    response: np.ndarray  # (n,)
    terms: Sequence[Term]

    @cached_property
    def columns(self) -> dict[Term, np.ndarray]:
        """(n, freedom) of each term, and a constant under the empty one."""
        coded = {
            factor: _sum_to_zero(self.levels[factor])
            for factor in {one for term in self.terms for one in term}
        }
        found: dict[Term, np.ndarray] = {(): np.ones((len(self.response), 1))}
        for term in self.terms:
            columns = found[()]
            for factor in term:
                columns = (columns[:, :, None] * coded[factor][:, None, :]).reshape(len(columns), -1)
            found[term] = columns
        return found

    @cached_property
    def freedom(self) -> int:
        """Of the residual."""
        return len(self.response) - int(self.basis.shape[1])

    @cached_property
    def basis(self) -> np.ndarray:
        """(n, rank), orthonormal, of all that the model can fit."""
        return _basis(self._design(self.columns))

    @cached_property
    def fitted(self) -> np.ndarray:
        """(n,)."""
        return np.asarray(self.basis @ (self.basis.T @ self.response))

    @property
    def residuals(self) -> np.ndarray:
        """(n,)."""
        return np.asarray(self.response - self.fitted)

    @property
    def mean_square(self) -> float:
        """Of the residual: the variance of the noise; NaN where nothing is left to measure it by."""
        return float(self.residuals @ self.residuals / self.freedom) if self.freedom else np.nan

    def effects(self) -> Iterator[Effect]:
        """Each term, with its sum of squares and what follows from it."""
        rest = float(self.residuals @ self.residuals)
        for term in self.terms:
            without = _basis(self._design({key: one for key, one in self.columns.items() if key != term}))
            left = self.response - without @ (without.T @ self.response)
            squares = float(max(0.0, left @ left - rest))
            freedom = int(self.basis.shape[1] - without.shape[1])
            f = squares / freedom / self.mean_square
            p = float(stats.f.sf(f, freedom, self.freedom))
            yield Effect(term, squares, freedom, f, p, squares / (squares + rest))

    def _design(self, columns: Mapping[Term, np.ndarray]) -> np.ndarray:
        return np.concatenate(list(columns.values()), axis=1)


def _sum_to_zero(values: pd.Series) -> np.ndarray:
    """(n, levels - 1): a column a level but the last, which has -1 in all of them."""
    levels = list(dict.fromkeys(values))
    if len(levels) < 2:
        raise UserError(f"factor '{values.name}' has one level, {levels[0]}; expected several to compare")
    coded = np.vstack([np.eye(len(levels) - 1), -np.ones(len(levels) - 1)])
    return np.asarray(coded[[levels.index(one) for one in values]])


def _basis(design: np.ndarray) -> np.ndarray:
    """An orthonormal basis of what a design's columns span."""
    left, sizes, _ = np.linalg.svd(design, full_matrices=False)
    return np.asarray(left[:, sizes > 1e-9 * sizes[0]])
