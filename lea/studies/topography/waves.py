"""What figures and tables of waves share."""

import pandas as pd

FLOOR = "root mean square"


def with_floor(waves: pd.DataFrame) -> pd.DataFrame:
    """The rows of gauges whose codes were not drawn, with how far the floor is off, in metres, as `floor`."""
    own = waves[waves["draw"].isna()]
    key = ["label", "tsunami", "seed"]
    floors = own[own["gauge"].isna() & (own["metric"] == FLOOR)][[*key, "value"]]
    return own[own["gauge"].notna()].merge(floors.rename(columns={"value": "floor"}), on=key)


def of_models(rows: pd.DataFrame, original: str) -> pd.Series:
    """Whether a row is a model's: the run `original` has the relief as it is, and what stood in its place."""
    return rows["label"] != original
