"""Oracle: lea.nn.extremes, which computes the same with torch; integrals and moments of scipy.stats."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import chi, kstest

from lea.nn import extremes
from lea.studies.outliers.figures import gumbel, shells


@pytest.mark.parametrize("n", [2, 10, 1000, 10**9])
def test_constants_and_distances_are_those_of_the_library(n: int) -> None:
    np.testing.assert_allclose(gumbel.gumbel_constants(n), extremes.gumbel_constants(n), rtol=1e-12)
    assert gumbel.distance(n) == pytest.approx(extremes.gumbel_distance(n), rel=1e-6)


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_the_density_of_maxima_is_the_slope_of_their_distribution(n: int) -> None:
    x, step = np.linspace(-2, 6, 30), 1e-5
    ends = (extremes.maxima_distribution(torch.from_numpy(x + sign * step), of=n).numpy() for sign in (1, -1))
    upper, lower = ends
    np.testing.assert_allclose(gumbel.maxima_density(x, n), (upper - lower) / (2 * step), rtol=1e-5)


@pytest.mark.parametrize("n", [1, 5, 1000])
def test_maxima_are_distributed_as_the_largest_of_n(n: int) -> None:
    found = gumbel.drawn_maxima(np.random.default_rng(0), 20_000, n)
    largest = np.random.default_rng(1).standard_normal((4000, n)).max(1)
    assert kstest(found, largest).pvalue > 0.01


@pytest.mark.parametrize("n", [10.0, 1e6, 1e14])
def test_the_best_constants_solve_halls_equation_and_are_better_for_many(n: float) -> None:
    a, b = gumbel.best_constants(n)
    assert a * b == pytest.approx(1)
    assert np.log(2 * np.pi * b**2) + b**2 == pytest.approx(2 * np.log(n))
    assert (gumbel.distance(n, gumbel.best_constants) < gumbel.distance(n)) == (n > 1e4)
    if n > 1e4:
        assert gumbel.distance(n, gumbel.best_constants) < 3 / np.log(n)  # Hall's bound


def test_bars_and_lines_of_maxima_are_densities() -> None:
    rows = gumbel.table({}, sizes=(10, 100), draws=50_000)
    assert set(rows["of"]) == {"limit", "drawn", "largest of n", "usual a and b", "best a and b"}
    for (of, n), its in rows[rows["of"].isin(["limit", "drawn", "largest of n"])].groupby(["of", "n"]):
        width = its["x"].diff().iloc[1]
        assert its["value"].sum() * width == pytest.approx(1, abs=5e-3), (of, n)
    exact = rows[(rows["of"] == "largest of n") & (rows["n"] == 10)]
    bars = rows[(rows["of"] == "drawn") & (rows["n"] == 10)]
    middles = bars["x"] + bars["x"].diff().iloc[1] / 2
    np.testing.assert_allclose(bars["value"], np.interp(middles, exact["x"], exact["value"]), atol=0.02)
    figure = gumbel.draw(rows, sizes=(10, 100))
    assert [axes.get_title() for axes in figure.axes] == ["n = 10", "n = 100", "largest difference"]


def law(rows: pd.DataFrame, of: str, d: int, kind: str = "law") -> pd.DataFrame:
    return rows[(rows["of"] == of) & (rows["d"] == d) & (rows["kind"] == kind)]


def test_radii_of_shells_are_the_librarys_samples() -> None:
    at, far, quantile, many = 16, 2.0, 0.9, 20_000
    rows = shells.table({}, at=at, far=far, quantile=quantile)
    generator = torch.Generator().manual_seed(0)
    radius = far * extremes.mean_radius(at)
    drawn = {
        "shell": extremes.sample_shell(many, at, radius=radius, generator=generator),
        "beyond": extremes.sample_beyond(many, at, quantile=quantile, generator=generator),
        "sampled inliers": torch.randn(many, at, generator=generator),
    }
    for name, samples in drawn.items():
        its, bars = law(rows, name, at), law(rows, name, at, "drawn")
        edges = [*bars["x"], 2 * bars["x"].iloc[-1] - bars["x"].iloc[-2]]
        shares = np.histogram(samples.norm(dim=1), edges)[0] / many / np.diff(edges)
        middles = (np.array(edges[1:]) + np.array(edges[:-1])) / 2
        wanted = np.interp(middles, its["x"], its["value"])
        np.testing.assert_allclose(shares, wanted, atol=0.12 * wanted.max(), err_msg=name)
        np.testing.assert_allclose(bars["value"], wanted, atol=0.12 * wanted.max(), err_msg=name)
    sphere = extremes.sample_sphere(5, at, radius=radius).norm(dim=1)
    np.testing.assert_allclose(law(rows, "sphere", at)["x"], sphere[0], rtol=1e-5)


@pytest.mark.parametrize("d", [2, 64, 3072])
def test_the_shell_of_inliers_is_that_of_chi(d: int) -> None:
    its = law(shells.table({}), "inliers", d)
    weights = its["value"] / its["value"].sum()
    assert (weights * its["x"]).sum() == pytest.approx(chi(d).mean(), rel=1e-3)
    assert its["value"].sum() * its["x"].diff().iloc[1] == pytest.approx(1, abs=5e-3)


def test_all_dimensions_and_samplers_are_named() -> None:
    figure = shells.draw(shells.table({}, dimensions=(2, 16), at=2, far=3.0), at=2, far=3.0)
    left, right = figure.axes
    assert left.get_legend_handles_labels()[1] == ["d = 2", "d = 16"]
    assert len(right.get_legend_handles_labels()[1]) == 4
