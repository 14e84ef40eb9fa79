"""Oracles: scikit-learn's own scores, a count by brute force, codes of which the answer is known."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from lea.compute.projections import PCA as BY_COMPONENTS
from lea.compute.projections import TSNE, components_of, planes_of
from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.measure.neighbours import measure, nearest_of
from lea.nn.encoders.encoder import Posterior, constant_posterior

MANY = 120


class AsItIs(nn.Module):
    def encode(self, x: Tensor) -> Posterior:
        return constant_posterior(x.flatten(1))


def data(points: np.ndarray, labels: np.ndarray) -> Data:
    shown = Samples(torch.tensor(points, dtype=torch.float32), torch.tensor(labels)[:, None], (0.0, 1.0))
    return Data(
        train=shown, test=shown, held_out=shown.first(0), shape=points.shape[1:], classes=0, others={}
    )


def measured(points: np.ndarray, labels: np.ndarray, **options: float) -> dict[tuple[str, str], float]:
    found = measure(AsItIs(), data(points, labels), torch.Generator(), **options)  # type: ignore[arg-type]
    return {(one.part, one.metric): one.value for one in found}


def made(spread: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.arange(MANY) % 4
    return np.eye(4)[labels] + spread * rng.normal(size=(MANY, 4)), labels


def test_classes_that_lie_apart_are_each_others_neighbours() -> None:
    found = measured(*made(0.01))
    for part in ("codes", "values", TSNE):
        assert found[part, "neighbours of the same label"] == 1
        assert found[part, "silhouette by label"] > 0.7
    assert found["codes", "silhouette by label"] > 0.95


def test_codes_that_say_nothing_have_the_share_of_their_class() -> None:
    points, labels = np.random.default_rng(0).normal(size=(1200, 3)), np.arange(1200) % 4
    found = measured(points, labels, count=1200)
    assert found["codes", "neighbours of the same label"] == pytest.approx(0.25, abs=0.02)
    assert found["codes", "silhouette by label"] == pytest.approx(0, abs=0.02)


def test_the_nearest_are_those_of_a_count() -> None:
    points, _ = made(0.5)
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    np.fill_diagonal(distances, np.inf)
    wanted = np.argsort(distances, 1)[:, :5]
    assert np.array_equal(np.sort(nearest_of(points, 5), 1), np.sort(wanted, 1))


def test_principal_components_are_scikit_learns() -> None:
    points, _ = made(0.5)
    places, share = components_of(points)
    theirs = PCA(2).fit(points)
    assert np.abs(places) == pytest.approx(np.abs(theirs.transform(points)))
    assert share == pytest.approx(theirs.explained_variance_ratio_.sum())
    assert components_of(points[:, :1])[0][:, 1].tolist() == [0] * MANY


def test_a_plane_that_keeps_all_is_to_be_trusted() -> None:
    points, labels = made(0.5)
    flat = np.concatenate([points[:, :2], np.zeros((MANY, 2))], 1)
    found = measured(flat, labels)
    assert found[BY_COMPONENTS, "trustworthiness"] == pytest.approx(1, abs=1e-6)
    assert found[BY_COMPONENTS, "variance in the plane"] == pytest.approx(1)


def test_the_same_codes_have_the_same_planes() -> None:
    points, _ = made(0.5)
    first, second = planes_of(points, 20), planes_of(points, 20)
    assert all(np.array_equal(first[way], second[way]) for way in (BY_COMPONENTS, TSNE))


def test_too_few_samples_are_refused_by_name() -> None:
    points, labels = made(0.5)
    with pytest.raises(UserError, match=r"count: 25 samples; expected more than `perplexity` \(30\)"):
        measured(points, labels, count=25)
    with pytest.raises(UserError, match="nearest: 10 of 20 samples; expected fewer than half"):
        measured(points, labels, count=20)
    with pytest.raises(UserError, match="factors: 120 samples of one class of 'label'"):
        measured(points, labels * 0)
