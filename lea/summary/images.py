"""What images that several seeds were shown say together, and an interval that allows for both.

A metric is a sum over images, one such sum over another, or the median of the finds' distances. The interval
is the percentile bootstrap's: images are drawn again with replacement, the same for all seeds and for both of
two runs, since the same images are shown to all; and so are seeds, of each run apart. The middle 95 % of the
medians over the seeds are its ends.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

RESAMPLES = 2_000


def of_images(images: pd.DataFrame, columns: Sequence[str], samples: Sequence[int]) -> dict[str, np.ndarray]:
    """Rows of seed and sample -> (seeds, samples) of each column; 0: the seed has no such image."""
    wide = images.pivot(index="seed", columns="sample", values=list(columns))
    return {name: wide[name].reindex(columns=samples).fillna(0).to_numpy(float) for name in columns}


def shares(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """One sum over another; NaN over none."""
    return np.asarray(np.divide(over, under, out=np.full(over.shape, np.nan), where=under > 0))


def weighted_medians(values: np.ndarray, known: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(seeds, samples) and which of them are known, (n, samples) -> (n, seeds): as if each value stood there
    as many times as its image counts.
    """
    found = np.full((len(weights), len(values)), np.nan)
    for seed, (row, is_known) in enumerate(zip(values, known > 0, strict=True)):
        ordered = np.flatnonzero(is_known)[np.argsort(row[is_known], kind="stable")]
        upto = np.cumsum(weights[:, ordered], axis=1)
        some = upto[:, -1] > 0 if len(ordered) else np.zeros(len(weights), bool)
        count = upto[some, -1:]
        middle = [(upto[some] <= place).sum(1) for place in ((count - 1) // 2, count // 2)]
        found[some, seed] = (row[ordered][middle[0]] + row[ordered][middle[1]]) / 2
    return found


@cache
def drawn_images(count: int) -> np.ndarray:
    """(RESAMPLES, count) times that each image is drawn, the same every time."""
    generator = np.random.default_rng([count, 2])  # 0 and 1 draw seeds
    return np.asarray(generator.multinomial(count, np.full(count, 1 / count), RESAMPLES), float)
