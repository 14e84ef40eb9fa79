"""The number of trainable parameters of autoencoders on an image and on a window of a feature map."""

from collections.abc import Mapping

import pandas as pd

NEEDS = ("parameters",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row an autoencoder, coder and input."""
    return summaries["parameters"]
