"""Oracle: a flow that turns, stretches and moves the plane, whose density and lines are known; a plane's own
coordinates written into its values.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.nn.priors.prior import Density, log_normal
from lea.show.picture import Picture
from lea.studies.outliers.figures import planes
from lea.studies.outliers.pictures import show

TURN, STRETCH, MOVE = torch.tensor([[0.0, -1.0], [1.0, 0.0]]), 2.0, torch.tensor([0.5, -1.0])


class Turned(nn.Module):
    """`u = STRETCH * TURN (x - MOVE)`."""

    features = 2

    def forward(self, x: Tensor) -> Tensor:
        return STRETCH * (x - MOVE) @ TURN.T

    def inverse(self, u: Tensor) -> Tensor:
        return u @ TURN / STRETCH + MOVE

    def density(self, x: Tensor) -> Density:
        return Density(log_normal(self(x)), x.new_full((len(x),), 2 * math.log(STRETCH)))

    def sample(self, count: int) -> Tensor:
        return self.inverse(torch.randn(count, 2))


class Level(nn.Module):
    """How far a point lies above the diagonal: one logit."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 1:] - x[:, :1]


class Archetypal(nn.Module):
    """Over that flow, with archetypes; makes something else of points itself."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = Turned()
        self.register_buffer("z", torch.tensor([[2.0, 0.0], [-1.0, 1.0], [-1.0, -1.0]]))

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)


def points(count: int = 40) -> Samples:
    return Samples(torch.randn(count, 2), torch.arange(count) % 3, (0.0, 1.0))


def taken(model: nn.Module, samples: Samples, **options: Any) -> dict[str, list[Picture]]:
    with torch.no_grad():
        found = list(show(Network(model.eval(), precision="float32"), samples, **options))
    kinds: dict[str, list[Picture]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    return kinds


def test_points_stand_by_their_class_and_are_the_first() -> None:
    samples = points()
    found = taken(Level(), samples, points=30)["point"]
    assert [one.channel for one in found] == [0, 1, 2]
    for one in found:
        expected = samples.values[:30][samples.labels[:30] == one.channel]  # type: ignore[index]
        np.testing.assert_array_equal(one.values, expected.numpy())


def test_a_plane_of_logits_lies_as_its_points_do_its_lowest_row_first() -> None:
    (one,) = taken(Level(), points(), reach=3.0, side=6)["logit"]
    middles = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    np.testing.assert_allclose(one.values, middles[:, None] - middles[None], atol=1e-6)
    assert (one.low, one.high) == (-3, 3)


def test_a_density_adds_up_to_one_and_is_greatest_where_points_are_carried_to_the_middle() -> None:
    reach, side = 5.0, 200
    (one,) = taken(Turned(), points(), reach=reach, side=side)["log density"]
    assert np.exp(one.values).sum() * (2 * reach / side) ** 2 == pytest.approx(1, abs=1e-4)
    row, column = np.unravel_index(one.values.argmax(), one.values.shape)
    found = (np.array([column, row]) + 0.5) * (2 * reach / side) - reach
    np.testing.assert_allclose(found, MOVE, atol=2 * reach / side)


def test_lines_that_are_brought_back_are_straight_again_where_they_come_from() -> None:
    found = taken(Turned(), points())
    model, lines = Turned(), found["line"]
    assert len(lines) == 26
    for number, one in enumerate(lines):
        carried = model(torch.from_numpy(one.values)).numpy()
        level = number >= 13
        np.testing.assert_allclose(np.ptp(carried[:, int(level)]), 0, atol=1e-5)
        np.testing.assert_allclose(np.ptp(carried[:, 1 - int(level)]), 8, atol=1e-5)


def test_carried_points_are_those_of_the_same_row() -> None:
    found, model = taken(Turned(), points()), Turned()
    for given, carried in zip(found["point"], found["carried point"], strict=True):
        np.testing.assert_allclose(carried.values, model(torch.from_numpy(given.values)), atol=1e-6)
    assert found["made"][0].values.shape == (40, 2)


@pytest.mark.parametrize("model", [Turned(), Archetypal()])
def test_outliers_stand_where_they_are_drawn_and_where_they_are_carried_from(model: nn.Module) -> None:
    found, flow = taken(model, points(), outliers="sphere", far=2.0), Turned()
    (drawn,), (back,) = found["carried outlier"], found["outlier"]
    radius = 2 * np.sqrt(np.pi / 2)  # twice the mean of Rayleigh's distribution
    np.testing.assert_allclose(np.hypot(*drawn.values.T), radius, rtol=1e-6)
    np.testing.assert_allclose(flow(torch.from_numpy(back.values)), drawn.values, atol=1e-5)


def test_a_model_over_a_flow_shows_what_the_flow_does_and_its_archetypes() -> None:
    samples, flow = points(), Turned()
    found, alone = taken(Archetypal(), samples), taken(Turned(), samples)
    assert set(found) == {*alone, "archetype", "carried archetype"}
    np.testing.assert_array_equal(found["carried point"][0].values, alone["carried point"][0].values)
    np.testing.assert_array_equal(found["log density"][0].values, alone["log density"][0].values)
    (corners,) = found["archetype"]
    np.testing.assert_allclose(flow(torch.from_numpy(corners.values)), Archetypal().z, atol=1e-6)


def test_samples_that_do_not_lie_in_a_plane_are_refused() -> None:
    samples = Samples(torch.randn(5, 3), None, (0.0, 1.0))
    with pytest.raises(UserError, match=r"samples of shape \(3,\); expected points of two values"):
        taken(Level(), samples)


def album(*models: tuple[str, str, nn.Module]) -> pd.DataFrame:
    """As the summary gives it, of labels, the data they are of, and models."""
    rows = []
    for label, data, model in models:
        for kind in taken(model, points(), side=10).values():
            for one in kind:
                row = one.row()
                rows.append({"label": label, "data": data, "seed": 0, "epoch": 3, **row})
    return pd.DataFrame(rows)


def test_a_row_has_three_panels_of_a_flow_and_one_of_a_discriminator() -> None:
    frame = album(("flow", "moons", Turned()), ("near", "moons", Level()), ("flow 2", "mixture", Turned()))
    shown = planes.table({"album": frame}, rows="data")
    figure = planes.draw(shown, rows="data", names={"near": "shells"})
    titles = [axes.get_title() for axes in figure.axes[:4]]
    assert titles == ["density", "latent grid", "latent points", "shells"]
    assert [axes.get_ylabel() for axes in figure.axes[::4]] == ["moons", "mixture"]
    assert [axes.axison for axes in figure.axes] == [True] * 7 + [False]


def test_archetypes_are_drawn_in_both_planes_and_so_are_some_outliers() -> None:
    rows = [
        {"label": "one", "data": "moons", "seed": 0, "epoch": 1, **one.row()}
        for kind in taken(Archetypal(), points(100), side=10, outliers="simplex", far=0.5).values()
        for one in kind
    ]
    figure = planes.draw(planes.table({"album": pd.DataFrame(rows)}, rows="data"), rows="data")
    for axes, kind in ((figure.axes[0], ""), (figure.axes[2], "carried ")):
        crosses, diamonds = axes.collections[-2:]
        for drawn, name, count in ((crosses, "outlier", 60), (diamonds, "archetype", 3)):
            (known,) = [row["values"] for row in rows if row["kind"] == kind + name]
            assert len(drawn.get_offsets()) == count
            np.testing.assert_allclose(drawn.get_offsets(), known.reshape(-1, 2)[:count], atol=2e-3)


def test_points_are_drawn_where_they_are() -> None:
    frame = album(("near", "moons", Level()))
    figure = planes.draw(planes.table({"album": frame}, rows="data"), rows="data")
    drawn = np.concatenate([one.get_offsets() for one in figure.axes[0].collections])
    known = np.concatenate([np.reshape(one, (-1, 2)) for one in frame[frame["kind"] == "point"]["values"]])
    np.testing.assert_allclose(np.sort(drawn, 0), np.sort(known, 0), atol=1e-3)
    (image,) = figure.axes[0].images
    assert image.get_extent() == [-4, 4, -4, 4]
    assert image.origin == "lower"
