"""Fig. 3.1: the largest of n standard normal values, `(M - b) / a` with the constants of the limit, beside
the Gumbel distribution to which it tends: bars of drawn maxima, the density of the largest of n, that of the
limit; and how far the two distributions are apart at most, against n.

The constants are the usual ones, `a = 1 / sqrt(2 log n)` and
`b = sqrt(2 log n) - (log log n + log 4 pi) / (2 sqrt(2 log n))`; in the last panel also those that Hall
(1979) finds best, `a = 1 / b` and `2 pi b^2 exp(b^2) = n^2`, with which the difference falls as `1 / log n`,
and with no others faster.
"""

from collections.abc import Callable, Mapping
from math import log, pi, sqrt

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import lambertw, log_ndtr, ndtri
from scipy.stats import gumbel_r, norm

from lea.figures.pages import WIDTH, draw_legend

NEEDS = ()
LIMITS = {"sizes": (2, 1e15), "draws": (100, 1_000_000), "seed": (0, 1_000_000)}
LOW, HIGH, BINS, PLACES = -3.0, 7.0, 40, 401  # of densities
MOST = 14  # the largest n is 10 to this
TAIL, GRID = 50.0, 100_001  # where distributions are compared
Constants = tuple[float, float]


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    sizes: tuple[int, ...] = (10, 1000, 1_000_000),
    draws: int = 20_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Densities `of` which at places `x`, and largest differences at n."""
    x = np.linspace(LOW, HIGH, PLACES)
    edges = np.linspace(LOW, HIGH, BINS + 1)
    parts = [_rows("limit", 0, x, gumbel_r.pdf(x))]
    rng = np.random.default_rng(seed)
    for n in sizes:
        a, b = gumbel_constants(n)
        shares, _ = np.histogram((drawn_maxima(rng, draws, n) - b) / a, edges)
        parts.append(_rows("drawn", n, edges[:-1], shares / draws / np.diff(edges)))
        parts.append(_rows("largest of n", n, x, maxima_density(x, n)))
    for name, constants in CONSTANTS.items():
        counts = 10.0 ** np.arange(1, MOST + 1)
        parts.append(_rows(name, 0, counts, np.array([distance(n, constants) for n in counts])))
    return pd.concat(parts, ignore_index=True)


def draw(rows: pd.DataFrame, *, sizes: tuple[int, ...] = (10, 1000, 1_000_000)) -> Figure:
    """A panel each of `sizes`, and one of the differences."""
    figure = Figure(figsize=(WIDTH, 2.1))
    *densities, last = figure.subplots(1, len(sizes) + 1, width_ratios=[1] * len(sizes) + [1.35])
    of = {key: found for key, found in rows.groupby(["of", "n"])}
    limit = of["limit", 0]
    for axes, n in zip(densities, sizes, strict=True):
        bars, exact = of["drawn", n], of["largest of n", n]
        axes.stairs(bars["value"], [*bars["x"], HIGH], fill=True, color="0.85", label="drawn")
        axes.plot(exact["x"], exact["value"], color="C0", label="largest of n values")
        axes.plot(limit["x"], limit["value"], "--", color="C1", label="limit (Gumbel)")
        axes.set_title(f"n = {n:,}")
        axes.set_ylim(0, 1.1 * rows.loc[rows["of"] == "largest of n", "value"].max())
        axes.set_xlabel("(M - b) / a")
        if axes is not densities[0]:
            axes.tick_params(labelleft=False)
    densities[0].set_ylabel("density")
    for number, name in enumerate(CONSTANTS, 2):
        its = of[name, 0]
        last.plot(its["x"], its["value"], "o-", color=f"C{number}", label=name)
    last.set_xscale("log")
    last.set_yscale("log")
    last.set_xlabel("n")
    last.set_title("largest difference")
    draw_legend(figure)
    return figure


def gumbel_constants(n: float) -> Constants:
    """The usual a and b."""
    root = sqrt(2 * log(n))
    return 1 / root, root - (log(log(n)) + log(4 * pi)) / (2 * root)


def best_constants(n: float) -> Constants:
    """Hall's: `b^2 exp(b^2) = n^2 / 2 pi` is what Lambert's function undoes."""
    b = sqrt(lambertw(n**2 / (2 * pi)).real)
    return 1 / b, b


def drawn_maxima(rng: np.random.Generator, count: int, n: float) -> np.ndarray:
    """(count,): each the largest of n standard normal values, of which none is drawn."""
    return -ndtri(-np.expm1(np.log(rng.random(count)) / n))


def maxima_density(x: np.ndarray, n: float) -> np.ndarray:
    """(places,): of `(M - b) / a`."""
    a, b = gumbel_constants(n)
    y = a * x + b
    return n * a * np.exp(norm.logpdf(y) + (n - 1) * log_ndtr(y))


def distance(n: float, constants: Callable[[float], Constants] = gumbel_constants) -> float:
    """The largest difference of the distributions."""
    a, b = constants(n)
    x = np.linspace(-TAIL, TAIL, GRID)
    return float(np.abs(np.exp(n * log_ndtr(a * x + b)) - gumbel_r.cdf(x)).max())


CONSTANTS = {"usual a and b": gumbel_constants, "best a and b": best_constants}


def _rows(of: str, n: int, x: np.ndarray, value: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"of": of, "n": n, "x": x, "value": value})
