"""How long autoencoders take to train on the machine that is named: minutes of all epochs without the tests
between them (median and range over the seeds), and milliseconds a sample. Jobs that ran at the same time
shared the machine.
"""

from collections.abc import Mapping

import pandas as pd

NEEDS = ("costs",)
DIGITS = {"minutes": 2, "minimum": 2, "maximum": 2, "milliseconds_a_sample": 3}


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row an autoencoder and coder."""
    return summaries["costs"].drop(columns="label").round(DIGITS)
