"""Oracle: numbers written here, and where they stand on the drawing."""

import pandas as pd
import pytest

from lea.errors import UserError
from lea.studies.outliers.figures import roc

FOUND = {0.05: 0.4, 0.5: 0.8, 0.1: 0.6}  # not in their order


def summary(*detectors: tuple[str, str | None], role: str = "near") -> pd.DataFrame:
    """As `detection` gives it; each further detector is better by 0.1."""
    rows = []
    for number, (detector, drawn) in enumerate(detectors):
        its = {"label": detector, "detector": detector, "drawn": drawn, "outliers": role, "seeds": 3}
        metrics = {f"found at {at:g}": found for at, found in FOUND.items()} | {"AUROC": 0.6, "AUPR": 0.3}
        for metric, value in metrics.items():
            value += number / 10
            spread = {
                "minimum": value - 0.05,
                "maximum": value + 0.02,
                "low": value - 0.1,
                "high": value + 0.04,
            }
            rows.append(its | {"metric": metric, "median": value} | spread)
    return pd.DataFrame(rows)


TWO = summary(("likelihood", None), ("logit", "sphere"))
NAMES = {"logit": "discriminator", "near": "near ones"}


def made(frame: pd.DataFrame, **options: object) -> pd.DataFrame:
    return roc.table({"detection": frame}, lines=("detector", "drawn"), names=NAMES, **options)  # type: ignore[arg-type]


def test_lines_are_called_by_what_sets_them_apart() -> None:
    rows = made(TWO)
    assert list(rows["line"].unique()) == ["likelihood", "discriminator sphere"]
    assert set(rows["metric"]) == {"AUROC", *(f"found at {at:g}" for at in FOUND)}


def test_lines_go_from_no_false_alarm_to_all_and_areas_stand_with_their_intervals() -> None:
    curves, areas = roc.draw(made(TWO), names=NAMES).axes
    _, first, second = curves.lines
    assert list(first.get_xdata()) == [0, 0.05, 0.1, 0.5, 1]
    assert list(first.get_ydata()) == pytest.approx([0, 0.4, 0.6, 0.8, 1])
    assert list(second.get_ydata()) == pytest.approx([0, 0.5, 0.7, 0.9, 1])
    assert curves.get_ylabel() == "near ones\nfound"
    assert [one.get_text() for one in areas.get_yticklabels()] == ["likelihood", "discriminator sphere"]
    (_, (low, high), _), _ = (one.lines for one in areas.containers)
    assert (low.get_xdata()[0], high.get_xdata()[0]) == pytest.approx((0.5, 0.64))


def test_a_table_of_outliers_has_a_row_of_panels_and_a_detector_its_colour_in_all() -> None:
    rows = made(pd.concat([TWO, summary(("logit", "sphere"), role="far")]))
    figure = roc.draw(rows)
    assert len(figure.axes) == 4
    above, beneath = (axes.lines[-1].get_color() for axes in figure.axes[::2])
    assert above == beneath


def test_more_detectors_than_colours_are_told_apart_by_dashes() -> None:
    many = [(f"detector {number}", None) for number in range(len(roc.COLOURS) + 1)]
    curves = roc.draw(made(summary(*many))).axes[0]
    first, last = curves.lines[1], curves.lines[-1]
    assert first.get_color() == last.get_color()
    assert first.get_linestyle() != last.get_linestyle()


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="no column 'way' in the summary"):
        roc.table({"detection": TWO}, lines=("way",))
