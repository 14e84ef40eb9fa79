"""Oracle: scipy's densities and distances, scikit-learn's detectors, a linear flow, the rest of principal
components, and inliers against others of which it is known how far away they are.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.distance import mahalanobis
from scipy.stats import chi, multivariate_normal, zmap
from sklearn.covariance import ShrunkCovariance
from sklearn.ensemble import IsolationForest as LibrarysForest
from sklearn.neighbors import LocalOutlierFactor as LibrarysFactor
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM as LibrarysSVM
from torch import Tensor, nn

from lea import registry
from lea.measure.detectors.isolation_forest import IsolationForest
from lea.measure.detectors.likelihood import Likelihood
from lea.measure.detectors.local_outlier_factor import LocalOutlierFactor
from lea.measure.detectors.logit import Logit
from lea.measure.detectors.mahalanobis import Mahalanobis
from lea.measure.detectors.nearest_neighbours import NearestNeighbours
from lea.measure.detectors.one_class_svm import OneClassSVM
from lea.measure.detectors.radius import Radius
from lea.measure.detectors.reconstruction import Reconstruction
from lea.measure.detectors.typicality import Typicality
from lea.nn.compressors import PCA
from lea.ranking import auroc
from lea.study.build import in_file
from lea.study.parts import check_libraries
from lea.study.pieces import check_pieces
from tests.measure.flows import Linear
from tests.project import REPOSITORY

FLOW = Linear().eval()
COVARIANCE = torch.linalg.inv(FLOW.matrix.T @ FLOW.matrix).double().numpy()


def inliers(count: int, seed: int = 0) -> Tensor:
    """(n, 3) of the flow's own distribution."""
    return FLOW.inverse(torch.randn(count, 3, generator=torch.Generator().manual_seed(seed)))


def far(count: int) -> Tensor:
    return FLOW.inverse(6 + torch.randn(count, 3))


class Distance(nn.Module):
    """A classifier that answers with the squared distance from the mean."""

    def __init__(self, classes: int | None = None) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, x: Tensor) -> Tensor:
        logit = FLOW(x).square().sum(1)
        return {None: logit, 1: logit[:, None]}.get(self.classes, torch.stack([-logit, logit], 1))


class Components(nn.Module):
    """An autoencoder by the first two principal components of the inliers."""

    def __init__(self) -> None:
        super().__init__()
        self.pca = PCA((1, 1, 3), latent=2)
        self.pca.fit(lambda: iter([inliers(400).view(-1, 1, 1, 3)]))

    def encode(self, x: Tensor) -> Any:
        return self.pca.encode(x.view(-1, 1, 1, 3))

    def decode(self, z: Tensor) -> Tensor:
        return self.pca.decode(z).view(-1, 3)


MODELS: dict[str, Callable[[], nn.Module]] = {"logit": Distance, "reconstruction": Components}


def built(name: str) -> Any:
    return registry.load("detector", name)(MODELS.get(name, lambda: FLOW)())


def scored(detector: Any, x: Tensor, seen: Tensor | None = None) -> np.ndarray:
    detector.fit(inliers(400) if seen is None else seen)
    scores: np.ndarray = detector.score(x).double().numpy()
    return scores


# --- all of them ---

every = pytest.mark.parametrize("name", registry.PARTS["detector"])


@every
def test_far_away_is_found_and_more_of_the_same_is_not(name: str) -> None:
    detector, many = built(name), 300
    scores = scored(detector, torch.cat([inliers(many, 1), inliers(many, 2), far(many)]))
    assert scores.shape == (3 * many,)
    is_outlier = np.repeat([False, True], many)
    assert auroc(np.r_[scores[:many], scores[2 * many :]], is_outlier) > 0.9
    assert auroc(scores[: 2 * many], is_outlier) == pytest.approx(0.5, abs=0.1)


@every
def test_a_score_does_not_depend_on_what_else_is_asked(name: str) -> None:
    detector, x = built(name), torch.cat([inliers(5, 1), far(5)])
    together = scored(detector, x)
    alone = np.concatenate([detector.score(one[None]).double().numpy() for one in x])
    assert together == pytest.approx(alone, rel=1e-4, abs=1e-5)


