"""Oracle: what matplotlib was given to draw."""

import numpy as np
import pandas as pd
import pytest

from lea.errors import UserError
from lea.figures import curves, trends

ASKED = {"responses": ("tested error",), "x": "kept", "lines": ("model", "features")}


def means() -> pd.DataFrame:
    rows = [
        {
            "label": f"{model} {kept}",
            "model": model,
            "features": None,
            "kept": kept,
            "response": "tested error",
        }
        | {
            "mean": mean,
            "low": None if model == "pca" else mean - 1,
            "high": None if model == "pca" else mean + 2,
        }
        for model, kept, mean in (
            ("pca", 100.0, 5.0),
            ("pca", 25.0, 7.0),
            ("vae", 25.0, 9.0),
            ("mean", None, 11.0),
        )
    ]
    return pd.DataFrame(rows)


def test_points_stand_at_their_number_with_bars_where_there_are_several_seeds() -> None:
    table = trends.table({"means": means()}, **ASKED)
    assert set(table["model"]) == {"pca", "vae"}  # the other has no number
    figure = trends.draw(table, **ASKED, labels={"kept": "values kept"}, names={"vae": "network"})
    (axes,) = figure.axes
    first, second = axes.containers
    assert [one.get_label() for one in (first, second)] == ["pca", "network"]
    assert np.array_equal(first.lines[0].get_xydata(), [[25, 7], [100, 5]])
    assert [segment[:, 1].tolist() for segment in second.lines[2][0].get_segments()] == [[8, 11]]
    assert [segment[:, 1].tolist() for segment in first.lines[2][0].get_segments()] == [[7, 7], [5, 5]]
    assert axes.get_xlabel() == "values kept"


def test_runs_without_the_number_are_refused() -> None:
    without = means()[means()["model"] == "mean"]
    with pytest.raises(UserError, match="no run has a number in 'kept'"):
        trends.table({"means": without}, **ASKED)


@pytest.mark.parametrize("logarithmic", [False, True])
def test_curves_may_be_logarithmic(logarithmic: bool) -> None:
    frame = pd.DataFrame(
        {"label": "one", "split": split, "epoch": epoch, "metric": "error"}
        | {"median": 10.0**epoch, "minimum": 1.0, "maximum": 100.0}
        for split in ("train", "test")
        for epoch in (1, 2)
    )
    figure = curves.draw(frame, metric="error", logarithmic=logarithmic)
    assert {axes.get_yscale() for axes in figure.axes} == {"log" if logarithmic else "linear"}
