"""Oracle: the numbers of parameters that follow from the topography study's source and its code;
NumPy's padding; the formulas of Keras' batch normalisation.
"""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.kitchen_sinks import KitchenSinks
from lea.nn.encoders.last_learnt import LastLearnt
from lea.nn.encoders.learnt import Learnt
from lea.nn.layouts.trunk import TrunkLayout, TrunkMapsLayout
from lea.nn.priors.normal import Normal

TILE = (1, 96, 96)
NARROW: Any = (3, 4, 5, 6)


def vae(shape: tuple[int, ...] = TILE, latent: int = 100, **options: Any) -> EncoderDecoder:
    layout = partial(TrunkLayout, **options)
    return EncoderDecoder(shape, layout=layout, encoder=Learnt, prior=Normal, latent=latent)


def ae(shape: tuple[int, ...] = TILE, latent: int = 9216, **options: Any) -> EncoderDecoder:
    layout, encoder = partial(TrunkMapsLayout, **options), partial(Learnt, constant=True)
    return EncoderDecoder(shape, layout=layout, encoder=encoder, prior=Normal, latent=latent)


def weights(module: nn.Module) -> int:
    """Those that are trained."""
    return sum(one.numel() for one in module.parameters())


def counted_by_keras(module: nn.Module) -> int:
    """Moving moments are parameters there."""
    moments = (one for name, one in module.named_buffers() if name.endswith(("mean", "var")))
    return weights(module) + sum(one.numel() for one in moments)


def test_the_vae_has_the_sources_number_of_parameters() -> None:
    made = vae()
    assert counted_by_keras(made.encoder) == 1_863_308
    assert counted_by_keras(made.decoder) == 1_459_189
    assert counted_by_keras(made) - made.prior.place.numel() == 1_863_308 + 1_459_189 == 3_322_497
    assert weights(made) == 3_320_705


def test_the_ae_has_the_sources_number_of_parameters() -> None:
    assert counted_by_keras(ae()) == 1_439_681
    assert weights(ae()) == 1_437_889


def test_the_older_vae_has_the_sources_number_of_parameters() -> None:
    made = vae(normalise_connected=True)
    assert counted_by_keras(made.encoder) == 1_863_708
    assert counted_by_keras(made.decoder) == 1_496_053


@pytest.mark.parametrize("padding", ["reflect", "zeros", "none"])
@pytest.mark.parametrize("side", [(96, 96), (60, 60), (48, 64), (65, 47)])
def test_an_image_of_any_size_comes_back_in_its_own_size_and_range(
    side: tuple[int, int], padding: str
) -> None:
    made, x = vae((2, *side), 7, filters=NARROW[:3], padding=padding).eval(), torch.rand(3, 2, *side)
    posterior = made.encode(x)
    assert posterior.mean.shape == posterior.log_sigma.shape == (3, 7)
    restored = made(x)
    assert restored.shape == x.shape
    assert 0 < restored.min() <= restored.max() < 1


def test_a_trunk_without_padding_may_end_in_one_value() -> None:
    made = vae((1, 48, 48), 7, filters=NARROW, padding="none").eval()
    assert made(torch.rand(2, 1, 48, 48)).shape == (2, 1, 48, 48)


def test_sides_are_the_sources() -> None:
    sides = [TrunkLayout(TILE).sizes[number] for number in range(5)]
    assert sides == [(96, 96), (48, 48), (24, 24), (12, 12), (6, 6)]
    assert TrunkLayout(TILE).maps == (256, 6, 6)


def test_edges_are_reflected() -> None:
    first = TrunkLayout((1, 48, 48), filters=NARROW).encoder(1)[0]
    x = torch.rand(1, 1, 48, 48)
    padded = torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect"))
    assert torch.allclose(first(x), F.conv2d(padded, first.weight, first.bias, stride=2), atol=1e-5)


def test_the_decoder_repeats_values_before_it_convolves() -> None:
    layout = TrunkLayout((1, 48, 48), filters=NARROW)
    repeat = next(one for one in layout.decoder() if isinstance(one, nn.Upsample))
    x = torch.rand(2, 6, *layout.sizes[-1])
    assert torch.equal(repeat(x), x.repeat_interleave(2, 2).repeat_interleave(2, 3))


def test_normalisation_is_keras() -> None:
    """(x - mean) / sqrt(variance + 0.001), and moments that keep 0.99 of what they were."""
    norm = TrunkLayout((1, 48, 48), filters=NARROW).encoder(1)[1]
    x = 3 + 0.1 * torch.randn(50, 3, 4, 4)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    expected = (x - mean[:, None, None]) / (variance + 1e-3).sqrt()[:, None, None]
    assert torch.allclose(norm(x), expected, atol=1e-4)
    assert torch.allclose(norm.running_mean, 0.01 * mean, atol=1e-6)


def test_layers_are_of_the_sources_kinds_in_its_order() -> None:
    down, up = ["Conv2d", "BatchNorm2d", "LeakyReLU"], ["Upsample", "Conv2d", "BatchNorm2d", "LeakyReLU"]
    made = vae((1, 48, 48), 7, filters=NARROW, normalise_connected=True)
    kinds = [[type(one).__name__ for one in part] for part in (made.encoder.layers, made.decoder)]
    assert kinds[0] == [*4 * down, "Flatten", "Linear", "BatchNorm1d", "ReLU", "Linear"]
    connected = ["Linear", "ReLU", "Linear", "BatchNorm1d", "ReLU", "Unflatten"]
    assert kinds[1] == [*connected, *3 * up, "Upsample", "Conv2d", "Sigmoid"]
    for layer in made.modules():
        if isinstance(layer, nn.LeakyReLU):
            assert layer(torch.tensor(-1.0)).item() == pytest.approx(-0.3)
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            assert (layer.eps, layer.momentum) == (1e-3, 0.01)


@pytest.mark.parametrize("encoder", [LastLearnt, KitchenSinks])
def test_other_encoders_go_with_the_trunk(encoder: Any) -> None:
    layout = partial(TrunkLayout, filters=NARROW)
    made = EncoderDecoder((1, 48, 48), layout=layout, encoder=encoder, prior=Normal, latent=5)
    assert made.encode(torch.rand(3, 1, 48, 48)).mean.shape == (3, 5)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="images of 20x48 cannot be halved 4 times"):
        vae((1, 20, 48))
    with pytest.raises(ValueError, match="latent 100; expected 9216, 256 maps of 6x6"):
        ae(latent=100)
    with pytest.raises(ValueError, match="expected an encoder with a constant variance"):
        EncoderDecoder(TILE, layout=TrunkMapsLayout, encoder=Learnt, prior=Normal, latent=9216)
    with pytest.raises(ValueError, match="normalised as it is"):
        TrunkLayout(TILE).encoder(1, normalise=True)
