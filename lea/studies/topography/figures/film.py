"""The water's level after each moment that was kept: the PNG shows one map after another, for ever; the PDF
some of them beside each other.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lea.studies.topography.figures import maps

NEEDS = ("maps",)
LIMITS = {"cells": (1, 10_000), "reach": (1e-3, 1000)}
BESIDE = 6  # maps of the PDF


def table(
    summaries: Mapping[str, pd.DataFrame],
    *,
    where: Mapping[str, object] | None = None,
    cells: int = 200,
) -> pd.DataFrame:
    """All levels of one run's tsunami, and its relief."""
    return maps.table(summaries, kind="level", where=where, cells=cells)


def draw(rows: pd.DataFrame, *, reach: float = 3.0) -> Figure:
    """Some moments."""
    moments = rows["seconds"].dropna().unique()
    some = moments[np.linspace(0, len(moments) - 1, min(BESIDE, len(moments))).round().astype(int)]
    return maps.draw(rows[rows["seconds"].isna() | rows["seconds"].isin(some)], kind="level", reach=reach)


def frames(rows: pd.DataFrame, *, reach: float = 3.0) -> Iterator[Figure]:
    """Every moment."""
    for moment in rows["seconds"].dropna().unique():
        yield maps.draw(rows[rows["seconds"].isna() | (rows["seconds"] == moment)], kind="level", reach=reach)
