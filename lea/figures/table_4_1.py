"""The data sets: size of an image, number of training and test images, and labels with their number of
classes.
"""

from collections.abc import Mapping

import pandas as pd

NEEDS = ("sizes",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a data set."""
    return summaries["sizes"]
