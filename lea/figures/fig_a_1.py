"""What attacks make of networks with and without LEAs, as it was measured: colour is the mean square distance
between an image and the adversarial found, over the finds alone, a circle's area the share of attacked images
for which one was found; both medians over the seeds. A run that did not learn its task is named, and not
drawn. Left the attacks as foolbox 1.8.0 had them, right those that are corrected.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from lea.figures.circles import with_flags
from lea.figures.raw import draw_raw

NEEDS = ("robustness", "reliability")


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Of all runs."""
    return with_flags(summaries)


def draw(robustness: pd.DataFrame) -> Figure:
    """A row a run."""
    return draw_raw(robustness)
