"""Oracle: scipy.stats and numpy, one coordinate after another; normal values, and some with a planted
fault.
"""

from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.stats import chi, kstest, kurtosis, skew
from torch import Tensor, nn

from lea.data.tensors import Data, Samples
from lea.measure.measurement import Measurement
from lea.measure.normality import latent_points, law, measure, normality
from tests.measure.flows import Linear

COUNT, FEATURES = 1500, 6


def normal(seed: int = 0, count: int = COUNT, features: int = FEATURES) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, features))


def test_every_number_is_that_of_scipy_and_numpy() -> None:
    x = np.exp(0.3 * normal()) + normal(1)[:, [0]]
    found = normality(x)
    radii = np.array([np.sqrt((row**2).sum()) for row in x])
    distances = [kstest(column, "norm").statistic for column in x.T]
    skews, tails = ([of(column) for column in x.T] for of in (skew, kurtosis))
    pairs = [abs(np.corrcoef(x[:, i], x[:, j])[0, 1]) for i, j in combinations(range(FEATURES), 2)]
    squares = [
        abs(np.corrcoef(x[:, i] ** 2, x[:, j] ** 2)[0, 1]) for i, j in combinations(range(FEATURES), 2)
    ]
    wanted = {
        "radius mean": radii.mean(),
        "radius deviation": radii.std(ddof=1),
        "radius distance": kstest(radii, chi(FEATURES).cdf).statistic,
        "coordinates distance": np.mean(distances),
        "coordinates distance largest": np.max(distances),
        "coordinates skewness": np.mean(np.abs(skews)),
        "coordinates skewness largest": np.max(np.abs(skews)),
        "coordinates kurtosis": np.mean(tails),
        "coordinates kurtosis largest": np.max(tails),
        "correlation mean": np.mean(pairs),
        "correlation largest": np.max(pairs),
        "correlation of squares mean": np.mean(squares),
        "correlation of squares largest": np.max(squares),
    }
    assert found == pytest.approx(wanted, rel=1e-9)


def test_critical_values_are_exceeded_by_normal_samples_in_5_of_100_cases() -> None:
    limits, times = law(200, 4), 600
    assert (limits.pop("radius mean"), limits.pop("radius deviation")) == (chi(4).mean(), chi(4).std())
    over = dict.fromkeys(limits, 0)
    for seed in range(times):
        found = normality(normal(seed, 200, 4))
        for name, limit in limits.items():
            over[name] += found[name] > limit
    for name, count in over.items():
        assert count / times == pytest.approx(0.05, abs=0.025), name


def planted(fault: str) -> np.ndarray:
    x = normal()
    if fault == "none":
        return x
    if fault == "shifted":
        return 1.1 * x
    if fault == "heavy":  # of as large a variance
        return np.random.default_rng(1).standard_t(5, x.shape) / np.sqrt(5 / 3)
    if fault == "dependent":
        x[:, 1] = 0.5 * x[:, 0] + np.sqrt(0.75) * x[:, 1]
    if fault == "uncorrelated":  # as far from 0 as another, on a side by chance: no correlation
        x[:, 1] = np.abs(x[:, 0]) * np.sign(x[:, 1])
    if fault == "skewed":
        x[:, 0] = (x[:, 0] ** 2 - 1) / np.sqrt(2)
    return x


FAULTS = {
    "none": set[str](),
    "shifted": {"radius distance"},
    "heavy": {"radius distance", "coordinates kurtosis"},
    "dependent": {"correlation largest"},
    "uncorrelated": {"correlation of squares largest"},
    "skewed": {"coordinates skewness largest", "coordinates distance largest"},
}
CLEAR = {  # what normal samples of this number stay below, and the faults do not
    "radius distance": law(COUNT, FEATURES)["radius distance"],
    "coordinates distance largest": law(COUNT, FEATURES)["coordinates distance largest"],
    "coordinates kurtosis": 0.3,
    "coordinates skewness largest": 0.5,
    "correlation largest": 0.2,
    "correlation of squares largest": 0.4,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_by_its_own_number(fault: str) -> None:
    found = normality(planted(fault))
    over = {name for name, limit in CLEAR.items() if found[name] > limit}
    assert FAULTS[fault] <= over
    if fault in ("none", "dependent"):
        assert over == FAULTS[fault]


def samples(x: Tensor) -> Samples:
    return Samples(x, None, (0.0, 1.0))


def rows(model: nn.Module, train: Tensor, test: Tensor, **options: int) -> list[Measurement]:
    data = Data(samples(train), samples(test), samples(train[:0]), tuple(train.shape[1:]), 0, {})
    return list(measure(model, data, torch.Generator().manual_seed(0), **options))


def test_both_splits_stand_beside_normal_samples_of_their_number() -> None:
    flow, generator = Linear().eval(), torch.Generator().manual_seed(1)
    train, test = (flow.inverse(torch.randn(count, 3, generator=generator)) for count in (900, 400))
    found = rows(flow, train, 3 * test)
    values = {(row.split, row.part, row.metric): row.value for row in found}
    assert {(split, part) for split, part, _ in values} == {
        (split, part) for split in ("train", "test") for part in ("network", "normal samples", "law")
    }
    limit = values["train", "law", "radius distance"]
    assert limit == law(400, 3)["radius distance"]
    assert values["train", "network", "radius distance"] < limit
    assert values["train", "normal samples", "radius distance"] < limit
    assert values["test", "network", "radius distance"] > 3 * limit


def test_a_coordinate_that_never_varies_has_no_correlation_and_one_alone_none_to_have() -> None:
    x = normal()
    x[:, 0] = 2.0
    assert np.isfinite(list(normality(x).values())).all()
    assert not [name for name in normality(x[:, :1]) if name.startswith("correlation")]


def test_grey_levels_are_left_by_half_of_one_at_most_in_training_as_well() -> None:
    class Same(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1)

        def inverse(self, t: Tensor) -> Tensor:
            return t

    x = torch.randint(0, 8, (700, 1, 2, 2)) / 7
    moved = latent_points(Same(), x, 8, torch.Generator().manual_seed(0)) - x.flatten(1).numpy()
    assert np.abs(moved).max() <= 0.5 / 7 + 1e-6
    assert moved.std() == pytest.approx(1 / 7 / np.sqrt(12), rel=0.05)
    assert (latent_points(Same(), x) == x.flatten(1).numpy()).all()
