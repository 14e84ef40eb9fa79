"""Oracle: makers of images whose worth is known: training images, others of the same kind, noise."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.measure.distances import Points, frechet_distance
from lea.measure.samples import measure
from tests.training.fitting import divided

SIDE, TRAIN, TEST = 6, 300, 200
FRECHET = "frechet distance on classifier features"
FLOOR, CEILING = "floor", "ceiling"


class Maker(nn.Module):
    """Gives images of a function."""

    def __init__(self, make: Callable[[int], Tensor]) -> None:
        super().__init__()
        self.make = make

    def sample(self, count: int) -> Tensor:
        return self.make(count)

    def interpolate(self, count: int, steps: int) -> Tensor:
        """By fading; the last step is as long as three."""
        share = torch.tensor([*range(steps), steps + 2]) / (steps + 2)
        ends = torch.stack([torch.zeros(count, 1, SIDE, SIDE), torch.ones(count, 1, SIDE, SIDE)], 1)
        return ends[:, :1] + share.view(1, -1, 1, 1, 1) * (ends[:, 1:] - ends[:, :1])


class Sides(nn.Module):
    """A classifier that knows left from right; its features: how bright each half is, and the product."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(3, 2)
        with torch.no_grad():
            self.out.weight.copy_(torch.tensor([[9.0, -9.0, 0.0], [-9.0, 9.0, 0.0]]))
            self.out.bias.zero_()

    def features(self, x: Tensor) -> Tensor:
        left, right = x[..., : SIDE // 2].mean((1, 2, 3)), x[..., SIDE // 2 :].mean((1, 2, 3))
        return torch.stack([left, right, left * right], 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.features(x))


def halves(count: int) -> Tensor:
    """(count, 1, h, w): one half bright, the other dark, and a little noise."""
    x = 0.1 * torch.rand(count, 1, SIDE, SIDE)
    bright = torch.rand(count) < 0.5
    x[bright, ..., : SIDE // 2] += 0.8
    x[~bright, ..., SIDE // 2 :] += 0.8
    return x


def samples(count: int) -> Samples:
    return Samples(halves(count).movedim(1, -1), torch.zeros(count, dtype=torch.int64), (0.0, 1.0))


torch.manual_seed(0)
DATA: Data = divided(samples(TRAIN), samples(TEST), 1)


@torch.no_grad()
def found(make: Callable[[int], Tensor], count: int = 10_000) -> dict[tuple[str, str], float]:
    taken = list(measure(Maker(make).eval(), DATA, torch.Generator(), classifier=Sides().eval(), count=count))
    assert {one.split for one in taken} == {None}
    return {(one.part, one.metric): one.value for one in taken}


def own(x: Tensor, metric: str, count: int = 10_000) -> float:
    return found(lambda many: x[:many].clone(), count)["samples", metric]


def test_images_of_the_same_kind_are_as_good_as_test_images() -> None:
    measured = found(halves)
    assert measured["samples", FRECHET] < 5 * measured[FLOOR, FRECHET] < measured[CEILING, FRECHET]
    assert measured["samples", "coverage"] > 0.8 > measured[CEILING, "coverage"] == 0
    assert 0.5 < measured["samples", "density"] < 1.5
    assert measured["samples", "read with confidence"] == measured[FLOOR, "read with confidence"] == 1
    assert measured[CEILING, "read with confidence"] < 0.5


def test_noise_is_as_bad_as_noise() -> None:
    measured = found(lambda count: torch.rand(count, 1, SIDE, SIDE))
    for metric in (FRECHET, "kernel distance on classifier features", "nearest training image"):
        assert measured["samples", metric] == pytest.approx(measured[CEILING, metric], rel=0.2)


def test_what_was_learnt_by_heart_is_at_no_distance_from_the_training_images() -> None:
    by_heart = DATA.train.batch(torch.arange(TRAIN))[0]
    measured = found(lambda count: by_heart[-count:])  # whichever of them
    assert measured["samples", "nearest training image"] < 1e-6 < measured[FLOOR, "nearest training image"]


def test_the_nearest_is_the_root_of_a_mean_square() -> None:
    """Training images a tenth brighter in every value: no other is nearer by more than the noise allows."""
    brighter = DATA.train.batch(torch.arange(TRAIN))[0] + 0.1
    assert 0.03 < own(brighter, "nearest training image") <= 0.1


def test_the_distance_is_of_the_features_before_the_last_layer() -> None:
    made = halves(TEST)
    rows = torch.randperm(TRAIN, generator=torch.Generator())[:TEST]
    train = Sides().features(DATA.train.batch(rows)[0])
    expected = frechet_distance(Points(train), Points(Sides().features(made)))
    assert own(made, FRECHET) == pytest.approx(expected, rel=1e-4)


def test_as_many_are_compared_as_there_are() -> None:
    asked: list[int] = []

    def make(count: int) -> Tensor:
        asked.append(count)
        return halves(count)

    found(make)
    assert sum(asked) == TEST
    asked.clear()
    found(make, count=50)
    assert sum(asked) == 50


def test_samples_are_clipped_to_the_range_of_images() -> None:
    wild = halves(TEST) * 3 - 1
    assert own(wild, FRECHET) == own(wild.clamp(0, 1), FRECHET)


def test_a_leap_between_two_images_is_seen() -> None:
    assert found(halves)["interpolations", "longest step over the mean"] == pytest.approx(3 / (8 / 6))


def test_a_classifier_without_a_linear_layer_is_refused() -> None:
    with pytest.raises(UserError, match="classifier: no linear layer"):
        list(measure(Maker(halves), DATA, torch.Generator(), classifier=nn.Flatten()))
