"""Oracle: the layers of the source's App. B by hand arithmetic, and its Table 5.6, to the digit: the sum of
all sizes of all weights that are trained.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.above_sinks import AboveSinks
from lea.nn.encoders.fixed import Fixed
from lea.nn.encoders.kitchen_sinks import KitchenSinks
from lea.nn.encoders.last_learnt import LastLearnt
from lea.nn.encoders.learnt import Learnt
from lea.nn.initialisation import glorot
from lea.nn.layouts.conv import ConvLayout
from lea.nn.layouts.fc import FCLayout
from lea.nn.priors.mixture import Mixture
from lea.nn.priors.normal import Normal
from lea.nn.priors.real_nvp import RealNVP
from lea.nn.priors.vamp import Vamp

LAYOUTS: dict[str, Any] = {"fc": FCLayout, "conv": ConvLayout}
ENCODERS: dict[str, Any] = {"L": Learnt, "PNL": LastLearnt, "NL": Fixed, "RKS": KitchenSinks}
PRIORS: dict[str, Any] = {"normal": Normal, "flow": RealNVP, "mixture": Mixture, "vamp": Vamp}
WEIGHTS = {  # Table 5.6: L, PNL, NL, RKS
    ("fc", 0): (10_256, 7_952, 7_824, 7_824),
    ("fc", 2): (11_888, 9_584, 9_456, 9_456),
    ("fc", 6): (15_152, 12_848, 12_720, 12_720),
    ("conv", 0): (521, 434, 396, 396),
    ("conv", 2): (3_689, 3_602, 3_564, 3_564),
    ("conv", 6): (10_025, 9_938, 9_900, 9_900),
}
SVHN = (10_339, 10_250, 10_196, 10_196)  # Table 5.10


def flow(layout: str, flows: int) -> Any:
    return partial(RealNVP, flows=flows, hidden={"fc": 64, "conv": 128}[layout]) if flows else Normal


def model(
    layout: str, encoder: Any, prior: Any = Normal, shape: tuple[int, ...] = (1, 32, 32), latent: int = 16
) -> EncoderDecoder:
    return EncoderDecoder(shape, layout=LAYOUTS[layout], encoder=encoder, prior=prior, latent=latent)


def trained(module: nn.Module) -> list[nn.Parameter]:
    return [one for one in module.parameters() if one.requires_grad]


def sizes(module: nn.Module) -> int:
    return sum(sum(one.shape) for one in trained(module))


@pytest.mark.parametrize(("layout", "flows"), WEIGHTS)
def test_the_published_numbers_of_weights_come_out(layout: str, flows: int) -> None:
    found = [sizes(model(layout, encoder, flow(layout, flows))) for encoder in ENCODERS.values()]
    assert tuple(found) == WEIGHTS[layout, flows]


def test_so_do_those_of_svhn() -> None:
    made = [model("conv", one, flow("conv", 6), (3, 32, 32), 32) for one in ENCODERS.values()]
    assert tuple(map(sizes, made)) == SVHN


@pytest.mark.parametrize(
    ("layout", "encoder", "decoder"),
    [
        (
            "fc",
            1024 * 256 + 256 + 256 * 128 + 128 + 128 * 64 + 64 + 64 * 32 + 32,
            16 * 128 + 128 + 128 * 256 + 256 + 256 * 512 + 512 + 512 * 1024 + 1024 + 1024 * 1024 + 1024,
        ),
        (
            "conv",
            9 * (1 * 4 + 4 * 8 + 8 * 16 + 16 * 8) + 4 + 8 + 16 + 8,
            9 * (4 * 64 + 64 * 32 + 32 * 16 + 16 * 8 + 8 * 1) + 64 + 32 + 16 + 8 + 1,
        ),
    ],
)
def test_the_true_numbers_of_weights_are_those_of_the_layers(layout: str, encoder: int, decoder: int) -> None:
    made = model(layout, Learnt)
    count = [sum(one.numel() for one in trained(part)) for part in (made.encoder, made.decoder)]
    assert count == [encoder, decoder]


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("encoder", [*ENCODERS.values(), AboveSinks])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_encoder_goes_with_every_layout_and_every_prior(layout: str, encoder: Any, prior: str) -> None:
    made, x = model(layout, encoder, PRIORS[prior]), torch.rand(3, 1, 32, 32)
    mean, log_sigma = made.encode(x)
    assert mean.shape == log_sigma.shape == (3, 16)
    assert made(x).shape == made.sample(3).shape == (3, 1, 32, 32)
    assert made.prior.density(mean).total.shape == (3,)


def test_the_conv_layouts_sides_are_the_sources() -> None:
    made, x = model("conv", Learnt), torch.rand(2, 1, 32, 32)
    down, up = (
        _shapes(made.encoder.layers, x),  # type: ignore[arg-type]
        _shapes(made.decoder, torch.rand(2, 16)),
    )
    assert [shape for kind, shape in down if kind == "Conv2d"] == [
        (4, 32, 32),
        (8, 16, 16),
        (16, 8, 8),
        (8, 2, 2),
    ]
    assert [shape for kind, shape in up if kind == "Conv2d"] == [
        (64, 2, 2),
        (32, 4, 4),
        (16, 8, 8),
        (8, 16, 16),
        (1, 32, 32),
    ]


def _shapes(layers: nn.Sequential, x: torch.Tensor) -> list[tuple[str, tuple[int, ...]]]:
    found = []
    for layer in layers:
        x = layer(x)
        found.append((type(layer).__name__, tuple(x.shape[1:])))
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layers_have_a_leaky_relu_between_them_and_none_at_the_end(layout: str) -> None:
    made = model(layout, Learnt)
    for layers in (made.encoder.layers, made.decoder):
        kinds = [type(one).__name__ for one in layers]  # type: ignore[union-attr,arg-type]
        weighted = [place for place, kind in enumerate(kinds) if kind in ("Linear", "Conv2d")]
        assert all(kinds[place + 1] == "LeakyReLU" for place in weighted[:-1])
        assert "LeakyReLU" not in kinds[weighted[-1] :]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_kitchen_sinks_are_linear_and_see_the_whole_image(layout: str) -> None:
    made, x = model(layout, KitchenSinks).encoder, torch.rand(2, 1, 32, 32, requires_grad=True)
    whole, nothing = made(x).mean, made(torch.zeros_like(x)).mean
    assert torch.allclose(made(3 * x).mean - nothing, 3 * (whole - nothing), atol=1e-5)
    (gradient,) = torch.autograd.grad(whole.sum(), x)
    assert (gradient != 0).all()


@pytest.mark.parametrize("encoder", [Fixed, KitchenSinks])
def test_an_encoder_that_learns_nothing_has_the_constant_variance(encoder: Any) -> None:
    log_sigma = model("fc", encoder).encode(torch.rand(2, 1, 32, 32)).log_sigma
    assert torch.allclose((2 * log_sigma).exp(), torch.tensor(1e-6))


def test_half_of_what_a_learnt_encoder_gives_is_the_log_variance() -> None:
    made, x = model("conv", Learnt), torch.rand(2, 1, 32, 32)
    out = made.encoder.layers(x)  # type: ignore[operator]
    mean, log_sigma = made.encode(x)
    assert torch.equal(mean, out[:, :4].flatten(1))
    assert torch.allclose((2 * log_sigma).exp(), out[:, 4:].flatten(1).exp())


LEARNT: dict[Any, Callable[[str], bool]] = {
    Learnt: lambda name: True,
    LastLearnt: lambda name: name.startswith("last."),
    Fixed: lambda name: False,
    KitchenSinks: lambda name: False,
    AboveSinks: lambda name: name.startswith("last."),
}


@pytest.mark.parametrize("encoder", LEARNT)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_gradient_reaches_what_an_encoder_learns_and_nothing_else(layout: str, encoder: Any) -> None:
    made = model(layout, encoder)
    mean, log_sigma = made.encode(torch.rand(4, 1, 32, 32))
    loss = made.decode(mean + log_sigma.exp()).square().sum() + mean.sum()
    loss.backward()
    reached = {name for name, one in made.encoder.named_parameters() if one.grad is not None}
    assert reached == {name for name, _ in made.encoder.named_parameters() if LEARNT[encoder](name)}
    assert all(one.grad is not None for one in made.decoder.parameters())


def test_what_is_not_learnt_is_drawn_in_a_way_of_its_own() -> None:
    made = model("fc", partial(LastLearnt, initialisation=glorot))
    first = made.encoder.random[1]  # type: ignore[index]
    bound = (6 / (1024 + 256)) ** 0.5
    assert first.weight.abs().max() == pytest.approx(bound, rel=1e-3)
    assert first.bias.abs().max() == 0
    last = made.encoder.last
    assert last.weight.abs().max() <= 1 / 64**0.5  # type: ignore[union-attr,operator]
    assert last.bias.abs().max() > 0  # type: ignore[union-attr,operator]


def test_a_random_encoders_normalisation_has_no_weights_and_its_dropout_stays_on_in_training() -> None:
    made = model("conv", partial(Fixed, normalise=True, dropout=0.5))
    assert sizes(made.encoder) == 0
    kinds = [type(one).__name__ for one in made.encoder.layers]  # type: ignore[union-attr]
    assert kinds[:5] == ["Conv2d", "BatchNorm2d", "LeakyReLU", "Dropout", "MaxPool2d"]
    x = torch.rand(8, 1, 32, 32)
    assert not torch.equal(made.encode(x).mean, made.encode(x).mean)
    made.eval()
    assert torch.equal(made.encode(x).mean, made.encode(x).mean)


def test_a_normalised_random_encoder_gives_features_of_one_spread() -> None:
    made, x = model("fc", partial(Fixed, normalise=True)), 7 + 3 * torch.rand(64, 1, 32, 32)
    seen = list[torch.Tensor]()
    for layer in made.encoder.layers:  # type: ignore[union-attr]
        if isinstance(layer, nn.BatchNorm1d):
            layer.register_forward_hook(lambda _module, _given, out: seen.append(out))
    made.encode(x)
    assert len(seen) == 3
    for values in seen:
        assert values.mean(0).abs().max() < 1e-4
        assert torch.allclose(values.var(0, unbiased=False), torch.ones(()), atol=0.05)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": (1, 28, 28)}, "images of 28x28; the conv layout expects 32x32: pad them"),
        ({"latent": 18}, "18 features in maps of 2x2; expected a multiple of 4"),
    ],
)
def test_what_does_not_fit_the_conv_layout_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model("conv", Learnt, **changes)


def test_a_copys_prior_looks_at_the_copys_encoder() -> None:
    made = model("fc", Learnt, Vamp)
    twin, z = copy.deepcopy(made), torch.randn(3, 16)
    before = made.prior.density(z).total
    with torch.no_grad():
        for weight in twin.encoder.parameters():
            weight.add_(0.1)
    assert torch.equal(made.prior.density(z).total, before)
    assert not torch.equal(twin.prior.density(z).total, before)
