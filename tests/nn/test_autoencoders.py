"""Oracle: Table 3.1 and hand arithmetic; layers recomputed from their weights; sorting; sample statistics."""

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from lea.nn.autoencoders.ae import AE
from lea.nn.autoencoders.cvae import CVAE
from lea.nn.autoencoders.ksparse import KSparse
from lea.nn.autoencoders.vae import VAE
from lea.nn.coders.coder import halved, halvings, make_coder
from lea.nn.coders.conv import Conv
from lea.nn.coders.fc import FC
from lea.nn.coders.sb import SB
from lea.nn.layer import LEA

TABLE_3_1 = [
    (VAE, "sb", 52_053, 42_196),
    (AE, "sb", 51_723, 41_866),
    (VAE, "fc", 2_509_604, 1_081_876),
    (AE, "fc", 2_493_914, 1_071_626),
    (VAE, "conv", 25_776_516, 301_716),
    (AE, "conv", 25_776_186, 301_386),
]
COUNTS = [  # coder, window, code length, encoder and decoder, one linear layer onto the code
    # N = 18: 18*36 + 36, 4*36 + 36, 36*18 + 18; code: 36*4 + 4
    (FC, (2, 3, 3), 4, 684 + 180 + 666, 148),
    # the kernel exceeds the window, n = 0: 12*12 + 12, 4*12 + 12, 12*12 + 12; code: 12*4 + 4
    (Conv, (3, 2, 2), 4, 156 + 60 + 156, 52),
    # n = 0: 12*12 + 12, (4+2)*9*32 + 32, 32*9*32 + 32, 32*9*3 + 3
    (SB, (3, 2, 2), 4, 156 + 1_760 + 9_248 + 867, 52),
    # n = 2, f = 2: 16*8 + 8, 8*16*8 + 8, 32*32 + 32; 5*32 + 32, 2 * (8*16*8 + 8), 8*8*8 * 64 + 64
    (partial(Conv, kernels=8, kernel_size=4), (1, 8, 8), 5, 136 + 1_032 + 1_056 + 192 + 2_064 + 32_832, 165),
    # n = 2, f = ceil(5 / 4): 2*9*4 + 4, 4*9*4 + 4, 16*16 + 16; 3*16 + 16, 2 * (4*9*4 + 4), 4*8*8 * 50 + 50
    (partial(Conv, kernels=4), (2, 5, 5), 3, 76 + 148 + 272 + 64 + 296 + 12_850, 51),
    # n = 2, f = 2: 2*16*4 + 4, 4*16*4 + 4, 16*16 + 16; (3+2)*16*4 + 4, 4*16*4 + 4, 4*16*2 + 2
    (partial(SB, kernels=4, kernel_size=4), (2, 5, 5), 3, 132 + 260 + 272 + 324 + 260 + 130, 51),
    # n = 1, f = 2: 1*9*64 + 64, 256*256 + 256; (10+2)*9*64 + 64, 64*9*64 + 64, 64*9*1 + 1
    (partial(SB, kernels=64), (1, 3, 3), 10, 640 + 65_792 + 6_976 + 36_928 + 577, 2_570),
]
WINDOW = (2, 5, 5)
CODERS = {
    "fc": FC,
    "conv": partial(Conv, kernels=4),
    "conv, no convolution": partial(Conv, kernels=4, kernel_size=6),
    "conv, even kernel": partial(Conv, kernels=4, kernel_size=4),
    "conv, kernel 1": partial(Conv, kernels=4, kernel_size=1),
    "conv, kernel 2": partial(Conv, kernels=4, kernel_size=2),
    "conv, kernel 5": partial(Conv, kernels=4, kernel_size=5),
    "sb": partial(SB, kernels=4),
    "sb, no convolution": partial(SB, kernels=4, kernel_size=7),
    "sb, even kernel": partial(SB, kernels=4, kernel_size=4),
    "sb, kernel 1": partial(SB, kernels=4, kernel_size=1),
}
every_coder = pytest.mark.parametrize("coder", CODERS)


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def windows(count: int = 6, shape: tuple[int, int, int] = WINDOW) -> Tensor:
    return torch.randn(count, *shape, dtype=torch.float64)


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.double() for name, value in model.state_dict().items()}


@pytest.mark.parametrize(("autoencoder", "coder", "image", "window"), TABLE_3_1)
def test_the_parameters_are_as_many_as_table_3_1_says(
    autoencoder: Callable[..., nn.Module], coder: str, image: int, window: int
) -> None:
    with torch.device("meta"):
        assert parameters(autoencoder((1, 28, 28), 10, coder=coder)) == image
        assert parameters(autoencoder((32, 4, 4), 10, coder=coder)) == window


