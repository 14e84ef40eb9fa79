"""Code maps of a LEA directly on images, trained without labels, at the last epoch of which pictures were
kept, one seed: each code of each window as a grey value, from the least of its map (black) to the largest
(white).
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures import fig_4_4

NEEDS = ("album",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Images and code maps after the last epoch."""
    return fig_4_4.table(summaries)


def draw(album: pd.DataFrame) -> Figure:
    """A row a data set, a column a code."""
    return fig_4_4.draw(album)
