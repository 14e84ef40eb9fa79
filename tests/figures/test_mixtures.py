"""Oracle: pictures of one grey value each, found again where they belong; weights in words by hand; the
geometry of regular polygons.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox

from lea.errors import UserError
from lea.figures import mixtures, simplex

MODELS = ("pixels", "flow")
EQUAL = "equal parts"


def row(label: str, kind: str, sample: int, values: Any, channel: int = 0, epoch: int = 3) -> dict[str, Any]:
    values = np.atleast_2d(np.asarray(values, float))
    size = {"low": 0.0, "high": 1.0, "height": values.shape[0], "width": values.shape[1]}
    place = {"label": label, "seed": 0, "epoch": epoch, "part": "network", "kind": kind}
    return place | size | {"sample": sample, "channel": channel, "values": values.ravel()}


def grey(model: int, kind: str, sample: int) -> float:
    return (model * 16 + {"input": 0, "walk": 4, "archetype": 8, "triangle": 12}[kind] + sample) / 50


def walks() -> pd.DataFrame:
    """Two models, two inputs and three mixtures of three archetypes each; an earlier epoch of all."""
    weights = np.array([[1, 0, 0], [0.6, 0.4, 0], [1.5, -0.25, -0.25]])
    rows = []
    for model, label in enumerate(MODELS):
        for epoch, change in ((1, 0.01), (3, 0.0)):
            for kind, count in (("input", 2), ("walk", 3)):
                for sample in range(count):
                    values = np.full((2, 2), grey(model, kind, sample) + change)
                    rows.append(row(label, kind, sample, values, epoch=epoch))
            rows += [row(label, "walk weights", n, one, epoch=epoch) for n, one in enumerate(weights)]
    return pd.DataFrame(rows)


def drawn(frame: pd.DataFrame, **options: Any) -> Figure:
    table = mixtures.table({"album": frame}, kinds=options["kinds"], count=options.pop("count", 9))
    return mixtures.draw(table, **options)


def greys(figure: Figure) -> list[float | None]:
    return [float(axes.images[0].get_array()[0, 0]) if axes.images else None for axes in figure.axes]


def test_lines_stand_kind_by_kind_and_model_by_model_and_what_is_no_mixture_once() -> None:
    figure = drawn(walks(), kinds=("input", "walk"), wide=2, names={"flow": "a flow"})
    expected = [grey(0, "input", 0), grey(0, "input", 1)]
    for model in range(2):
        expected += [grey(model, "walk", 0), grey(model, "walk", 1), grey(model, "walk", 2), None]
    for found, known in zip(greys(figure), expected, strict=True):
        assert found == (None if known is None else pytest.approx(known, abs=1e-4))
    names = [axes.get_ylabel() for axes in figure.axes[::2]]
    assert names == ["input", "pixels\nwalk", "", "a flow\nwalk", ""]


def test_each_mixture_says_its_weights() -> None:
    figure = drawn(walks(), kinds=("walk",), wide=3)
    said = [axes.get_xlabel() for axes in figure.axes]
    assert said == 2 * ["Z1", "0.60 Z1\n0.40 Z2", "1.50 Z1\n\N{MINUS SIGN}0.25 each other"]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([0.25] * 4, EQUAL),
        ([0, 0, 1, 0], "Z3"),
        ([0.1, 0.1, 0.7, 0.1], "0.70 Z3\n0.10 each other"),
        ([0.2, 0.5, 0.3, 0], "0.50 Z2\n0.30 Z3 …"),
        ([0.001, 0.599, 0.4, 0], "0.60 Z2\n0.40 Z3"),
        ([1.5, -0.5], "1.50 Z1\n\N{MINUS SIGN}0.50 Z2"),
    ],
)
def test_weights_in_words(weights: list[float], said: str) -> None:
    assert mixtures.words(np.array(weights)) == said


def test_only_so_many_and_none_that_there_are_not() -> None:
    assert len(greys(drawn(walks(), kinds=("walk",), wide=9, count=2))) == 4
    with pytest.raises(UserError, match="no row whose 'kind' is"):
        drawn(walks(), kinds=("beyond",))


LABELS = {"colour": ("red", "green"), "parity": ("even", "odd")}


def simplices(corners: int = 4, steps: int = 2) -> pd.DataFrame:
    """Two models: archetypes, coefficients of two labels, and mixtures of three archetypes."""
    rng, rows = np.random.default_rng(0), []
    shares = np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps
    for model, label in enumerate(MODELS):
        for n in range(corners):
            rows.append(row(label, "archetype", n, np.full((2, 2), grey(model, "archetype", n))))
        for name in LABELS:
            for channel in range(2):
                coefficients = rng.dirichlet(np.ones(corners), 5)
                rows.append(row(label, f"coefficients of {name}", 0, coefficients, channel))
        for n, one in enumerate(shares):
            rows.append(row(label, "triangle", n, np.full((2, 2), grey(model, "triangle", n))))
            rows.append(row(label, "triangle weights", n, np.pad(one, (0, corners - 3))))
    return pd.DataFrame(rows)


def stood(axes: Any) -> list[tuple[np.ndarray, float]]:
    """Where pictures stand, and their grey."""
    boxes = [one for one in axes.artists if isinstance(one, AnnotationBbox)]
    return [(np.array(one.xybox), float(one.offsetbox.get_data()[0, 0, 0])) for one in boxes]


@pytest.mark.parametrize("count", [2, 3, 6])
def test_corners_are_equally_far_from_the_middle_and_their_neighbours(count: int) -> None:
    places = simplex.corners(count)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 1)
    sides = [np.linalg.norm(one - other) for one, other in pairwise([*places, places[0]])]
    np.testing.assert_allclose(sides, 2 * np.sin(np.pi / count))
    np.testing.assert_allclose(places[0], [0, 1], atol=1e-12)


def test_points_lie_at_the_mean_of_the_corners_in_the_colour_of_their_class() -> None:
    frame = simplices()
    figure = simplex.draw(simplex.table({"album": frame}, labels=LABELS), labels=LABELS)
    assert len(figure.axes) == 2 + 2 * 2
    for number, (label, name) in enumerate((one, name) for one in MODELS for name in LABELS):
        axes = figure.axes[2 + number]
        known = frame[(frame["label"] == label) & (frame["kind"] == f"coefficients of {name}")]
        for points, (_, its) in zip(axes.collections, known.iterrows(), strict=True):
            weights = its["values"].reshape(5, 4)
            expected = [
                sum(w * corner for w, corner in zip(one, simplex.corners(4), strict=True)) for one in weights
            ]
            np.testing.assert_allclose(points.get_offsets(), expected, atol=1e-3)
            assert points.get_label() == LABELS[name][its["channel"]]
    for axes, name in zip(figure.axes[:2], LABELS, strict=True):
        legend = axes.get_legend()
        assert [text.get_text() for text in legend.get_texts()] == list(LABELS[name])
        assert legend.get_title().get_text() == name


def test_each_archetype_stands_outside_of_its_corner_with_its_name() -> None:
    table = simplex.table({"album": simplices()}, labels=LABELS, where={"label": ["flow"]})
    axes = simplex.draw(table, labels=LABELS).axes[2]
    places = simplex.corners(4)
    for n, (place, value) in enumerate(stood(axes)):
        assert place @ places[n] / np.linalg.norm(place) == pytest.approx(1)
        assert np.linalg.norm(place) > 1
        assert value == pytest.approx(grey(1, "archetype", n), abs=1e-4)
        assert (axes.texts[n].get_text(), axes.texts[n].xy) == (f"Z{n + 1}", pytest.approx(tuple(place)))


def test_mixtures_of_three_lie_in_a_triangle_by_their_weights() -> None:
    frame = simplices()
    figure = simplex.draw(simplex.table({"album": frame}), names={"flow": "a flow"})
    above = [axes.get_legend().get_title().get_text() for axes in figure.axes[:2]]
    assert above == ["pixels", "a flow"]
    for model, axes in enumerate(figure.axes[2:]):
        found = stood(axes)
        its = frame[(frame["label"] == MODELS[model]) & (frame["kind"] == "triangle weights")]
        shares = np.stack(list(its["values"]))[:, :3]
        scale = np.linalg.norm(found[int(shares[:, 0].argmax())][0])
        for n, (place, value) in enumerate(found):
            np.testing.assert_allclose(place, scale * shares[n] @ simplex.corners(3), atol=1e-9)
            assert value == pytest.approx(grey(model, "triangle", n), abs=1e-4)
        assert [text.get_text() for text in axes.texts] == ["Z1", "Z2", "Z3"]