def test_names_tell_spaces_apart() -> None:
    names = [built(name).name for name in registry.PARTS["detector"]]
    assert len(set(names)) == len(names)
    assert Mahalanobis(FLOW, space="latent").name == "mahalanobis in latent space"


# --- by a flow ---


def test_likelihood_is_the_negative_log_density_of_the_flows_distribution() -> None:
    x = torch.cat([inliers(20, 1), far(20)])
    expected = -multivariate_normal(FLOW.mean.double().numpy(), COVARIANCE).logpdf(x.double().numpy())
    assert scored(Likelihood(FLOW), x) == pytest.approx(expected, rel=1e-4)


def test_radius_and_typicality_are_read_off_where_the_flow_carries_samples() -> None:
    t = torch.tensor([[0.0, 0.0, 0.0], [0.0, 3.0, 4.0], [0.0, -float(chi(3).mean()), 0.0]])
    x = FLOW.inverse(t)
    assert scored(Radius(FLOW), x) == pytest.approx([0, 5, chi(3).mean()], abs=1e-5)
    assert scored(Typicality(FLOW), x) == pytest.approx([chi(3).mean(), 5 - chi(3).mean(), 0], abs=1e-5)


# --- by points ---


def test_mahalanobis_is_scipys() -> None:
    seen, x = inliers(400).double().numpy(), far(10)
    inverse = np.linalg.inv(np.cov(seen.T, bias=True))
    expected = [mahalanobis(one, seen.mean(0), inverse) for one in x.double().numpy()]
    assert scored(Mahalanobis(FLOW, shrinkage=0.0), x) == pytest.approx(expected, rel=1e-6)


def test_shrinkage_is_scikit_learns() -> None:
    x = far(10)
    library = ShrunkCovariance(shrinkage=0.2).fit(inliers(400).double().numpy())
    expected = np.sqrt(library.mahalanobis(x.double().numpy()))
    assert scored(Mahalanobis(FLOW, shrinkage=0.2), x) == pytest.approx(expected, rel=1e-6)


def test_what_never_varies_is_refused_without_shrinkage_and_counts_with_it() -> None:
    seen = torch.cat([inliers(50), torch.zeros(50, 1)], 1)
    with pytest.raises(ValueError, match=r"shrinkage 0\.0: the inliers do not vary in all directions"):
        scored(Mahalanobis(FLOW, shrinkage=0.0), seen, seen)
    strange = seen.clone()
    strange[:, 3] = 1
    assert scored(Mahalanobis(FLOW), strange, seen).min() > scored(Mahalanobis(FLOW), seen, seen).max()


@pytest.mark.parametrize("neighbours", [1, 7])
def test_the_kth_neighbour_is_scikit_learns(neighbours: int) -> None:
    x = torch.cat([inliers(20, 1), far(20)])
    library = NearestNeighbors(n_neighbors=neighbours).fit(inliers(400).double().numpy())
    expected = library.kneighbors(x.double().numpy())[0][:, -1]
    assert scored(NearestNeighbours(FLOW, neighbours=neighbours), x) == pytest.approx(expected, rel=1e-5)


def test_more_neighbours_than_inliers_are_refused() -> None:
    with pytest.raises(ValueError, match="neighbours 5, of 4 inliers; expected no more than there are"):
        NearestNeighbours(FLOW).fit(inliers(4))


