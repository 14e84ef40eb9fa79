"""Oracle: pictures of one grey value each, found again in the pixels; tables with known numbers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from lea.errors import UserError
from lea.figures import crossed, gallery, residuals

ENCODERS = ("learnt", "fixed")
PRIORS = (("normal", None), ("real-nvp", 6.0))


def album(channels: int = 1, made: int = 5) -> pd.DataFrame:
    """Two encoders under two priors, one model left out; each picture has a grey of its own."""
    rows: list[dict[str, Any]] = []
    for number, (encoder, (prior, flows)) in enumerate([(e, p) for e in ENCODERS for p in PRIORS][:3]):
        for kind, count in (("input", 2), ("reconstruction", 2), ("sample", made)):
            for sample in range(count):
                for channel in range(channels):
                    value = grey(number, kind, sample) * (1 if channel == 0 else 0.5)
                    rows.append(
                        {"label": f"{encoder} {prior}", "encoder": encoder, "prior": prior, "flows": flows}
                        | {"seed": 0, "epoch": 3, "part": "network", "kind": kind, "sample": sample}
                        | {"channel": channel, "low": 0.0, "high": 1.0, "height": 2, "width": 2}
                        | {"values": np.full(4, value)}
                    )
    return pd.DataFrame(rows)


def grey(number: int, kind: str, sample: int) -> float:
    return (number * 16 + {"input": 0, "reconstruction": 4, "sample": 8}[kind] + sample) / 50


ASKED: dict[str, Any] = {"lines": ("flows", "prior"), "across": "encoder"}


def montages(frame: pd.DataFrame, **options: Any) -> tuple[list[Axes], list[np.ndarray | None]]:
    read = {name: options[name] for name in ("kinds", "count") if name in options}
    table = gallery.table({"album": frame}, **ASKED, **read)
    drawn = {name: one for name, one in options.items() if name != "count"}
    figure = gallery.draw(table, **ASKED, **drawn)
    return figure.axes, [
        np.asarray(axes.images[0].get_array()) if axes.images else None for axes in figure.axes
    ]


def test_a_field_a_model_and_an_empty_one_where_there_is_none() -> None:
    axes, found = montages(album(), kinds=("sample",))
    assert [axes[0].get_title(), axes[1].get_title()] == ["learnt", "fixed"]
    assert [axes[0].get_ylabel(), axes[2].get_ylabel()] == ["normal", "6 real-nvp"]
    assert [one is None for one in found] == [False, False, False, True]


def test_pictures_stand_side_by_side_in_their_order_with_white_between() -> None:
    _, found = montages(album(), kinds=("sample",), wide=3)
    first = found[0]
    assert first is not None
    assert first.shape == (8, 12, 3)  # two lines of three pictures of 2x2, a pixel around each
    for sample in range(5):
        row, column = divmod(sample, 3)
        pixels = first[4 * row + 1 : 4 * row + 3, 4 * column + 1 : 4 * column + 3]
        assert np.allclose(pixels, grey(0, "sample", sample), atol=1e-4)
    assert np.all(first[4:, 8:] == 1)  # nothing stands in the last place
    assert np.all(first[0] == 1)


def test_kinds_stand_below_one_another() -> None:
    _, found = montages(album(), kinds=("input", "reconstruction"), wide=2)
    first = found[0]
    assert first is not None
    greys = [[first[4 * row + 1, 4 * column + 1, 0] for column in range(2)] for row in range(2)]
    expected = [[grey(0, kind, sample) for sample in range(2)] for kind in ("input", "reconstruction")]
    assert np.allclose(greys, expected, atol=1e-4)


def test_three_channels_are_a_colour() -> None:
    _, found = montages(album(channels=3), kinds=("sample",), wide=5)
    first = found[0]
    assert first is not None
    assert np.allclose(first[1, 5], np.array([1, 0.5, 0.5]) * grey(0, "sample", 1), atol=1e-4)


def test_no_more_pictures_are_kept_than_are_asked_for() -> None:
    table = gallery.table({"album": album()}, kinds=("sample",), count=2, **ASKED)
    assert set(table["sample"]) == {0, 1}


def test_values_may_be_called_otherwise() -> None:
    axes, _ = montages(album(), kinds=("sample",), names={"learnt": "L", "real-nvp": "flows"})
    assert (axes[0].get_title(), axes[2].get_ylabel()) == ("L", "6 flows")


# --- means in a cross ---


def means() -> pd.DataFrame:
    rows = [
        {"label": f"{encoder} {prior}", "encoder": encoder, "prior": prior, "flows": flows}
        | {"response": response, "mean": 10 * number + place / 3, "deviation": None if number else 0.125}
        for number, encoder in enumerate(ENCODERS)
        for place, (prior, flows) in enumerate(PRIORS)
        for response in ("test loss", "seconds")
    ]
    return pd.DataFrame(rows)


def test_a_row_a_combination_and_a_pair_of_columns_a_value() -> None:
    table = crossed.table({"means": means()}, response="test loss", names={"learnt": "L"}, **ASKED)
    assert list(table.columns) == ["flows", "prior", "L mean", "L deviation", "fixed mean", "fixed deviation"]
    assert table.iloc[1].to_dict() == {
        "flows": "6",
        "prior": "real-nvp",
        "L mean": 0.33,
        "L deviation": pytest.approx(0.12, abs=0.01),
        "fixed mean": 10.33,
        "fixed deviation": None,
    }
    assert table["flows"].tolist() == ["", "6"]


def test_several_responses_stand_side_by_side() -> None:
    one = means()[(means()["encoder"] == "learnt") & (means()["response"] == "test loss")]
    both = pd.concat([one, one.assign(response="test error", mean=7.0)])
    table = crossed.table(
        {"means": both}, response=("test error", "test loss"), lines=("prior",), across="response"
    )
    assert table["test error mean"].tolist() == [7.0, 7.0]
    assert table["test loss mean"].tolist() == one["mean"].round(2).tolist()


def test_two_runs_in_one_place_are_refused() -> None:
    twice = pd.concat([means(), means()])
    with pytest.raises(UserError, match="two runs at normal, learnt"):
        crossed.table({"means": twice}, response="test loss", lines=("prior",), across="encoder")


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(UserError, match="no column 'layers' in the summary"):
        crossed.table({"means": means()}, response="test loss", lines=("layers",), across="encoder")


# --- residuals ---


def test_residuals_are_drawn_against_what_is_fitted_and_what_is_normal() -> None:
    frame = pd.DataFrame(
        {
            "group": ["elbo"] * 3 + ["source"] * 3,
            "response": ["test loss"] * 6,
            "fitted": [1.0, 2, 3, 4, 5, 6],
            "residual": [0.1, -0.2, 0.1, 0.3, -0.3, 0.0],
            "quantile": [0.5, -1.0, 0.6, 1.0, -1.0, 0.0],
        }
    )
    figure = residuals.draw(residuals.table({"residuals": frame}))
    assert len(figure.axes) == 4
    left, right = figure.axes[2:]
    assert left.get_title() == "test loss, source"
    assert np.array_equal(left.lines[0].get_xydata(), frame[["fitted", "residual"]][3:].to_numpy())
    assert np.array_equal(right.lines[0].get_xydata(), frame[["quantile", "residual"]][3:].to_numpy())
