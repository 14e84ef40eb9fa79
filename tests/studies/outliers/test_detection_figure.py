"""Oracle: numbers written here, and where they stand on the drawing."""

import pandas as pd
import pytest

from lea.errors import UserError
from lea.studies.outliers.figures import detection

COLUMNS = ["label", "detector", "drawn", "far", "outliers", "metric", "median", "low", "high"]
ROWS = pd.DataFrame(
    [
        ["a", "likelihood", None, None, "near", "AUROC", 0.6, 0.5, 0.7],
        ["b", "logit", "sphere", 2.0, "near", "AUROC", 0.7, 0.6, 0.8],
        ["b", "logit", "sphere", 1.5, "near", "AUROC", 0.9, 0.8, 1.0],
        ["b", "logit", "sphere", 1.5, "near", "AUPR", 0.1, 0.1, 0.1],
        ["a", "likelihood", None, None, "wide", "AUROC", 0.3, 0.2, 0.4],
        ["b", "logit", "sphere", 1.5, "wide", "AUROC", 0.4, 0.3, 0.5],
    ],
    columns=COLUMNS,
)
LINES = ("detector", "drawn")


def shown(metric: str = "AUROC", x: str = "far") -> pd.DataFrame:
    return detection.table({"detection": ROWS}, x=x, lines=LINES, metric=metric)


def test_points_stand_at_their_number_and_what_has_none_is_level() -> None:
    names = {"logit": "discriminator", "wide": "wide ones"}
    figure = detection.draw(shown(), x="far", lines=LINES, names=names, labels={"far": "how far"})
    near, wide = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["near", "wide ones"]
    level, drawn = near.lines[0], near.containers[0].lines[0]
    assert list(level.get_ydata()) == [0.6, 0.6]
    assert list(drawn.get_xdata()) == [1.5, 2]
    assert list(drawn.get_ydata()) == [0.9, 0.7]
    assert wide.get_xlabel() == "how far"
    assert level.get_color() == wide.lines[0].get_color() != drawn.get_color()
    (legend,) = figure.legends
    assert [one.get_text() for one in legend.get_texts()] == ["likelihood", "discriminator sphere"]


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_however_long_the_label_below_is_it_lies_on_no_other(count: int) -> None:
    tables = [ROWS.assign(outliers=f"set {number}").iloc[:3] for number in range(count)]
    rows = detection.table({"detection": pd.concat(tables)}, x="far", lines=LINES)
    label = "mean radius of drawn outliers / that of inliers"
    figure = detection.draw(rows, x="far", lines=LINES, labels={"far": label})
    figure.draw_without_rendering()
    labels = [axes.xaxis.label for axes in figure.axes if axes.get_xlabel()]
    assert [one.get_text() for one in labels] == [label]
    box, page = labels[0].get_window_extent(), figure.bbox
    assert page.x0 <= box.x0
    assert box.x1 <= page.x1
    panels = [axes.get_window_extent() for axes in figure.axes if axes.axison]
    middle = (min(one.x0 for one in panels) + max(one.x1 for one in panels)) / 2
    assert (box.x0 + box.x1) / 2 == pytest.approx(middle, abs=0.25 * figure.dpi)
    assert not any(box.overlaps(one) for one in panels)


def test_one_metric_is_shown() -> None:
    assert set(shown()["metric"]) == {"AUROC"}
    assert len(shown("AUPR")) == 1


def test_a_column_without_a_number_is_refused() -> None:
    none = ROWS.assign(far=None)
    with pytest.raises(UserError, match="no run has a number in 'far'"):
        detection.table({"detection": none}, x="far", lines=LINES)


def test_shares_begin_at_nothing() -> None:
    rows = detection.table({"detection": ROWS.assign(far=ROWS["far"] - 1.5)}, x="far", lines=LINES)
    figure = detection.draw(rows, x="far", lines=LINES)
    figure.draw_without_rendering()
    assert [one.get_text() for one in figure.axes[0].get_xticklabels()] == ["0%", "50%"]


def test_two_points_in_one_place_are_refused() -> None:
    twice = {"detection": pd.concat([ROWS, ROWS.assign(label="d")])}
    with pytest.raises(UserError, match=r"two runs have the detector 'logit' at far 2, such as 'd'"):
        detection.table(twice, x="far", lines=LINES)
