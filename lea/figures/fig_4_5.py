"""What attacks make of the network without LEAs: colour is the mean square distance between an image and the
adversarial found, over the finds alone, a circle's area the share of attacked images for which one was found;
both medians over the seeds. Only images that the network gets right are attacked. Left the attacks as foolbox
1.8.0 had them, right those that are corrected.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.circles import with_flags
from lea.figures.raw import draw_raw

NEEDS = ("robustness", "reliability")


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Of runs without LEAs."""
    found = with_flags(summaries)
    return found[found["autoencoder"].isna()]


def draw(robustness: pd.DataFrame) -> Figure:
    """A row, if there is one such network."""
    return draw_raw(robustness)
