"""Oracle: the formula that TensorFlow documents for its default, with fans counted by hand; scipy's test of a
distribution.
"""

import math
from collections.abc import Callable

import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from lea.nn import LEA, VAE, glorot, he, orthogonal

FANS = {  # layer, values that one output is made of, outputs that one value goes into
    "linear": (nn.Linear(300, 200), 300, 200),
    "convolution": (nn.Conv2d(8, 32, 5), 8 * 25, 32 * 25),
    "of one axis": (nn.Conv1d(30, 40, 3), 30 * 3, 40 * 3),
    "of three": (nn.Conv3d(4, 6, 3), 4 * 27, 6 * 27),
    "transposed": (nn.ConvTranspose2d(32, 16, 3), 32 * 9, 16 * 9),
}


@pytest.mark.parametrize("name", FANS)
def test_weights_are_uniform_up_to_glorots_bound_and_biases_zero(name: str) -> None:
    layer, fan_in, fan_out = FANS[name]
    bound = math.sqrt(6 / (fan_in + fan_out))
    torch.manual_seed(0)
    glorot(layer)
    weight = layer.weight.detach().flatten().numpy()
    assert stats.kstest(weight, stats.uniform(-bound, 2 * bound).cdf).pvalue > 0.01
    assert 0.99 * bound < abs(weight).max() <= bound
    assert not layer.bias.any()


def test_every_layer_of_a_network_is_drawn_anew_by_its_own_fans() -> None:
    model = nn.Sequential(nn.Conv2d(1, 8, 5), LEA(VAE((8, 4, 4), 10), 2), nn.Flatten(), nn.Linear(40, 3))
    before = {name: one.clone() for name, one in model.named_parameters()}
    glorot(model)
    fans = {
        "0": 25 + 8 * 25,
        "1.autoencoder.coder.hidden": 128 + 256,
        "1.autoencoder.coder.widen": 10 + 256,
        "1.autoencoder.coder.restore": 256 + 128,
        "1.autoencoder.mean": 256 + 10,  # a layer of its own, though both are one product
        "1.autoencoder.log_sigma": 256 + 10,
        "3": 40 + 3,
    }
    assert {f"{name}.{kind}" for name in fans for kind in ("weight", "bias")} == set(before)
    for name, both in fans.items():
        weight = model.get_submodule(name).weight
        assert isinstance(weight, Tensor)
        assert 0.9 * math.sqrt(6 / both) < weight.abs().max() <= math.sqrt(6 / both)
        assert not torch.equal(weight, before[f"{name}.weight"])


def test_what_is_frozen_and_what_is_no_such_layer_stays() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2, bias=False))
    nn.init.constant_(model[1].weight, 0.5)
    model[0].requires_grad_(False)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    glorot(model)
    changed = {name for name, one in model.state_dict().items() if not torch.equal(one, before[name])}
    assert changed == {"2.weight"}


@pytest.mark.parametrize("name", FANS)
def test_hes_weights_are_uniform_up_to_his_bound(name: str) -> None:
    layer, fan_in, fan_out = FANS[name]
    fan = fan_out if name == "transposed" else fan_in  # whose weights lie the other way round
    bound = math.sqrt(6 / (1 + 0.01**2) / fan)
    he(layer)
    weight = layer.weight.detach().flatten().numpy()
    assert stats.kstest(weight, stats.uniform(-bound, 2 * bound).cdf).pvalue > 0.01
    assert not layer.bias.any()


def test_the_layers_that_are_named_are_drawn_from_hes_cut_normal_distribution() -> None:
    """Of the variance 2 / fan in, none beyond two deviations of what was cut."""
    model = nn.Sequential(nn.Conv2d(8, 64, 5), nn.Conv2d(64, 100, 3))
    he(model, normal=("1",))
    fan_in, (first, last) = 64 * 9, (layer.weight.detach().flatten().numpy() for layer in model)
    deviation = math.sqrt(2 / fan_in) / stats.truncnorm(-2, 2).std()
    assert stats.kstest(last, stats.truncnorm(-2, 2, scale=deviation).cdf).pvalue > 0.01
    assert last.std() == pytest.approx(math.sqrt(2 / fan_in), rel=0.01)
    assert abs(first).max() <= math.sqrt(6 / 200)
    with pytest.raises(ValueError, match="no module 'last'; expected some of 0, 1"):
        he(model, normal=("last",))


def test_what_is_made_of_other_weights_is_drawn_too() -> None:
    """Spectral normalisation divides what is drawn by its largest singular value."""
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(30, 20))
    torch.manual_seed(0)
    he(layer)
    torch.manual_seed(0)
    plain = nn.Linear(30, 20)
    torch.manual_seed(0)
    he(plain)
    drawn = layer.parametrizations.weight.original  # type: ignore[union-attr]
    assert torch.equal(drawn, plain.weight)
    assert not layer.bias.any()


@pytest.mark.parametrize(("rows", "columns"), [(3, 8), (8, 3)])
def test_orthogonal_weights_are_at_right_angles(rows: int, columns: int) -> None:
    layer = nn.Linear(columns, rows)
    orthogonal(layer)
    weight = layer.weight if rows < columns else layer.weight.T
    assert torch.allclose(weight @ weight.T, torch.eye(3), atol=1e-6)
    assert not layer.bias.any()


@pytest.mark.parametrize("how", [glorot, he, orthogonal])
def test_the_parts_that_are_named_are_drawn_and_no_others(how: Callable[..., None]) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)), nn.Linear(2, 2))
    before = {name: one.clone() for name, one in model.state_dict().items()}
    how(model, parts=("1", "2"))
    changed = {name for name, one in model.state_dict().items() if not torch.equal(one, before[name])}
    assert changed == {name for name in before if not name.startswith("0.")}


def test_a_part_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no module 'encoder'; expected some of 0, 1"):
        glorot(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), parts=("encoder",))
