"""Oracles: closed-form moments and densities, scipy's normals, scikit-learn's moons and circles."""

import hashlib

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_circles, make_moons

from lea.data.points import ACROSS, ALONG, BEND, CIRCLES, MIDDLE, MOONS, Points, mixture_log_density

CLASSES = {"mixture": 8, "moons": 2, "circles": 2, "pinwheel": 5}
DIGESTS = {  # of the first 2,500 training points
    "mixture": "036cbccd53f2a277",
    "moons": "249ff9dace2393c5",
    "circles": "b96494993ec7a4b3",
    "pinwheel": "ce80f97b10c79a11",
}
every_shape = pytest.mark.parametrize("shape", CLASSES)


def draw(shape: str, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) in float64, and their classes."""
    drawn = Points(shape=shape).embedded("train", count, None)
    return drawn.values.astype(float), drawn.labels["label"]


def nearest(points: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """(n,): how far each point is from the nearest of a curve."""
    return np.sqrt(((points[:, None] - curve) ** 2).sum(-1)).min(1)


@every_shape
def test_points_are_the_same_bytes_everywhere(shape: str) -> None:
    drawn = Points(shape=shape).embedded("train", 2500, None)
    assert (drawn.values.shape, drawn.values.dtype) == ((2500, 2), np.float32)
    assert hashlib.sha256(drawn.values.tobytes()).hexdigest()[:16] == DIGESTS[shape]


@every_shape
def test_a_larger_count_begins_with_the_same_points_and_splits_differ(shape: str) -> None:
    few, more = (Points(shape=shape).embedded("train", count, None) for count in (1003, 2001))
    np.testing.assert_array_equal(few.values, more.values[:1003])
    np.testing.assert_array_equal(few.labels["label"], more.labels["label"][:1003])
    test = Points(shape=shape).embedded("test", 2001, None)
    assert len(np.unique(np.concatenate([more.values, test.values]), axis=0)) == 4002


@every_shape
def test_each_thousand_has_equally_many_of_each_named_class(shape: str) -> None:
    _, labels = draw(shape, 2000)
    classes = CLASSES[shape]
    assert len(Points(shape=shape).names("embedded")["label"]) == classes
    for chunk in labels.reshape(2, 1000):
        assert np.bincount(chunk).tolist() == [1000 // classes] * classes


def test_modes_are_normal_around_eight_places_on_a_ring() -> None:
    points, labels = draw("mixture")
    angles = labels * np.pi / 4
    rest = (points - 2 * np.stack([np.cos(angles), np.sin(angles)], 1)) / 0.2
    assert stats.kstest(rest.ravel(), "norm").pvalue > 0.01
    assert abs(np.corrcoef(rest.T)[0, 1]) < 0.03
    np.testing.assert_allclose(np.cov(points.T), np.eye(2) * (2**2 / 2 + 0.2**2), atol=0.05)


def test_the_density_is_that_of_scipys_normals_and_integrates_to_one() -> None:
    axis = np.linspace(-4, 4, 401)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    angles = np.arange(8) * np.pi / 4
    means = 2 * np.stack([np.cos(angles), np.sin(angles)], 1)
    wanted = np.mean([stats.multivariate_normal(mean, 0.2**2).pdf(grid) for mean in means], 0)
    density = np.exp(mixture_log_density(grid))
    np.testing.assert_allclose(density, wanted, rtol=1e-9, atol=1e-300)
    assert density.sum() * 0.02**2 == pytest.approx(1, abs=1e-9)


def test_points_of_the_mixture_have_its_entropy() -> None:
    points, _ = draw("mixture")
    entropy = np.log(8) + np.log(2 * np.pi * np.e * 0.2**2)  # of modes that hardly overlap
    assert -mixture_log_density(points).mean() == pytest.approx(entropy, abs=0.03)


@pytest.mark.parametrize(
    ("shape", "curves", "spread"),
    [
        ("moons", lambda: (make_moons(1000)[0] - MIDDLE, make_moons(1000)[1]), MOONS),
        ("circles", lambda: make_circles(1000, factor=0.5), CIRCLES),
    ],
)
def test_points_lie_around_scikit_learns_curve_of_their_class(shape: str, curves, spread: float) -> None:
    points, labels = draw(shape, 2000)
    curve, its = curves()
    for label in (0, 1):
        away = nearest(points[labels == label], curve[its == label])
        assert np.sqrt((away**2).mean()) == pytest.approx(spread, rel=0.1)
        assert away.max() < 5 * spread


@pytest.mark.parametrize("shape", ["moons", "circles"])
def test_no_part_of_a_curve_has_more_points_than_another(shape: str) -> None:
    points, labels = draw(shape)
    around = points[labels == 0] + (MIDDLE if shape == "moons" else (0, 0))
    turns = np.arctan2(around[:, 1], around[:, 0])
    inner = turns[(turns > 0.5) & (turns < 2.6)]  # away from the moon's ends, which the spread blurs
    assert stats.kstest(inner, stats.uniform(0.5, 2.1).cdf).pvalue > 0.01


def test_arms_of_the_pinwheel_turned_back_are_normal() -> None:
    points, labels = draw("pinwheel")
    radius = np.hypot(*points.T)
    turned = np.arctan2(points[:, 1], points[:, 0]) - 2 * np.arctan(BEND * radius) - labels * 2 * np.pi / 5
    along, across = radius * np.cos(turned), radius * np.sin(turned)
    assert stats.kstest((along - 1) / ALONG, "norm").pvalue > 0.01
    assert stats.kstest(across / ACROSS, "norm").pvalue > 0.01
