"""Oracle: archetypes of one colour each, whose mixtures are known; counts and sums of weights."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.nn.encoders.encoder import Posterior, constant_posterior
from lea.show.mixtures import show
from lea.show.picture import Picture

SIDE = 2


class Coloured(nn.Module):
    """A channel an archetype; an image's coefficients are its channels' shares."""

    def __init__(self, archetypes: int = 4) -> None:
        super().__init__()
        self.z = torch.eye(archetypes)

    def encode(self, x: Tensor) -> Posterior:
        means = x.mean((2, 3))
        return constant_posterior(means / means.sum(1, keepdim=True))

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.z)[:, :, None, None].expand(-1, -1, SIDE, SIDE)


def samples(count: int = 30, archetypes: int = 4) -> Samples:
    labels = torch.stack([torch.arange(count) % 3, torch.arange(count) % 2], 1)
    return Samples(torch.rand(count, SIDE, SIDE, archetypes), labels, (0.0, 1.0))


def taken(of: Samples, archetypes: int = 4, **options: Any) -> list[Picture]:
    with torch.no_grad():
        return list(show(Network(Coloured(archetypes), precision="float32"), of, **options))


def stacked(pictures: list[Picture], kind: str) -> np.ndarray:
    """(n, c, h, w) of a kind, or of weights (n, k)."""
    its = [one for one in pictures if one.kind == kind]
    if kind.endswith("weights"):
        assert [one.sample for one in its] == list(range(len(its)))
        return np.concatenate([one.values for one in its])
    channels = 1 + max(int(one.channel or 0) for one in its)
    assert [(one.sample, one.channel) for one in its] == [
        divmod(number, channels) for number in range(len(its))
    ]
    return np.stack([one.values for one in its]).reshape(-1, channels, SIDE, SIDE)


@pytest.mark.parametrize("kind", ["archetype", "restored", "walk", "triangle", "beyond"])
def test_each_picture_is_the_mixture_that_its_weights_say(kind: str) -> None:
    found = taken(samples())
    weights, pictures = stacked(found, f"{kind} weights"), stacked(found, kind)
    np.testing.assert_allclose(pictures, weights.clip(0, 1)[:, :, None, None] * np.ones((SIDE, SIDE)))
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)


def test_inputs_are_the_first_and_restored_from_their_own_coefficients() -> None:
    of = samples()
    found = taken(of, images=5)
    x = of.values[:5].numpy().transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(stacked(found, "input"), x)
    shares = x.mean((2, 3)) / x.mean((2, 3)).sum(1, keepdims=True)
    np.testing.assert_allclose(stacked(found, "restored weights"), shares, rtol=1e-5)
    assert not any(one.kind == "input weights" for one in found)


def test_the_sample_of_an_archetype_has_most_of_it() -> None:
    of = samples()
    of.values[17] = torch.tensor([0.0, 0.0, 1.0, 0.0])
    found = taken(of)
    np.testing.assert_array_equal(stacked(found, "sample")[2], of.values[17].permute(2, 0, 1))
    np.testing.assert_allclose(stacked(found, "sample weights")[2], [0, 0, 1, 0])


def test_walks_lead_from_corner_to_corner_in_equal_steps() -> None:
    found = stacked(taken(samples(), steps=4, walks=2), "walk weights").reshape(2, 5, 4)
    np.testing.assert_array_equal(found[:, 0], np.eye(4)[[0, 2]])
    np.testing.assert_array_equal(found[:, -1], np.eye(4)[[1, 3]])
    np.testing.assert_allclose(np.diff(found, 2, axis=1), 0, atol=1e-6)


@pytest.mark.parametrize(("archetypes", "count"), [(2, 6), (3, 21), (4, 21)])
def test_a_triangle_has_each_mixture_of_its_corners_once(archetypes: int, count: int) -> None:
    of = samples(archetypes=archetypes)
    found = stacked(taken(of, archetypes, steps=5), "triangle weights")
    assert len({tuple(row) for row in found.round(5).tolist()}) == len(found) == count
    np.testing.assert_allclose(found * 5, (found * 5).round(), atol=1e-5)
    assert not found[:, 3:].any()


def test_beyond_a_corner_all_others_weigh_less_than_nothing() -> None:
    found = stacked(taken(samples(), walks=1, amounts=(0.0, 1.0, 2.0)), "beyond weights")
    np.testing.assert_allclose(found, [[0.25] * 4, [1, 0, 0, 0], [1.75, -0.25, -0.25, -0.25]], atol=1e-6)


def test_coefficients_stand_by_the_class_of_each_label() -> None:
    of = samples()
    found = taken(of, factors=("kind", "parity"), points=20)
    for column, (label, classes) in enumerate((("kind", 3), ("parity", 2))):
        its = [one for one in found if one.kind == f"coefficients of {label}"]
        assert [one.channel for one in its] == list(range(classes))
        for one in its:
            assert of.labels is not None
            x = of.values[:20][of.labels[:20, column] == one.channel].mean((1, 2))
            np.testing.assert_allclose(one.values, x / x.sum(1, keepdim=True), rtol=1e-5)


def test_what_cannot_be_mixed_or_shown_is_refused() -> None:
    with pytest.raises(UserError, match="1 archetype; expected at least 2"):
        taken(samples(archetypes=1), 1)
    with pytest.raises(UserError, match=r"samples of shape \(4,\); expected pictures"):
        taken(Samples(torch.rand(9, 4), None, (0.0, 1.0)))