@pytest.mark.parametrize(("coder", "shape", "code", "coders", "linear"), COUNTS)
def test_the_parameters_are_as_many_as_hand_arithmetic_gives(
    coder: Callable[..., nn.Module], shape: tuple[int, int, int], code: int, coders: int, linear: int
) -> None:
    assert parameters(coder(shape, code)) == coders
    assert parameters(AE(shape, code, coder=coder)) == coders + linear
    assert parameters(KSparse(shape, code, coder=coder, k=2)) == coders + linear
    assert parameters(VAE(shape, code, coder=coder)) == coders + 2 * linear
    assert parameters(CVAE(shape, code, coder=coder)) == coders + 2 * linear


@pytest.mark.parametrize(
    ("side", "kernel_size", "times", "last"),
    [
        (28, 3, 5, 1),  # ceil(log2(9.33)) + 1 = 4 + 1
        (4, 3, 2, 1),  # ceil(log2(1.33)) + 1 = 1 + 1
        (3, 3, 1, 2),  # ceil(log2(1)) + 1 = 0 + 1; ceil(3 / 2)
        (2, 3, 0, 2),  # the kernel exceeds the side
        (1, 3, 0, 1),
        (1, 1, 1, 1),
        (6, 3, 2, 2),
        (7, 3, 3, 1),
        (24, 3, 4, 2),
        (25, 3, 5, 1),
        (5, 4, 2, 2),
        (4, 4, 1, 2),
        (28, 4, 4, 2),
        (64, 4, 5, 2),
        (20, 5, 3, 3),
    ],
)
def test_halvings_are_those_of_equations_3_3_and_3_4(
    side: int, kernel_size: int, times: int, last: int
) -> None:
    assert halvings(side, kernel_size) == times
    assert halved(side, times) == last


@pytest.mark.parametrize(
    ("side", "sides"), [(28, [28, 14, 7, 4, 2, 1]), (5, [5, 3, 2, 1]), (9, [9, 5, 3, 2])]
)
def test_halving_rounds_up_each_time(side: int, sides: list[int]) -> None:
    assert [halved(side, times) for times in range(len(sides))] == sides


def in_order(v: Tensor) -> Tensor:
    """(n, c, h, w) -> (n, h * w * c): rows, in them columns, in them channels."""
    return v.permute(0, 2, 3, 1).flatten(1)


