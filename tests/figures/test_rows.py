"""Oracle: the table written out by hand."""

import pandas as pd
import pytest

from lea.errors import UserError
from lea.figures.rows import table

MEANS = pd.DataFrame(
    {"label": ["a", "a", "b"], "response": ["loss", "rise", "loss"], "mean": [0.12, 0.56, 0.26]}
)


def test_what_was_published_stands_behind_the_rows_of_its_run() -> None:
    made = table(
        {"means": MEANS}, summary="means", digits={"mean": 1, "published": 2}, published={"b": 0.254}
    )
    assert made.to_csv(index=False).split() == [
        "label,response,mean,published",
        "a,loss,0.1,",
        "a,rise,0.6,",
        "b,loss,0.3,0.25",
    ]


def test_what_was_published_of_a_run_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match=r"^published: no run 'c'; expected one of a, b$"):
        table({"means": MEANS}, summary="means", published={"c": 0.25})


def test_without_it_there_is_no_such_column() -> None:
    assert list(table({"means": MEANS}, summary="means", columns=("label", "mean"))) == ["label", "mean"]
