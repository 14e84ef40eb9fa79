"""Oracle: autograd's Jacobian, a grid, torch's distributions, matrices by hand, hand-written loops."""

import math
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, distributions, nn
from torch.nn import functional as F

from lea.nn.flows.coupling import CLAMPS, Additive, Affine, Clamp, Coupling
from lea.nn.flows.downsampling import Order, to_channels, to_places
from lea.nn.flows.flow import Flow, Invertible
from lea.nn.flows.levels import bits_per_dimension, dequantise
from lea.nn.flows.multi_scale import MultiScaleFlow
from lea.nn.flows.subnetworks import Connected, Convolutional

VECTOR, IMAGE = (6,), (2, 4, 8)
small, narrow = partial(Connected, hidden=7), partial(Convolutional, hidden=5)
MAKE: dict[str, Callable[[], Invertible]] = {
    "affine": lambda: Flow(VECTOR, subnetwork=small),
    "affine, arctan": lambda: Flow(VECTOR, subnetwork=small, clamp="arctan", bound=1.0),
    "affine, not clamped": lambda: Flow(VECTOR, subnetwork=small, blocks=3, clamp="none"),
    "affine, one layer": lambda: Flow(VECTOR, subnetwork=partial(small, layers=1), blocks=2),
    "additive": lambda: Flow(VECTOR, subnetwork=small, law="additive"),
    "images as vectors": lambda: Flow(IMAGE, subnetwork=small, blocks=4),
    "one scale": lambda: MultiScaleFlow(IMAGE, scales=1, subnetwork=narrow),
    "block-major": lambda: MultiScaleFlow(IMAGE, subnetwork=narrow),
    "channel-major": lambda: MultiScaleFlow(IMAGE, subnetwork=narrow, order="channel", blocks=3),
    "additive images": lambda: MultiScaleFlow(IMAGE, subnetwork=narrow, law="additive"),
}
every_flow = pytest.mark.parametrize("name", MAKE)
every_order = pytest.mark.parametrize("order", ["block", "channel"])


def bent(flow: Any, by: float = 0.2) -> Any:
    """Far from where it begins, in float64."""
    with torch.no_grad():
        for weight in flow.double().parameters():
            weight.add_(torch.randn_like(weight) * by)
    return flow


def samples(flow: Any, count: int = 5) -> Tensor:
    return torch.randn(count, *flow.shape, dtype=torch.float64)


class Constant(nn.Module):
    """s as it is told, t linear."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.s = nn.Parameter(torch.rand(inputs) - 0.5)
        self.t = nn.Linear(inputs, outputs - inputs)

    def forward(self, a: Tensor) -> Tensor:
        return torch.cat([self.s.expand(len(a), -1), self.t(a)], dim=1)


class Nothing(nn.Module):
    """Neither stretches nor moves."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    def forward(self, a: Tensor) -> Tensor:
        return a.new_zeros(len(a), self.outputs, *a.shape[2:])


# --- laws of all ---


