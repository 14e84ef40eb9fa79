"""Oracle: made-up summaries, turned by hand."""

import pandas as pd
import pytest

from lea.errors import UserError
from lea.figures.beside import table


def summaries(*rows: tuple[str, str, str, float], measure: str = "normality") -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(rows, columns=["label", "part", "metric", "median"])
    return {"measures": frame.assign(measure=measure, split="test", low=frame["median"] - 1, high=9.0)}


FOUND = summaries(
    ("a", "network", "mean", 1.2345),
    ("a", "law", "mean", 2.0),
    ("a", "network", "spread", 5.0),
    ("a", "other", "spread", 7.0),
)


def test_parts_stand_beside_one_another_and_the_first_has_its_interval() -> None:
    found = table(FOUND, measure="normality", parts=("network", "law"), names={"network": "flow"}, digits=2)
    assert list(found) == ["label", "split", "metric", "flow", "flow low", "flow high", "law"]
    assert found.iloc[0].tolist() == ["a", "test", "mean", 1.23, 0.23, 9.0, 2.0]
    assert found.iloc[1, 3] == 5.0
    assert pd.isna(found.iloc[1, -1])


def test_two_values_of_one_place_are_refused() -> None:
    twice = summaries(("a", "network", "mean", 1.0), ("a", "network", "mean", 2.0))
    with pytest.raises(
        UserError, match="two values of a, test, mean, network; expected one; name more `lines`"
    ):
        table(twice, measure="normality", parts=("network",))
