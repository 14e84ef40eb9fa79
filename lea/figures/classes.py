"""How many images of each class the runs learn from and are tested on."""

from collections.abc import Mapping

import pandas as pd

NEEDS = ("balance",)


def table(summaries: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a split and number of samples, a column a class: its count and its share."""
    balance = summaries["balance"]
    written = [
        f"{count} ({share:.1%})" for count, share in zip(balance["count"], balance["share"], strict=True)
    ]
    return (
        balance.assign(cell=written)
        .pivot_table(
            index=["dataset", "target", "split", "samples"],
            columns="class",
            values="cell",
            aggfunc="first",
            sort=False,
        )
        .reset_index()
    )
