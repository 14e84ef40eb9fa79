"""Oracle: scores of which the lowest in a ball is known in closed form; a grid of all places in it; the
metric `detection` where nothing is changed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from lea.data.tensors import Data, Further, Samples
from lea.errors import UserError
from lea.measure import detection
from lea.measure.detectors.detector import OfModel
from lea.measure.detectors.likelihood import Likelihood
from lea.measure.detectors.mahalanobis import Mahalanobis
from lea.measure.detectors.one_class_svm import OneClassSVM
from lea.studies.outliers.adversarial import Lowering, check_gradient, measure
from tests.measure.flows import Linear

SIZES = (0.3, 0.1)
FLOW = Linear((2,)).eval()


class Reads(OfModel):
    """Reads samples by a function."""

    name = "reads"

    def __init__(self, model: nn.Module, read: Callable[[Tensor], Tensor]) -> None:
        super().__init__(model)
        self.read = read

    def score(self, x: Tensor) -> Tensor:
        return self.read(x)


def first(x: Tensor) -> Tensor:
    """Falls by the size of the ball, whatever the sample."""
    return x.flatten(1)[:, 0]


def samples(x: Tensor) -> Samples:
    return Samples(x, None, (0.0, 1.0))


def data() -> Data:
    x = torch.randn(900, 2, generator=torch.Generator().manual_seed(0))
    train, test, far = (samples(one) for one in (x[:300], x[300:600], x[600:] + 0.5))
    others = {"far": Further(far.values, None, far.scale, 0)}
    return Data(train, test, train.first(0), (2,), 0, others)


def measured(detector: Any, **options: Any) -> dict[str, float]:
    asked = {"detector": detector, "outliers": ("far",), "sizes": SIZES} | options
    with torch.no_grad():
        rows = list(measure(FLOW, data(), torch.Generator().manual_seed(1), **asked))
    assert {row.split for row in rows} == {"far"}
    return {row.metric: row.value for row in rows}


def area(outliers: Tensor, inliers: Tensor) -> float:
    is_outlier = np.repeat([True, False], [len(outliers), len(inliers)])
    return float(roc_auc_score(is_outlier, torch.cat([outliers, inliers]).numpy()))


def test_within_a_ball_a_linear_score_is_moved_by_its_size() -> None:
    found, sets = measured(partial(Reads, read=first)), data()
    inliers, outliers = first(sets.test.values), first(sets.others["far"].values)
    for size in (0.0, *SIZES):
        assert found[f"AUROC within {size:g}"] == pytest.approx(area(outliers - size, inliers), abs=2e-4)
        both = area(outliers - size, inliers + size)
        assert found[f"AUROC within {size:g}, both"] == pytest.approx(both, abs=2e-4)
        assert 0 < found[f"AUROC within {size:g} error"] < 0.1


def test_where_nothing_is_changed_it_is_the_other_metrics() -> None:
    found = measured(partial(Likelihood))["AUROC within 0"]
    with torch.no_grad():
        rows = detection.measure(
            FLOW, data(), torch.Generator().manual_seed(2), detectors=(Likelihood,), outliers=("far",)
        )
        wanted = next(row.value for row in rows if row.metric == "AUROC")
    assert found == pytest.approx(wanted, abs=1e-6)


def test_no_area_rises_with_the_ball() -> None:
    sizes = (0.05, 0.2, 0.8)
    for detector in (Likelihood, Mahalanobis):
        found = measured(detector, sizes=sizes)
        for kind in ("", ", both"):
            areas = [found[f"AUROC within {size:g}{kind}"] for size in (0.0, *sizes)]
            assert areas == sorted(areas, reverse=True)
            assert areas[-1] < areas[0] - 0.1


def test_what_is_found_is_as_low_as_any_place_of_a_fine_grid() -> None:
    """Of a density that falls in every direction from its middle, as of this flow."""
    size, x = 0.4, data().others["far"].values[:30]
    score = Likelihood(FLOW).score
    with torch.no_grad():
        _, found = Lowering().within(score, x, (size,))
        side = torch.linspace(-size, size, 81)
        around = torch.cartesian_prod(side, side)
        lowest = torch.stack([score(one + around).min() for one in x])
        clean, best = score(x), score(found)
    assert ((found - x).abs() <= size + 1e-6).all()
    assert ((best - lowest) <= 0.05 * (clean - lowest) + 1e-3).all()


def test_a_score_with_many_hollows_is_searched_from_several_places() -> None:
    x, size = torch.rand(200, 2, generator=torch.Generator().manual_seed(1)) * 6, 1.0

    def score(y: torch.Tensor) -> torch.Tensor:
        return (3 * y).cos().sum(1) + y.sum(1) / 3

    torch.manual_seed(0)
    side = torch.linspace(-size, size, 201)
    lowest = torch.stack([score(one + torch.cartesian_prod(side, side)).min() for one in x])
    with torch.no_grad():
        missed = {
            starts: (score(Lowering(starts=starts).within(score, x, (size,))[1]) - lowest).mean().item()
            for starts in (1, 10)
        }
    assert missed[10] < 0.1
    assert missed[1] > 3 * missed[10]


def test_pictures_stay_between_0_and_1() -> None:
    x = torch.rand(150, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        _, found = Lowering().within(lambda y: y.flatten(1).sum(1), x, (0.25,))
    torch.testing.assert_close(found, (x - 0.25).clamp(min=0))


@pytest.mark.parametrize(
    ("detector", "name"),
    [
        (OneClassSVM, "one-class svm"),
        (partial(Reads, read=lambda x: (x[:, 0] > 0).double()), "reads"),
        (partial(Reads, read=lambda x: x[:, 0].detach()), "reads"),
    ],
)
def test_a_detector_without_a_gradient_is_refused_by_name(detector: Any, name: str) -> None:
    with pytest.raises(UserError, match=f"detector '{name}': its score has no gradient; expected one that"):
        measured(detector)


def test_a_model_whose_weights_alone_have_gradients_is_refused() -> None:
    weight = torch.ones((), requires_grad=True)
    detector = Reads(FLOW, lambda x: weight * x[:, 0].detach())
    with pytest.raises(UserError, match="its score has no gradient"):
        check_gradient(detector, torch.rand(2, 2))


@pytest.mark.parametrize("sizes", [(), (0.0, 0.1), (-0.1,)])
def test_sizes_are_above_0(sizes: tuple[float, ...]) -> None:
    with pytest.raises(UserError, match=r"sizes: found .*; expected some, above 0"):
        measured(Likelihood, sizes=sizes)