def test_the_librarys_detectors_have_its_options_and_its_scores_with_the_sign_turned() -> None:
    x, seen = torch.cat([inliers(20, 1), far(20)]).double().numpy(), inliers(400).double().numpy()
    torch.manual_seed(3)
    seed = int(torch.randint(2**31, ()))
    pairs = [
        (IsolationForest(FLOW, trees=20), LibrarysForest(n_estimators=20, random_state=seed)),
        (OneClassSVM(FLOW, outside=0.2), LibrarysSVM(nu=0.2)),
        (LocalOutlierFactor(FLOW, neighbours=9), LibrarysFactor(n_neighbors=9, novelty=True)),
    ]
    for ours, library in pairs:
        torch.manual_seed(3)
        expected = -library.fit(seen).score_samples(x)
        assert scored(ours, torch.from_numpy(x), torch.from_numpy(seen)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", [Mahalanobis, NearestNeighbours, OneClassSVM])
def test_in_latent_space_they_see_what_the_flow_or_the_autoencoder_makes_of_samples(kind: Any) -> None:
    x, components = far(10), Components()
    carried = kind(FLOW)
    carried.fit(FLOW(inliers(400)))
    expected = carried.score(FLOW(x)).numpy()
    assert scored(kind(FLOW, space="latent"), x) == pytest.approx(expected, rel=1e-9)
    coded = kind(components)
    coded.fit(components.encode(inliers(400)).mean)
    expected = coded.score(components.encode(x).mean).numpy()
    assert scored(kind(components, space="latent"), x) == pytest.approx(expected, rel=1e-9)


def test_a_model_without_a_latent_space_is_refused() -> None:
    with pytest.raises(ValueError, match="Distance has neither `inverse` nor `encode`"):
        Mahalanobis(Distance(), space="latent").score(far(3))


@pytest.mark.parametrize("kind", [Likelihood, Radius, Typicality])
def test_by_a_flow_is_also_by_that_of_a_model_over_one_and_by_nothing_else(kind: Any) -> None:
    x, over = far(10), Components()
    with pytest.raises(ValueError, match="Components has no `inverse`; expected a flow, or a model that is"):
        kind(over).score(x)
    over.flow = FLOW
    assert torch.equal(kind(over).score(x), kind(FLOW).score(x))


# --- by models of other kinds ---


def test_reconstruction_is_the_square_of_what_components_leave() -> None:
    seen, x = inliers(400).double().numpy(), far(10)
    last = np.linalg.svd(seen - seen.mean(0))[2][2]
    expected = ((x.double().numpy() - seen.mean(0)) @ last) ** 2
    assert scored(Reconstruction(Components()), x) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("classes", "times"), [(None, 1), (1, 1), (2, 2)])
def test_a_logit_is_a_classifiers_one_or_the_difference_of_its_two(classes: int | None, times: int) -> None:
    x = far(10)
    expected = times * FLOW(x).square().sum(1).numpy()
    assert scored(Logit(Distance(classes)), x) == pytest.approx(expected)


def test_a_classifier_of_more_classes_is_no_detector() -> None:
    with pytest.raises(ValueError, match=r"answers of shape \(5, 3\); expected a logit each, or two classes"):
        Logit(nn.Linear(3, 3)).score(far(5))


def test_a_missing_library_is_answered_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lea.study.parts.find_spec", lambda name: None)
    needed = registry.constant("detector", "isolation-forest", "LIBRARIES")
    with pytest.raises(Exception, match=r"extra `outliers` brings: pip install scikit-learn$"):
        check_libraries("detector 'isolation-forest' needs", needed, in_file("x"))


def test_the_pages_own_detector_finds_what_deviates_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (REPOSITORY / "docs/extend.md").read_text()
    (block,) = re.findall(r"```python\n# stripes/my_detector\.py\n(.*?)```", page, re.DOTALL)
    (tmp_path / "my_detector.py").write_text(block)
    monkeypatch.syspath_prepend(tmp_path)
    check_pieces("detector", "my_detector:Strangest")
    seen, x = inliers(400), far(10)
    expected = np.abs(zmap(x.double().numpy(), seen.double().numpy(), ddof=1)).max(1)
    detector = registry.load("detector", "my_detector:Strangest")(FLOW, least=1e-6)
    assert scored(detector, x) == pytest.approx(expected, rel=1e-4)
    assert (
        scored(registry.load("detector", "my_detector:Strangest")(FLOW, least=1.0), x).max() < expected.max()
    )
