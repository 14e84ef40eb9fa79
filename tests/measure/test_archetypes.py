"""Oracle: every way to match by brute force, archetypes that are known, and means by hand."""

from itertools import permutations

import pytest
import torch
from torch import Tensor

from lea.data.tensors import Samples
from lea.errors import UserError
from lea.measure.archetypes import matched, measure
from lea.nn.archetypes.linear import Archetypes
from tests.training.fitting import divided


def test_the_matching_is_the_best_of_all() -> None:
    distances = torch.rand(5, 5)
    best = min(sum(distances[row, one] for row, one in enumerate(way)) for way in permutations(range(5)))
    assert matched(distances).sum().item() == pytest.approx(float(best))
    greedy = distances.amin(1)
    assert matched(distances).sum() >= greedy.sum()


def model(z: Tensor) -> Archetypes:
    made = Archetypes((3,), archetypes=len(z))
    made.z.copy_(z)
    return made


def found(z: Tensor, other: Tensor, x: Tensor) -> dict[tuple[str, str | None], float]:
    samples = Samples(x, None, (0.0, 1.0))
    taken = measure(model(z), divided(samples, samples, 0), torch.Generator(), other=model(other))
    return {(one.metric, one.split): one.value for one in taken}


def test_archetypes_in_another_order_are_the_same() -> None:
    z = torch.eye(3)
    x = torch.rand(50, 3).softmax(1) @ z
    measured = found(z, z.roll(1, 0), x)
    assert measured["archetype distance", None] == pytest.approx(0, abs=1e-9)
    assert measured["residual", "train"] == pytest.approx(0, abs=1e-6)
    assert measured["residual", "train"] == measured["residual", "test"]


def test_distances_are_shares_of_the_spread_of_the_data() -> None:
    z, x = torch.eye(3), torch.rand(50, 3)
    spread = (x - x.mean(0)).square().sum(1).mean().item()
    moved = z.roll(1, 0) + torch.tensor([0.3, 0.0, 0.4])
    assert found(z, moved, x)["archetype distance", None] == pytest.approx(0.25 / spread, rel=1e-4)
    one = found(x.mean(0, keepdim=True), x[:1], x)
    assert one["residual", "train"] == pytest.approx(1, rel=1e-4)  # of one archetype, the mean


def test_another_number_of_archetypes_is_refused() -> None:
    with pytest.raises(UserError, match="3 archetypes and 2 of the other run"):
        found(torch.eye(3), torch.eye(3)[:2], torch.rand(5, 3))
