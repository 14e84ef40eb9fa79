"""Oracle: windows cut by loops and NumPy's covariance; a linear VAE put at its closed-form optimum, where the
gradient of the loss of `lea.nn` must vanish and its divergence be what is predicted.
"""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lea.data.tensors import Data, Samples
from lea.nn import AE, LEA, VAE, watching
from lea.nn.coders.coder import Shape, flat, unflat
from lea.studies.lea.spectrum import measure
from tests.training.fitting import divided

SIDE, LENGTH = 8, 3


class Linear(nn.Module):
    """A coder without a hidden layer."""

    def __init__(self, shape: Shape, code: int) -> None:
        super().__init__()
        self.shape, self.features = shape, math.prod(shape)
        self.restore = nn.Linear(code, self.features)

    def encode(self, v: Tensor) -> Tensor:
        return flat(v)

    def decode(self, z: Tensor) -> Tensor:
        return unflat(self.restore(z), self.shape)


def samples(count: int = 150, scale: float = 1.0) -> Samples:
    """Pictures with strong and weak components."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(4, SIDE * SIDE)) * np.array([[1.2], [0.8], [0.3], [0.05]])
    pixels = scale * (rng.normal(size=(count, 4)) @ directions + 0.3)
    values = torch.from_numpy(pixels.astype(np.float32).reshape(count, SIDE, SIDE, 1))
    return Samples(values, torch.zeros(count, dtype=torch.int64), (0.0, 1.0))


def data(scale: float = 1.0) -> Data:
    return divided(samples(2), samples(scale=scale), 1)


def found(model: nn.Module, of: Data) -> dict[tuple[str, str], float]:
    with torch.no_grad():
        taken = list(measure(model.eval(), of, torch.Generator()))
    assert {one.split for one in taken} == {"test"}
    return {(one.part, one.metric): one.value for one in taken}


def windows_by_loops(of: Data, side: int) -> np.ndarray:
    """(n, values), stride as the side."""
    pixels = of.test.values.numpy()[..., 0].astype(np.float64)
    rows = range(0, SIDE, side)
    return np.array([one[i : i + side, j : j + side].ravel() for one in pixels for i in rows for j in rows])


@pytest.mark.parametrize("side", [2, 4, 8])
def test_variances_are_those_of_numpys_covariance(side: int) -> None:
    of = data()
    model = nn.Sequential(LEA(AE((1, side, side), LENGTH)))
    variances = np.linalg.eigvalsh(np.cov(windows_by_loops(of, side).T, bias=True))[::-1]
    worth = [one for one in variances[:LENGTH] if one > 0.5]
    expected = {
        "variance of a window": variances.sum(),
        "largest component": variances[0],
        "components worth a code": len(worth),
        "divergence of a linear vae": sum(math.log(2 * one) / 2 for one in worth),
    }
    assert found(model, of) == pytest.approx({("0", name): one for name, one in expected.items()}, rel=1e-5)


def optimal(of: Data, length: int) -> tuple[VAE, Tensor]:
    """The linear VAE of whole pictures in its closed form, in float64, and the pictures."""
    v = of.test.values.movedim(-1, 1).double()
    x = flat(v)
    mean = x.mean(0)
    variances, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0))
    variances, vectors = variances.flip(0)[:length], vectors.flip(1)[:, :length]
    used = variances.clamp(min=0.5)  # at 1/2 a component's decoder is 0 and its code the prior
    stretch = (used - 0.5).sqrt()
    model = VAE((1, SIDE, SIDE), length, coder=Linear).double()
    with torch.no_grad():
        model.coder.restore.weight.copy_(vectors * stretch)  # type: ignore[union-attr, operator]
        model.coder.restore.bias.copy_(mean)  # type: ignore[union-attr, operator]
        model.mean.weight.copy_((vectors * stretch / used).T)
        model.mean.bias.copy_(-(vectors * stretch / used).T @ mean)
        model.log_sigma.weight.zero_()
        model.log_sigma.bias.copy_((0.5 / used).log() / 2)
    return model, v


@pytest.mark.parametrize("scale", [0.02, 0.2, 1.0])
def test_the_divergence_is_that_of_the_linear_vae_at_its_optimum(scale: float) -> None:
    of = data(scale)
    model, v = optimal(of, LENGTH)
    code = model.encode(v)
    loss = model.loss(v, code, model.decode(code.mean))
    worth = found(nn.Sequential(LEA(AE((1, SIDE, SIDE), LENGTH))), of)
    assert loss.divergence is not None
    assert worth["0", "divergence of a linear vae"] == pytest.approx(
        loss.divergence.item(), rel=1e-5, abs=1e-9
    )
    assert worth["0", "components worth a code"] == {0.02: 0, 0.2: 2, 1.0: 3}[scale]


def test_at_that_optimum_the_gradient_of_the_loss_vanishes() -> None:
    """The expectation over the noise of the codes is taken exactly: it adds the decoder's squares."""
    model, v = optimal(data(), LENGTH)
    code = model.encode(v)
    loss = model.loss(v, code, model.decode(code.mean)).total
    noise = ((2 * code.log_sigma).exp() * model.coder.restore.weight.square().sum(0)).sum(1).mean()  # type: ignore[union-attr, operator]
    (loss + noise).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().max() < 1e-9, name


def test_each_lea_of_a_network_is_measured_and_gaussian_codes_have_their_divergence() -> None:
    first, second = LEA(VAE((1, 4, 4), 2), 2), LEA(AE((2, 2, 2), 3))
    of = data()
    values = found(nn.Sequential(first, second), of)
    assert {part for part, _ in values} == {"0", "1"}
    assert ("1", "divergence") not in values
    x, _ = of.test.batch(torch.arange(len(of.test)))
    with torch.no_grad(), watching(first):  # the whole set in one batch
        first(x)
        seen: Any = first.examine()
    assert values["0", "divergence"] == pytest.approx(seen.loss.divergence.item(), rel=1e-5)
