"""Oracle: a model whose likelihood has a closed form, and the least that a value can cost."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lea.data.tensors import Samples
from lea.measure.likelihood import measure
from lea.nn.encoders.encoder import Posterior
from lea.nn.priors.normal import Normal
from tests.training.fitting import divided

SIDE, LATENT = 4, 3


class Blind(nn.Module):
    """Its code says nothing, and its image is always the same."""

    def __init__(self, mean: float = 0.0) -> None:
        super().__init__()
        self.prior, self.mean = Normal(LATENT), mean

    def encode(self, x: Tensor) -> Posterior:
        return Posterior(torch.full((len(x), LATENT), self.mean), torch.zeros(len(x), LATENT))

    def decode(self, z: Tensor) -> Tensor:
        return torch.full((len(z), 1, SIDE, SIDE), 0.5)


def samples(count: int, spread: float) -> Samples:
    values = 0.5 + spread * torch.randn(count, SIDE, SIDE, 1)
    return Samples(values, torch.zeros(count, dtype=torch.int64), (0.0, 1.0))


def found(model: nn.Module, spread: float, test: float | None = None) -> dict[str, float]:
    data = divided(samples(2000, spread), samples(2000, test or spread), 1)
    taken: list[Any] = list(measure(model, data, torch.Generator()))
    return {one.metric: one.value for one in taken}


@pytest.mark.parametrize("spread", [0.01, 0.1])
def test_of_a_code_that_says_nothing_it_is_the_entropy_of_the_noise(spread: float) -> None:
    entropy = math.log2(math.sqrt(2 * math.pi * math.e) * spread) + 8
    measured = found(Blind(), spread)
    assert measured["bits a value"] == pytest.approx(entropy, abs=0.02)
    assert measured["bits of the code a value"] == 0


def test_with_a_variance_of_a_half_a_perfect_value_costs_what_the_study_says() -> None:
    """8.83 bits: `log2(sqrt(2 pi / 2)) + 8`, and half a nat for what the noise itself is off."""
    measured = found(Blind(), math.sqrt(0.5))
    assert measured["bits a value"] - 0.5 / math.log(2) == pytest.approx(8.826, abs=0.02)


def test_the_variance_is_that_of_the_training_images() -> None:
    """A cross entropy: `ln(sqrt(2 pi) s) + t^2 / 2 s^2`, of test images that spread by t."""
    s, t = 0.1, 0.2
    expected = (math.log(math.sqrt(2 * math.pi) * s) + t**2 / (2 * s**2)) / math.log(2) + 8
    assert found(Blind(), s, test=t)["bits a value"] == pytest.approx(expected, abs=0.1)


def test_what_the_code_costs_is_added() -> None:
    bits = 1.5**2 / 2 * LATENT / math.log(2) / SIDE**2
    plain, dear = found(Blind(), 0.1), found(Blind(mean=1.5), 0.1)
    assert dear["bits of the code a value"] == pytest.approx(bits)
    assert dear["bits a value"] - plain["bits a value"] == pytest.approx(bits, abs=0.03)