@every_flow
@pytest.mark.parametrize(("dtype", "most"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
def test_a_flow_is_undone_from_both_sides(name: str, dtype: torch.dtype, most: float) -> None:
    flow = bent(MAKE[name](), 0.1).to(dtype)
    x, u = samples(flow, 50).to(dtype), torch.randn(50, flow.features, dtype=dtype)
    assert flow(x).shape == u.shape
    assert not torch.allclose(flow(x), x.flatten(1), atol=0.1)
    assert (flow.inverse(flow(x)) - x).abs().max() < most
    assert (flow(flow.inverse(u)) - u).abs().max() < most


@every_flow
def test_its_log_determinant_is_that_of_autograds_jacobian(name: str) -> None:
    flow = bent(MAKE[name]())
    x = samples(flow, 3)
    u, log_determinant = flow.map(x)
    assert torch.equal(u, flow(x))
    for one, its in zip(x, log_determinant, strict=True):
        whole = torch.autograd.functional.jacobian(lambda v: flow(v[None])[0], one)
        found = torch.linalg.slogdet(whole.flatten(1)).logabsdet
        assert its.item() == pytest.approx(found.item(), abs=1e-9)


@pytest.mark.parametrize("name", [name for name in MAKE if "additive" in name])
def test_additive_couplings_keep_the_volume_exactly(name: str) -> None:
    flow = bent(MAKE[name]())
    assert flow.map(samples(flow)).log_determinant.tolist() == [0.0] * 5


@every_flow
def test_its_density_is_that_of_torchs_normal_with_the_determinant(name: str) -> None:
    flow = bent(MAKE[name]())
    x = samples(flow)
    u, log_determinant = flow.map(x)
    expected = distributions.Normal(0.0, 1.0).log_prob(u).sum(1)
    assert torch.allclose(flow.density(x).base, expected)
    assert torch.allclose(flow.density(x).total, expected + log_determinant)


@every_flow
def test_the_gradient_of_the_likelihood_reaches_all_weights_and_values(name: str) -> None:
    flow = bent(MAKE[name]())
    x = samples(flow, 20).requires_grad_()
    flow.density(x).total.sum().backward()
    for where, weight in [*flow.named_parameters(), ("x", x)]:
        assert weight.grad is not None, where
        assert weight.grad.abs().sum() > 0, where
    assert x.grad is not None
    assert (x.grad.abs().sum(0) > 0).all()


PLANE: dict[str, dict[str, Any]] = {
    "affine": {},
    "arctan": {"clamp": "arctan"},
    "not clamped": {"clamp": "none", "blocks": 3},
    "additive": {"law": "additive"},
}
every_plane = pytest.mark.parametrize("options", PLANE.values(), ids=PLANE.keys())


@every_plane
def test_a_density_integrates_to_one_and_samples_are_of_it(options: dict[str, Any]) -> None:
    flow = bent(Flow((2,), **{"blocks": 4, "subnetwork": small, **options}))
    side = torch.linspace(-25, 25, 501, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side)
    with torch.no_grad():
        weights = flow.density(grid).total.exp() * (side[1] - side[0]) ** 2
        drawn = flow.sample(40_000)
    assert weights.sum().item() == pytest.approx(1, abs=1e-3)
    mean = weights @ grid
    spread = (weights @ (grid - mean).square()).sqrt()
    assert drawn.shape == (40_000, 2)
    assert (drawn.mean(0) - mean).abs().max() < 5 * spread.max() / 200
    assert torch.allclose(drawn.std(0), spread, rtol=0.03)
    low, high = torch.tensor([-1.0, 0.0]), torch.tensor([0.5, 3.0])
    inside = [((at >= low) & (at < high)).all(1) for at in (grid, drawn)]
    assert inside[1].double().mean().item() == pytest.approx(weights[inside[0]].sum().item(), abs=0.02)


def test_a_linear_flow_is_the_normal_distribution_in_closed_form() -> None:
    flow = Flow((4,), subnetwork=Constant, blocks=5, clamp="none").double()
    whole, moved = torch.eye(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    for coupling in flow.couplings:
        network: Any = coupling.network
        matrix = torch.zeros(4, 4, dtype=torch.float64)
        matrix[:2, 2:], matrix[:2, :2] = torch.diag(network.s.exp()), network.t.weight
        matrix[2:, :2] = torch.eye(2)  # the half that stays goes to the other place
        whole, moved = matrix @ whole, matrix @ moved + F.pad(network.t.bias, (0, 2))
    inverse = torch.linalg.inv(whole)
    normal = distributions.MultivariateNormal(-inverse @ moved, inverse @ inverse.T)
    x = samples(flow, 30)
    assert torch.allclose(flow.density(x).total, normal.log_prob(x))


# --- couplings ---


@pytest.mark.parametrize("channels", [2, 6])
@pytest.mark.parametrize("sides", [(), (3, 5)])
def test_couplings_are_the_formulas(channels: int, sides: tuple[int, ...]) -> None:
    make = narrow if sides else small
    half = channels // 2
    affine, additive = Affine(make(half, channels), bound=1.5), Additive(make(half, half))
    x = torch.randn(4, channels, *sides)
    a, b = x[:, :half], x[:, half:]
    given = affine.network(a)
    s, t = 1.5 * torch.tanh(given[:, :half] / 1.5), given[:, half:]
    for coupling, changed in ((affine, b * s.exp() + t), (additive, b + additive.network(a))):
        y, log_determinant = coupling(x)
        assert torch.equal(y[:, half:], a)
        assert torch.allclose(y[:, :half], changed)
        expected = s.flatten(1).sum(1) if coupling is affine else torch.zeros(4)
        assert torch.allclose(log_determinant, expected, atol=1e-6)
        assert torch.allclose(coupling.inverse(y), x, atol=1e-6)


@pytest.mark.parametrize("clamp", CLAMPS)
def test_a_clamp_is_soft(clamp: Clamp) -> None:
    s = torch.tensor([-1e6, -1e-4, 0.0, 1e-4, 1e6], dtype=torch.float64)
    found = CLAMPS[clamp](s, 1.7)
    slope = {"arctan": 2 / math.pi}.get(clamp, 1.0)
    assert torch.allclose(found[1:4], slope * s[1:4], rtol=1e-6)
    ends = [-1e6, 1e6] if clamp == "none" else [-1.7, 1.7]
    assert found[[0, 4]].tolist() == pytest.approx(ends, rel=1e-5)


# --- images ---


@every_order
def test_downsampling_is_the_loop(order: Order) -> None:
    x = torch.randn(2, 3, 4, 6)
    y = torch.empty(2, 12, 2, 3)
    for channel, row, column, i, j in product(range(3), range(2), range(2), range(2), range(3)):
        place = (2 * row + column) * 3 + channel if order == "block" else channel * 4 + 2 * row + column
        y[:, place, i, j] = x[:, channel, 2 * i + row, 2 * j + column]
    assert torch.equal(to_channels(x, order), y)
    assert torch.equal(to_places(y, order), x)
    strided = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(to_channels(strided, order), y)


def test_channel_major_is_pixel_unshuffles_and_the_orders_differ_from_two_channels_on() -> None:
    one, two = torch.randn(2, 1, 4, 4), torch.randn(2, 2, 4, 4)
    assert torch.equal(to_channels(two, "channel"), F.pixel_unshuffle(two, 2))
    assert torch.equal(to_places(F.pixel_unshuffle(two, 2), "channel"), two)
    assert torch.equal(to_channels(one, "channel"), to_channels(one, "block"))
    assert not torch.equal(to_channels(two, "channel"), to_channels(two, "block"))


@every_order
def test_what_leaves_a_scale_comes_first_in_the_end(order: Order) -> None:
    """With couplings that do nothing, an even number of times, values are only put in another order."""
    flow = MultiScaleFlow((2, 4, 4), subnetwork=Nothing, blocks=2, order=order)
    x = torch.arange(32.0).reshape(1, 2, 4, 4)
    upper, lower = x[0, :, ::2], x[0, :, 1::2]  # rows of blocks
    if order == "block":  # first the upper places of each block leave, of all channels
        gone = [upper[:, :, ::2], upper[:, :, 1::2]]
        kept = torch.cat([lower[:, :, ::2], lower[:, :, 1::2]])
    else:  # first all places of the first channel
        gone = [x[0, :1, i::2, j::2] for i in range(2) for j in range(2)]
        kept = torch.cat([x[0, 1:, i::2, j::2] for i in range(2) for j in range(2)])
    places = [kept[:, i, j] for i in range(2) for j in range(2)]
    rest = torch.stack(places, dim=0 if order == "block" else 1)
    assert torch.equal(flow(x)[0], torch.cat([*(one.flatten() for one in gone), rest.flatten()]))


# --- grey levels ---


def test_an_even_density_over_all_grey_levels_costs_their_logarithm() -> None:
    for levels in (2, 256):
        width = levels / (levels - 1)  # from half a level below 0 to half a level above 1
        nats = torch.tensor([12 * math.log(width)])
        assert bits_per_dimension(nats, 12, levels).item() == pytest.approx(math.log2(levels), abs=1e-6)
    assert bits_per_dimension(torch.tensor([6 * math.log(2)]), 3).item() == pytest.approx(2)


def test_noise_moves_values_evenly_within_their_grey_level() -> None:
    x = torch.arange(256).repeat(200) / 255
    moved = dequantise(x, 256, torch.rand(len(x)))
    off = (moved - x) * 255
    assert off.abs().max() <= 0.5 + 1e-4
    assert off.std().item() == pytest.approx(1 / math.sqrt(12), rel=0.02)
    assert off.mean().item() == pytest.approx(0, abs=0.01)


# --- what is refused ---


class Narrow(nn.Linear):
    """Gives one value too few of each term."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs - 2)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "odd": (lambda: Flow((7,)), "a flow of 7 features; expected an even number"),
    "odd image": (lambda: Flow((1, 3, 3)), "a flow of 9 features; expected an even number"),
    "one block": (lambda: Flow((2,), blocks=1), "blocks 1; expected at least 2"),
    "law": (lambda: Flow((2,), law="linear"), "law 'linear'; expected affine or additive"),  # type: ignore[arg-type]
    "clamp": (lambda: Flow((2,), clamp="hard"), "clamp 'hard'; expected one of tanh, arctan, none"),  # type: ignore[arg-type]
    "bound": (lambda: Flow((2,), bound=0.0), "bound 0.0; expected a number above 0"),
    "sides": (
        lambda: MultiScaleFlow((1, 28, 28), scales=3),
        "images of 28x28 cannot be halved 3 times; expected multiples of 8",
    ),
    "points": (lambda: MultiScaleFlow((4,)), r"samples of shape \(4,\); expected images"),  # type: ignore[arg-type]
    "no scale": (lambda: MultiScaleFlow((1, 4, 4), scales=0), "scales 0; expected at least 1"),
    "order": (
        lambda: MultiScaleFlow((1, 4, 4), order="row")(torch.rand(1, 1, 4, 4)),  # type: ignore[arg-type]
        "order 'row'; expected one of block, channel",
    ),
    "odd maps": (lambda: to_channels(torch.rand(1, 1, 3, 4)), "maps of 3x4; expected even sides"),
    "channels": (lambda: to_places(torch.rand(1, 6, 2, 2)), "maps of 6 channels; expected a multiple of 4"),
    "samples": (lambda: Flow((4,))(torch.rand(3, 6)), r"samples of shape \(3, 6\); expected \(batch, 4\)"),
    "connected maps": (
        lambda: MultiScaleFlow((1, 4, 4), subnetwork=Connected)(torch.rand(1, 1, 4, 4)),
        r"fully connected, on a half of shape \(1, 2, 2, 2\); expected vectors",
    ),
    "convolved vectors": (
        lambda: Flow((4,), subnetwork=Convolutional)(torch.rand(1, 4)),
        r"convolutions, on a half of shape \(1, 2\); expected maps",
    ),
    "terms": (
        lambda: Flow((8,), subnetwork=Narrow)(torch.rand(3, 8)),
        r"a coupling's network gave a term of shape \(3, 3\); expected \(3, 4\)",
    ),
    "layers": (lambda: Connected(2, 2, layers=0), "layers 0; expected at least 1"),
}


@pytest.mark.parametrize(("make", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_by_name(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("law", ["affine", "additive"])
def test_a_networks_layers_are_as_they_are_said(law: Literal["affine", "additive"]) -> None:
    flow = Flow((10,), law=law, blocks=2, subnetwork=partial(Connected, hidden=3, layers=3))
    assert all(isinstance(one, Coupling) for one in flow.couplings)
    linear = [one for one in flow.couplings[0].modules() if isinstance(one, nn.Linear)]
    last = 10 if law == "affine" else 5
    assert [(one.in_features, one.out_features) for one in linear] == [(5, 3), (3, 3), (3, 3), (3, last)]
