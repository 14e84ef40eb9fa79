"""Oracle: a made-up summary; what matplotlib was given to draw."""

import pandas as pd
import pytest

from lea.errors import UserError
from lea.studies.outliers.figures import deceived


def summary(*rows: tuple[str, float | None, str, str, str, float]) -> dict[str, pd.DataFrame]:
    columns = ["label", "share", "detector", "outliers", "metric", "median"]
    frame = pd.DataFrame(rows, columns=columns)
    return {"detection": frame.assign(low=frame["median"] - 0.1, high=frame["median"] + 0.05)}


FOUND = summary(
    ("a", 0.1, "likelihood", "moons", "AUROC", 0.8),
    ("b", 0.0, "likelihood", "moons", "AUROC", 0.9),
    ("b", 0.0, "logit", "moons", "AUROC", 0.7),
    ("b", 0.0, "likelihood", "circles", "AUROC", 0.6),
    ("b", 0.0, "likelihood", "circles", "FPR95", 0.1),
    ("c", None, "likelihood", "circles", "AUROC", 0.2),
    ("b", 0.0, "likelihood", "moons", "AUROC within 0", 0.9),
    ("b", 0.0, "likelihood", "moons", "AUROC within 1e-05", 0.85),
    ("b", 0.0, "likelihood", "moons", "AUROC within 0.25", 0.5),
    ("b", 0.0, "likelihood", "moons", "AUROC within 0.25, both", 0.3),
)


def lines(figure: object, panel: int) -> dict[str, list[list[float]]]:
    axes = figure.axes[panel]  # type: ignore[attr-defined]
    return {one.get_label(): one.lines[0].get_xydata().tolist() for one in axes.containers}


def test_a_line_a_detector_against_the_size_of_the_change_and_both_are_dashed() -> None:
    figure = deceived.draw(deceived.table(FOUND), label="size")
    assert lines(figure, 0) == {
        "likelihood": [[0.0, 0.9], [1e-5, 0.85], [0.25, 0.5]],
        "likelihood, both changed": [[0.25, 0.3]],
    }
    solid, dashed = figure.axes[0].containers
    assert (solid.lines[0].get_linestyle(), dashed.lines[0].get_linestyle()) == ("-", "--")
    assert solid.lines[0].get_color() == dashed.lines[0].get_color()


def test_what_cannot_be_drawn_is_refused() -> None:
    clean = {"detection": FOUND["detection"].iloc[:6]}
    with pytest.raises(UserError, match="no AUROC of samples that were changed to deceive a detector"):
        deceived.table(clean)
    both = {"detection": pd.concat([FOUND["detection"], FOUND["detection"].assign(label="d")])}
    with pytest.raises(UserError, match=r"two runs have the detector 'likelihood' at size 0, such as 'd'"):
        deceived.table(both)