def back_in_place(values: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """(n, h * w * c) -> (n, c, h, w)."""
    channels, height, width = shape
    return values.unflatten(1, (height, width, channels)).permute(0, 3, 1, 2)


def tensorflows_same(v: Tensor, size: int) -> Tensor:
    """Zeros as TensorFlow documents `SAME` for a stride of 2: of an odd number the odd one comes last."""
    side = v.shape[-1]
    zeros = max(size - 2, 0) if side % 2 == 0 else max(size - 1, 0)
    return F.pad(v, 2 * (zeros // 2, zeros - zeros // 2))


def convolutions(own: dict[str, Tensor], v: Tensor) -> Tensor:
    """The convolutions of the encoder, zeros around."""
    number = 0
    while own[f"encode.{number}.weight"].dim() == 4:
        weight, bias = own[f"encode.{number}.weight"], own[f"encode.{number}.bias"]
        v = F.relu(F.conv2d(tensorflows_same(v, weight.shape[-1]), weight, bias, stride=2))
        number += 1
    return F.relu(F.linear(in_order(v), own[f"encode.{number}.weight"], own[f"encode.{number}.bias"]))


def doublings(own: dict[str, Tensor], z: Tensor, last: tuple[int, int, int]) -> Tensor:
    """The decoder of `conv`, whose convolutions are the gradient of those that halve twice the side."""
    values = back_in_place(F.relu(F.linear(z, own["widen.weight"], own["widen.bias"])), last)
    for number in range(sum(name.startswith("doublings") for name in own) // 2):
        weight, bias = own[f"doublings.{number}.weight"], own[f"doublings.{number}.bias"]
        side = 2 * values.shape[-1]
        large = torch.zeros(len(values), weight.shape[1], side, side, dtype=torch.float64, requires_grad=True)
        small = F.conv2d(tensorflows_same(large, weight.shape[-1]), weight, stride=2)
        (transposed,) = torch.autograd.grad(small, large, values)
        values = F.relu(transposed + bias[:, None, None])
    return back_in_place(F.linear(in_order(values), own["restore.weight"], own["restore.bias"]), WINDOW)


def broadcast(own: dict[str, Tensor], z: Tensor) -> Tensor:
    """The decoder of `sb`: the code at every place beside its x and y, three convolutions."""
    side = WINDOW[1]
    values = torch.empty(len(z), z.shape[1] + 2, side, side, dtype=torch.float64)
    for row, column in np.ndindex(side, side):
        x, y = (2 * place / (side - 1) - 1 for place in (column, row))
        values[:, :, row, column] = torch.cat([z, torch.tensor([[x, y]]).to(z).expand(len(z), 2)], 1)
    for name in ("first", "second"):
        values = F.relu(F.conv2d(values, own[f"{name}.weight"], own[f"{name}.bias"], padding="same"))
    return F.conv2d(values, own["restore.weight"], own["restore.bias"], padding="same")


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@every_coder
def test_coders_equal_their_definition_recomputed_from_their_weights(coder: str) -> None:
    model = CODERS[coder](WINDOW, 3).double()
    own, v, z = weights(model), windows(), torch.randn(6, 3, dtype=torch.float64)
    if coder == "fc":
        features = F.relu(F.linear(in_order(v), own["hidden.weight"], own["hidden.bias"]))
        wide = F.relu(F.linear(z, own["widen.weight"], own["widen.bias"]))
        r = back_in_place(F.linear(wide, own["restore.weight"], own["restore.bias"]), WINDOW)
    else:
        features = convolutions(own, v)
        convolves = own["encode.0.weight"].dim() == 4
        kernel_size = own["encode.0.weight"].shape[-1] if convolves else 99
        last = halved(5, halvings(5, kernel_size))
        first = (4 if convolves else 2, last, last)
        r = broadcast(own, z) if coder.startswith("sb") else doublings(own, z, first)
    assert torch.allclose(model.encode(v), features, rtol=0, atol=1e-12)
    assert torch.allclose(model.decode(z), r, rtol=0, atol=1e-12)
    assert model.features == features.shape[1]


def test_the_fully_connected_autoencoder_equals_matrix_products_in_numpy() -> None:
    model = AE(WINDOW, 3, coder="fc").double()
    own, v = {name: value.numpy() for name, value in model.state_dict().items()}, windows()
    values = np.stack([[v[n, c, i, j] for i, j, c in np.ndindex(5, 5, 2)] for n in range(6)])
    features = np.maximum(values @ own["coder.hidden.weight"].T + own["coder.hidden.bias"], 0)
    z = features @ own["code.weight"].T + own["code.bias"]
    wide = np.maximum(z @ own["coder.widen.weight"].T + own["coder.widen.bias"], 0)
    r = (wide @ own["coder.restore.weight"].T + own["coder.restore.bias"]).reshape(6, 5, 5, 2)
    assert own["coder.hidden.weight"].shape == (100, 50)
    assert np.allclose(model.encode(v).z.detach().numpy(), z, rtol=0, atol=1e-13)
    assert np.allclose(model(v).detach().numpy(), r.transpose(0, 3, 1, 2), rtol=0, atol=1e-13)


@every_coder
def test_a_decoder_ends_in_a_linear_layer_so_that_any_value_can_be_restored(coder: str) -> None:
    model, z = CODERS[coder](WINDOW, 3).double(), torch.randn(50, 3, dtype=torch.float64)
    before = model.decode(z)
    assert before.shape == (50, *WINDOW)
    with torch.no_grad():
        model.restore.weight.mul_(-3)
        model.restore.bias.mul_(-3)
    after = model.decode(z)
    assert torch.allclose(after, -3 * before, rtol=0, atol=1e-12)
    assert min(before.min(), after.min()) < 0 < max(before.max(), after.max())


@every_coder
def test_every_value_of_a_window_is_seen_and_features_are_rectified(coder: str) -> None:
    torch.manual_seed(3)
    model, v = CODERS[coder](WINDOW, 3).double(), windows(50).requires_grad_()
    features = model.encode(v)
    assert features.min() == 0 < features.max()
    (gradient,) = torch.autograd.grad(features.sum(), v)
    seen = gradient.abs().sum((0, 1)) > 0
    every_second = coder.endswith("kernel 1")
    assert seen.sum() == (1 if every_second else 25)


@pytest.mark.parametrize("side", [2, 3, 4, 9])
def test_coordinates_go_evenly_from_minus_one_to_one(side: int) -> None:
    coordinates = SB((1, side, side), 2).double().first.coordinates.reshape(2, side, side)
    line = torch.arange(side, dtype=torch.float64) * 2 / (side - 1) - 1
    x, y = coordinates
    assert torch.allclose(x, line.expand(side, side), rtol=0, atol=1e-6)
    assert torch.equal(y, x.T)
    assert (coordinates.min(), coordinates.max()) == (-1, 1)


def test_a_coder_is_found_by_its_name_or_made_by_a_function() -> None:
    for name, kind in {"fc": FC, "conv": Conv, "sb": SB}.items():
        assert type(make_coder(name, WINDOW, 3)) is kind
        assert type(AE(WINDOW, 3, coder=name).coder) is kind
    made = make_coder(partial(Conv, kernels=7), WINDOW, 3)
    assert made.features == 7 * 2 * 2
    with pytest.raises(ValueError, match="no coder 'lstm'; expected 'fc', 'conv', 'sb'"):
        make_coder("lstm", WINDOW, 3)


SHAPES = [(1, 4, 5), (0, 4, 4), 4, (4, 4), (1, 4.0, 4.0), (True, 4, 4), "144", (1, (4, 4), (4, 4)), None]


@pytest.mark.parametrize("kind", [AE, VAE, KSparse, CVAE])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_window_is_a_square_with_channels(kind: type[nn.Module], shape: Any) -> None:
    with pytest.raises(
        ValueError, match=r"^window shape .*; expected \(channels, side, side\), such as \(1, 4, 4\)$"
    ):
        kind(shape, 6)
    with pytest.raises(ValueError, match=r"^window shape"):
        LEA(SimpleNamespace(shape=shape, code_length=1, encode=None, decode=None, loss=None))


@pytest.mark.parametrize("kind", [AE, VAE])
def test_a_code_has_at_least_one_value(kind: type[nn.Module]) -> None:
    assert kind(WINDOW, 1).encode(windows().float()).z.shape == (6, 1)
    assert kind(torch.Size(WINDOW), np.int64(1)).code_length == 1
    for length in (0, -1, 2.0, "3", True, None):
        with pytest.raises(
            ValueError, match=f"^code of length {length!r}; expected at least 1, a whole number$"
        ):
            kind(WINDOW, length)


@pytest.mark.parametrize("coder", [3, None, FC(WINDOW, 3)])
def test_a_coder_is_a_name_or_a_function(coder: Any) -> None:
    with pytest.raises(
        ValueError, match=r"^coder: found .*; expected 'fc', 'conv', 'sb', or a function that makes one$"
    ):
        AE(WINDOW, 3, coder=coder)


def test_what_a_function_makes_is_a_coder() -> None:
    with pytest.raises(ValueError, match="made a Linear without `encode`; expected one with it"):
        AE(WINDOW, 3, coder=lambda shape, code: nn.Linear(3, 3))


def test_defaults_are_those_of_the_study() -> None:
    model = AE((1, 4, 4))
    assert (model.shape, model.code_length) == ((1, 4, 4), 10)
    assert isinstance(model.coder, FC)
    kept = KSparse((1, 4, 4))
    assert (kept.encode(torch.rand(9, 1, 4, 4)).z != 0).sum(1).tolist() == [5] * 9
    assert (kept.eval().encode(torch.rand(9, 1, 4, 4)).z != 0).sum(1).tolist() == [6] * 9


# --- ksparse ---


@pytest.mark.parametrize(
    ("k", "a", "code", "kept"),
    [
        (5, 1.3, 10, 6),
        (3, 1.5, 5, 4),
        (3, 1.0, 3, 3),
        (1, 1.9, 8, 1),
        (4, 0.5, 6, 2),
        (20, 1.15, 24, 23),
        (25, 1.16, 30, 29),  # in floating point 28.999999999999996
        (50, 1.14, 58, 57),  # 56.99999999999999
    ],
)
@pytest.mark.parametrize("shift", [0.0, -100.0])
def test_the_k_largest_are_kept_in_training_and_a_times_as_many_rounded_down_in_testing(
    k: int, a: float, code: int, kept: int, shift: float
) -> None:
    sparse, dense = KSparse(WINDOW, code, k=k, a=a).double(), AE(WINDOW, code).double()
    with torch.no_grad():
        sparse.code.bias.add_(shift)
    dense.load_state_dict(sparse.state_dict())
    v = windows(7)
    for training, number in ((True, k), (False, kept)):
        expected = np.zeros((7, code))
        for window, values in enumerate(dense.encode(v).z.tolist()):
            for value in sorted(values)[code - number :]:
                expected[window, values.index(value)] = value
        assert np.array_equal(sparse.train(training).encode(v).z.detach().numpy(), expected)
        assert (expected != 0).sum(1).tolist() == [number] * 7


def test_gradients_pass_the_kept_codes_alone() -> None:
    model, v = KSparse(WINDOW, 10, k=3).double(), windows(1)
    z = model.encode(v).z
    (gradient,) = torch.autograd.grad(z.sum(), model.code.bias)
    assert torch.equal(gradient, (z[0] != 0).double())


@pytest.mark.parametrize(("k", "a"), [(5, 1.3), (6, 1.0), (0, 1.3), (-1, 1.3), (3, 0.2), (3, 2.0)])
def test_more_or_fewer_codes_than_there_are_cannot_be_kept(k: int, a: float) -> None:
    with pytest.raises(ValueError, match=f"k = {k}"):
        KSparse(WINDOW, 5, k=k, a=a)


# --- vae ---


def fixed(model: VAE, mean: float, log_sigma: float) -> VAE:
    """Let the distribution of every code be the same for every window."""
    with torch.no_grad():
        for layer, value in ((model.mean, mean), (model.log_sigma, log_sigma)):
            layer.weight.zero_()
            layer.bias.fill_(value)
    return model.double()


def added(model: VAE, v: Tensor) -> float:
    """What the loss has beside the reconstruction loss."""
    code = model.encode(v)
    loss = model.loss(v, code, model.decode(code.z))
    return (loss.total - loss.reconstruction).item()


def test_samples_have_the_mean_and_the_deviation_that_were_encoded() -> None:
    model, count = VAE(WINDOW, 3).double(), 40_000
    code = model.encode(windows(1).expand(count, *WINDOW))
    mean, sigma = code.mean[0], code.log_sigma[0].exp()
    assert torch.equal(code.mean, mean.expand(count, 3))
    noise = (code.z - mean) / sigma
    assert noise.mean(0).abs().max() < 5 / math.sqrt(count)
    assert (noise.std(0) - 1).abs().max() < 5 / math.sqrt(2 * count)
    assert (torch.corrcoef(noise.T) - torch.eye(3)).abs().max() < 5 / math.sqrt(count)
    assert (noise.abs() < 1).double().mean().item() == pytest.approx(0.6827, abs=0.005)


@pytest.mark.parametrize("kind", [VAE, CVAE])
def test_mean_and_log_sigma_are_linear_layers_on_the_same_features(kind: type[VAE]) -> None:
    model, v = kind(WINDOW, 3).double(), windows()
    features = model.coder.encode(v)
    code = model.encode(v)
    for name, found in (("mean", code.mean), ("log_sigma", code.log_sigma)):
        layer = getattr(model, name)
        assert torch.allclose(found, features @ layer.weight.T + layer.bias, rtol=0, atol=1e-13)
    assert not torch.equal(code.z, code.mean)
    assert torch.equal(model.eval().encode(v).z, model.encode(v).mean)


def test_gradients_of_a_sample_reach_mean_and_deviation() -> None:
    model, v = VAE(WINDOW, 3).double(), windows(1)
    code = model.encode(v)
    of_mean, of_log_sigma = torch.autograd.grad(code.z.sum(), (model.mean.bias, model.log_sigma.bias))
    assert torch.equal(of_mean, torch.ones(3, dtype=torch.float64))
    assert torch.allclose(of_log_sigma, (code.z - code.mean)[0], rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", [AE, partial(KSparse, k=2), VAE, CVAE])
@pytest.mark.parametrize("training", [True, False])
def test_reconstruction_and_divergence_are_those_of_their_definitions(
    kind: Callable[..., nn.Module], training: bool
) -> None:
    model, v = kind(WINDOW, 3).double().train(training), windows()
    code = model.encode(v)
    r = model.decode(code.z)
    loss = model.loss(v, code, r)
    errors = [((r[n] - v[n]) ** 2).sum().item() for n in range(6)]
    assert math.isclose(loss.reconstruction.item(), sum(errors) / 6)
    if hasattr(code, "mean"):
        each = kl_divergence(Normal(code.mean, code.log_sigma.exp()), Normal(0.0, 1.0)).sum(1)
        assert math.isclose(loss.divergence.item(), each.mean().item())
    else:
        assert loss.divergence is None
        assert torch.equal(loss.total, loss.reconstruction)
    if not training:
        assert torch.equal(model(v), r)


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_the_divergence_weighs_beta(beta: float) -> None:
    model, v = fixed(VAE(WINDOW, 3, beta=beta), 2.0, 0.0), windows()
    for training in (True, False):
        assert math.isclose(added(model.train(training), v), beta * 3 * 2.0**2 / 2, abs_tol=1e-9)
    assert math.isclose(added(fixed(VAE(WINDOW, 3), 2.0, 0.0), v), 6)


@pytest.mark.parametrize(("epoch", "share"), [(0, 0), (1, 0.25), (2.5, 0.625), (4, 1), (7, 1), (10, 1)])
def test_the_weight_of_the_divergence_rises_while_it_warms_up(epoch: float, share: float) -> None:
    model, v = fixed(VAE(WINDOW, 3, beta=3.0, warm_up=4), 2.0, 0.0), windows()
    assert math.isclose(added(model, v), 0, abs_tol=1e-9), "before the first epoch"
    model.advance(epoch, 10)
    assert math.isclose(added(model, v), share * 3 * 6, abs_tol=1e-6)
    assert math.isclose(added(model.eval(), v), 3 * 6, abs_tol=1e-6), "test losses can be compared"


def test_without_a_warm_up_the_epoch_changes_nothing() -> None:
    model, v = fixed(VAE(WINDOW, 3, beta=3.0), 2.0, 0.0), windows()
    for epoch in (0, 0.5, 10):
        model.advance(epoch, 10)
        assert math.isclose(added(model, v), 18, rel_tol=1e-9)


# --- cvae ---


@pytest.mark.parametrize(
    ("rising", "epoch", "share"),
    [
        (None, 0, 0),
        (None, 0.5, 1 / 16),
        (None, 4, 1 / 2),
        (None, 8, 1),
        (None, 9, 1),
        (2, 0, 0),
        (2, 1, 1 / 2),
        (2, 1.5, 3 / 4),
        (2, 2, 1),
        (2, 5, 1),
        (16, 8, 1 / 2),
        (8, 6, 3 / 4),
    ],
)
def test_the_capacity_rises_linearly_over_all_epochs_or_those_given(
    rising: int | None, epoch: float, share: float
) -> None:
    model, v = fixed(CVAE(WINDOW, 3, gamma=4.0, capacity=20.0, rising=rising), 0.0, 0.0), windows()
    assert math.isclose(added(model, v), 0, abs_tol=1e-9), "before the first epoch"
    model.advance(epoch, 8)
    assert math.isclose(added(model, v), 4 * 20 * share, abs_tol=1e-5)  # the divergence is 0: |0 - C|


def test_capacity_and_gamma_are_the_sources_unless_given() -> None:
    model = fixed(CVAE(WINDOW, 3), 0.0, 0.0)
    model.advance(1, 2)
    assert math.isclose(added(model, windows()), 10 * 25 / 2, rel_tol=1e-6)


@pytest.mark.parametrize(("mean", "sign"), [(1.0, -1), (3.0, 1)])
def test_the_divergence_is_pulled_towards_the_capacity_from_both_sides(mean: float, sign: int) -> None:
    model, v = fixed(CVAE(WINDOW, 3, gamma=5.0, capacity=10.0), mean, 0.0), windows()
    model.advance(6, 10)
    divergence = 3 * mean**2 / 2
    assert math.isclose(added(model, v), 5 * abs(divergence - 6), rel_tol=1e-6)
    code = model.encode(v)
    loss = model.loss(v, code, model.decode(code.z).detach())
    (gradient,) = torch.autograd.grad(loss.total, model.mean.bias)
    assert torch.allclose(gradient, torch.full((3,), sign * 5 * mean).to(gradient))


def test_the_testing_loss_is_that_of_the_variational_autoencoder() -> None:
    model, plain, v = CVAE(WINDOW, 3, gamma=7.0).double().eval(), VAE(WINDOW, 3).double().eval(), windows()
    plain.load_state_dict(model.state_dict())
    for epoch in (0, 3, 10):
        model.advance(epoch, 10)
        code, of_plain = model.encode(v), plain.encode(v)
        loss = model.loss(v, code, model.decode(code.z))
        expected = plain.loss(v, of_plain, plain.decode(of_plain.z))
        assert all(math.isclose(one.item(), other.item()) for one, other in zip(loss, expected, strict=True))
        assert torch.equal(loss.total, loss.reconstruction + loss.divergence)
