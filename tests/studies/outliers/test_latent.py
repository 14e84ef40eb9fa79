"""Oracle: a flow that is known exactly, whose latent values are planted; numpy, coordinate by coordinate."""

import numpy as np
import pandas as pd
import torch
from scipy.stats import norm

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.studies.outliers.figures import latent
from lea.studies.outliers.latent import show
from tests.measure.flows import Linear

COUNT = 400


def planted() -> torch.Tensor:
    """The second value is the first, the third as far from 0 as the first: only its square is correlated."""
    x = torch.randn(COUNT, 6, generator=torch.Generator().manual_seed(0))
    x[:, 1] = x[:, 0]
    x[:, 2] = x[:, 0].abs() * x[:, 2].sign()
    return x


def taken(x: torch.Tensor, **options: int) -> dict[str, np.ndarray]:
    flow = Linear((6,)).eval()
    samples = Samples(flow.inverse(x), None, (0.0, 1.0))
    with torch.no_grad():
        return {one.kind: one.values for one in show(Network(flow, precision="float32"), samples, **options)}


def test_radii_are_those_of_the_latent_values_and_all_of_them() -> None:
    found, x = taken(planted()), planted()
    np.testing.assert_allclose(found["radii"][0], np.sort(x.norm(dim=1).numpy()), rtol=1e-3)
    assert found["features"].tolist() == [[6]]


def test_quantiles_are_in_order_over_the_coordinates() -> None:
    found, x = taken(planted())["quantiles"], planted().numpy()
    places = np.linspace(-3, 3, found.shape[1])
    of_each = [np.quantile(column, norm.cdf(places)) for column in x.T]
    np.testing.assert_allclose(found[0], np.min(of_each, 0), atol=1e-3)
    np.testing.assert_allclose(found[2], np.median(of_each, 0), atol=1e-3)
    np.testing.assert_allclose(found[4], np.max(of_each, 0), atol=1e-3)


def test_correlations_lie_below_the_diagonal_and_those_of_squares_above() -> None:
    found, x = taken(planted())["correlations"], planted().numpy()
    values, squares = np.corrcoef(x.T), np.corrcoef(x.T**2)
    for row in range(6):
        for column in range(6):
            wanted = 0 if row == column else values[row, column] if row > column else squares[row, column]
            np.testing.assert_allclose(found[row, column], wanted, atol=1e-3)
    assert abs(found[2, 0]) < 0.2
    assert found[0, 2] > 0.99


def test_some_coordinates_stand_for_many() -> None:
    all_, some = (taken(planted(), coordinates=count)["correlations"] for count in (6, 3))
    np.testing.assert_allclose(some, all_[np.ix_([0, 2, 5], [0, 2, 5])], atol=1e-5)


def test_a_flow_has_a_row_of_three_panels() -> None:
    rows = []
    for label, scale in (("normal", 1.0), ("wide", 2.0)):
        for kind, values in taken(scale * planted()).items():
            place = {"label": label, "seed": 0, "epoch": 3, "part": "network", "kind": kind}
            size = {"height": values.shape[0], "width": values.shape[1], "values": values.ravel()}
            rows.append(place | size | {"sample": None, "channel": None, "low": -3.0, "high": 3.0})
    album = latent.table({"album": pd.DataFrame(rows)})
    figure = latent.draw(album, names={"wide": "twice as wide"})
    grid = np.reshape([axes for axes in figure.axes if axes.get_label() != "<colorbar>"], (2, 3))
    assert [axes.get_title() for axes in grid[0]] == ["radius", "quantiles of coordinates", "correlations"]
    assert grid[1, 0].get_ylabel() == "twice as wide\ndensity"
    median = grid[1, 1].get_lines()[0]
    np.testing.assert_allclose(median.get_ydata(), 2 * grid[0, 1].get_lines()[0].get_ydata(), rtol=1e-2)
    shown = grid[0, 2].get_images()[0].get_array()
    assert np.ma.getmaskarray(np.ma.masked_invalid(shown)).diagonal().all()
