"""Oracle: labels planted in codes, or kept from them; least squares and neighbours by hand; counts."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lea.data.tensors import Samples
from lea.errors import UserError
from lea.measure.recovery import measure, read_labels
from lea.nn.encoders.encoder import Posterior, constant_posterior
from tests.training.fitting import divided

RNG = np.random.default_rng(0)


def test_what_stands_in_a_code_is_read_and_chance_is_the_commonest_class() -> None:
    labels, theirs = np.arange(90) % 3, np.repeat([0, 1, 2], [30, 12, 8])
    labels[1] = 0  # the commonest
    found = read_labels(np.eye(3)[labels], labels, np.eye(3)[theirs], theirs)
    assert found == {"linear": 1, "neighbours": 1, "chance": pytest.approx(0.6)}


def test_of_a_code_that_knows_nothing_no_more_than_chance_is_read() -> None:
    labels, theirs = RNG.integers(4, size=4000), RNG.integers(4, size=4000)
    found = read_labels(RNG.normal(size=(4000, 3)), labels, RNG.normal(size=(4000, 3)), theirs)
    assert all(value == pytest.approx(0.25, abs=0.04) for value in found.values())


def test_a_code_and_its_double_are_read_alike_whatever_their_scale() -> None:
    labels, theirs = RNG.integers(3, size=300), RNG.integers(3, size=200)
    codes, others = (np.eye(3)[one] + RNG.normal(size=(len(one), 3)) for one in (labels, theirs))
    first = read_labels(codes, labels, others, theirs)
    scaled = read_labels(codes * [1, 1e3, 1e-3] + 5, labels, others * [1, 1e3, 1e-3] + 5, theirs)
    double = read_labels(np.tile(codes, 2), labels, np.tile(others, 2), theirs)
    assert scaled == first
    assert double["neighbours"] == first["neighbours"]
    assert double["linear"] == pytest.approx(first["linear"], abs=0.02)


def test_numbers_are_read_by_least_squares_and_by_the_mean_of_neighbours() -> None:
    codes, others = RNG.normal(size=(80, 2)), RNG.normal(size=(60, 2))
    y, theirs = (2 * one[:, 0] + RNG.normal(size=len(one)) for one in (codes, others))
    found = read_labels(codes, y, others, theirs, numbers=True, neighbours=4)
    weights = np.linalg.lstsq(np.c_[codes, np.ones(80)], y, rcond=None)[0]
    scaled, near = codes / codes.std(0), others / codes.std(0)
    closest = np.linalg.norm(near[:, None] - scaled, axis=2).argsort(1)[:, :4]
    expected = {
        "linear": np.c_[others, np.ones(60)] @ weights,
        "neighbours": y[closest].mean(1),
        "chance": np.full(60, y.mean()),
    }
    for reader, said in expected.items():
        left = np.square(theirs - said).sum() / np.square(theirs - theirs.mean()).sum()
        assert found[reader] == pytest.approx(1 - left, abs=1e-9)
    assert found["linear"] > 0.6
    assert -0.2 < found["chance"] <= 0


class Shares(nn.Module):
    """A code that is the sample."""

    def encode(self, x: Tensor) -> Posterior:
        return constant_posterior(x)


def told(train: Tensor, test: Tensor, **options: Any) -> dict[tuple[str, str], float]:
    """Of samples that say two labels: the class, and a number."""
    both = [Samples(torch.eye(3)[one[:, 0]] + one[:, 1:], one, (0.0, 1.0)) for one in (train, test)]
    taken = list(measure(Shares(), divided(*both, 3), torch.Generator(), **options))
    assert {one.split for one in taken} == {"test"}
    return {(one.part, one.metric): one.value for one in taken}


LABELS = torch.cartesian_prod(torch.arange(3), torch.arange(5))


def test_each_label_is_read_as_it_is_meant() -> None:
    found = told(LABELS.repeat(4, 1), LABELS, factors=("kind", "size"), ordered=("size",), neighbours=4)
    assert set(found) == {
        (reader, metric)
        for reader in ("linear", "neighbours", "chance")
        for metric in ("accuracy of kind", "R2 of size")
    }
    assert found["neighbours", "accuracy of kind"] == found["neighbours", "R2 of size"] == 1
    assert found["linear", "R2 of size"] == pytest.approx(1)
    assert found["chance", "accuracy of kind"] == pytest.approx(1 / 3)
    assert found["chance", "R2 of size"] == pytest.approx(0)


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(UserError, match="factors: found none; expected labels to read"):
        told(LABELS, LABELS, factors=())
    with pytest.raises(UserError, match="ordered: found 'age'; expected some of `factors`: kind, size"):
        told(LABELS, LABELS, factors=("kind", "size"), ordered=("age",))
    with pytest.raises(UserError, match="4 training and 15 test samples; expected at least 10 and 1"):
        told(LABELS[:4], LABELS, factors=("kind", "size"))
    with pytest.raises(UserError, match="training samples of one class; expected at least two"):
        told(LABELS[:5], LABELS, factors=("kind", "size"), neighbours=5)
