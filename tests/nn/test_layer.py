"""Oracle: the autoencoder alone on windows cut by hand; finite differences; which parameters a step moves."""

import contextlib
import copy
import io
import math
import pickle
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck
from torch.func import functional_call
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from lea.nn import AE, CVAE, LEA, VAE, Conv, KSparse, advance, embed, leas, losses, watching
from lea.nn.losses import Loss, reconstruction_loss

CASES = [  # (height, width), size, stride
    ((8, 8), 4, 2),
    ((9, 7), 4, 2),
    ((5, 8), 3, 3),
    ((6, 5), 4, 1),
    ((3, 2), 5, 4),
    ((7, 10), 5, 2),
    ((6, 6), 6, 6),
]
KINDS = {"ae": AE, "ksparse": partial(KSparse, k=2), "vae": VAE, "cvae": CVAE}
every_kind = pytest.mark.parametrize("kind", KINDS)
Parameters = dict[str, Tensor]


def layer_of(kind: str = "ae", channels: int = 2, size: int = 4, stride: int | None = 2) -> LEA:
    return LEA(KINDS[kind]((channels, size, size), 3), stride).double()


def images(*sides: int, count: int = 3, channels: int = 2) -> Tensor:
    return torch.randn(count, channels, *(sides or (9, 7)), dtype=torch.float64)


def cut_by_hand(x: Tensor, size: int, stride: int) -> Tensor:
    """(b, c, h, w) -> (b, h', w', c, k, k), zeros around, one more behind than before if odd."""
    zeros = []
    for side in (x.shape[3], x.shape[2]):
        missing = (math.ceil(side / stride) - 1) * stride + size - side
        zeros += [missing // 2, missing - missing // 2]
    return F.pad(x, zeros).unfold(2, size, stride).unfold(3, size, stride).permute(0, 2, 3, 1, 4, 5)


# --- codes in their places ---


@every_kind
@pytest.mark.parametrize(("sides", "size", "stride"), CASES)
def test_code_maps_are_the_codes_of_windows_cut_by_hand(
    kind: str, sides: tuple[int, int], size: int, stride: int
) -> None:
    layer, x = layer_of(kind, size=size, stride=stride).eval(), images(*sides)
    maps, windows = layer(x), cut_by_hand(x, size, stride)
    rows, columns = math.ceil(sides[0] / stride), math.ceil(sides[1] / stride)
    assert layer.places(*sides) == (rows, columns)
    assert maps.shape == (3, 3, rows, columns)
    for row in range(rows):
        for column in range(columns):
            z = layer.autoencoder.encode(windows[:, row, column]).z
            assert torch.allclose(maps[:, :, row, column], z, rtol=0, atol=1e-14)


@every_kind
@pytest.mark.parametrize(("sides", "size", "stride"), CASES)
def test_losses_are_those_of_the_autoencoder_on_windows_cut_by_hand(
    kind: str, sides: tuple[int, int], size: int, stride: int
) -> None:
    layer, x = layer_of(kind, size=size, stride=stride).eval(), images(*sides)
    with watching(layer):
        layer(x)
        (found,) = losses(layer).values()
    v = cut_by_hand(x, size, stride).reshape(-1, 2, size, size)
    code = layer.autoencoder.encode(v)
    expected = layer.autoencoder.loss(v, code, layer.autoencoder.decode(code.z))
    for one, other in zip(found, expected, strict=True):
        assert (one is None and other is None) or torch.allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize(("stride", "size"), [(1, 3), (2, 4), (3, 4), (4, 4)])
def test_code_maps_move_with_the_image_for_shifts_of_one_stride(stride: int, size: int) -> None:
    layer, x = layer_of(size=size, stride=stride).eval(), images(6 * stride, 7 * stride)
    maps, moved = layer(x), layer(x.roll((stride, 2 * stride), (2, 3)))
    assert torch.allclose(moved[:, :, 2:-2, 3:-2], maps[:, :, 1:-3, 1:-4], rtol=0, atol=1e-14)
    assert not torch.allclose(moved, maps)


def test_one_autoencoder_is_shared_by_all_places() -> None:
    layer = layer_of(stride=4).eval()
    window = images(4, 4, count=1)
    maps = layer(window.tile(1, 1, 3, 5))
    assert torch.allclose(maps, maps[:, :, :1, :1].expand(1, 3, 3, 5), rtol=0, atol=1e-14)


def test_windows_follow_each_other_unless_a_stride_is_given() -> None:
    assert layer_of(stride=None).stride == 4
    layer = layer_of(stride=3)
    assert (layer.window, layer.stride, layer.channels, layer.code_length) == (4, 3, 2, 3)
    assert layer_of(size=6, stride=None).eval()(images(6, 6)).shape == (3, 3, 1, 1)


@pytest.mark.parametrize("stride", [0, -1, 5])
def test_a_stride_that_drops_values_is_refused(stride: int) -> None:
    with pytest.raises(ValueError, match=f"stride {stride}; expected 1 to 4"):
        layer_of(stride=stride)


@pytest.mark.parametrize("shape", [(3, 1, 9, 7), (3, 3, 9, 7), (2, 9, 7), (3, 2, 9)])
def test_another_number_of_channels_or_axes_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected \(batch, 2, height, width\)"):
        layer_of()(torch.zeros(*shape, dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool, torch.complex64])
def test_input_that_is_no_floats_is_refused_by_its_type(dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match=rf"input of type {dtype}; expected floats: x.float\(\) / 255"):
        layer_of()(torch.zeros(3, 2, 9, 7, dtype=dtype))


@pytest.mark.parametrize(("sides", "size", "stride"), CASES)
def test_joined_windows_are_the_image_again(sides: tuple[int, int], size: int, stride: int) -> None:
    layer, x = layer_of(size=size, stride=stride), images(*sides)
    v = cut_by_hand(x, size, stride).reshape(-1, 2, size, size)
    assert torch.allclose(layer.join(v, sides), x, rtol=0, atol=1e-14)
    marks = torch.arange(len(v), dtype=torch.float64)[:, None, None, None].expand_as(v)
    assert torch.allclose(layer.join(marks, sides).mean((1, 2, 3)).diff(), marks.new_full((2,), len(v) / 3))


# --- made for an input ---


@pytest.mark.parametrize(
    ("shape", "options", "window", "stride"),
    [
        ((2, 9, 7), {}, 9, 9),
        ((3, 6, 11), {}, 11, 11),
        ((2, 8, 8), {"window": 4}, 4, 4),
        ((1, 9, 7), {"window": 4, "stride": 2}, 4, 2),
        ((2, 3, 5), {"window": 5, "stride": 5}, 5, 5),
    ],
)
@pytest.mark.parametrize("length", [None, 3])
def test_the_layer_of_an_input_has_its_channels_and_the_window_asked_for_or_all_of_it(
    shape: tuple[int, int, int], options: dict[str, int], window: int, stride: int, length: int | None
) -> None:
    lengths = {} if length is None else {"code_length": length}
    torch.manual_seed(0)
    layer = embed(shape, autoencoder=partial(VAE, coder=partial(Conv, kernels=2)), **lengths, **options)
    torch.manual_seed(0)
    expected = LEA(VAE((shape[0], window, window), length or 10, coder=partial(Conv, kernels=2)), stride)
    assert (layer.channels, layer.window, layer.stride) == (shape[0], window, stride)
    assert layer.code_length == (length or 10)
    x = torch.rand(2, *shape)
    assert torch.equal(layer.eval()(x), expected.eval()(x))
    if not options:
        assert layer(x).shape[2:] == (1, 1)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"window": 4, "stride": 5}, "stride 5; expected 1 to 4"),
        ({"window": 4, "stride": 0}, "stride 0; expected 1 to 4"),
        ({"window": 4, "stride": 1.0}, r"stride 1\.0; expected 1 to 4"),
        ({"stride": 2}, "stride 2, and the window is the whole input; expected a window beside it"),
        ({"window": 0}, "window shape"),
        ({"window": (4, 4)}, r"window \(4, 4\); expected one number: windows are squares"),
        ({"window": 4, "stride": (2, 2)}, r"stride \(2, 2\); expected 1 to 4"),
        ({"code_length": 0}, "code of length 0"),
    ],
)
def test_a_layer_that_cannot_be_is_not_made(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        embed((2, 9, 7), autoencoder=AE, **options)


@pytest.mark.parametrize("shape", [4, (4,), (9, 7), (1, 0, 7), (2, 9.0, 7)])
def test_a_layer_is_for_a_picture(shape: Any) -> None:
    with pytest.raises(ValueError, match=r"^input of shape .*; expected \(channels, height, width\)$"):
        embed(shape, autoencoder=AE)


@pytest.mark.parametrize("thing", [nn.Linear(3, 3), AE, (3, 8, 8), 4, None])
def test_a_layer_is_made_of_an_autoencoder(thing: Any) -> None:
    with pytest.raises(
        ValueError, match=r"which has no `\w+`; expected an autoencoder, such as AE\(\(1, 4, 4\), 10\)$"
    ):
        LEA(thing)


# --- losses ---


def test_losses_are_given_once_per_forward_pass() -> None:
    layer = layer_of("vae")
    with pytest.raises(RuntimeError, match="expected a forward pass in training mode"):
        losses(layer)
    layer(images())
    assert losses(layer)[""].total.requires_grad
    with pytest.raises(RuntimeError, match="expected a forward pass in training mode"):
        losses(layer)


def test_evaluation_leaves_no_losses_not_even_those_of_training() -> None:
    layer = layer_of("vae")
    layer(images())
    layer.eval()(images())
    with pytest.raises(RuntimeError, match="no losses"):
        losses(layer)


def test_losses_belong_to_the_last_forward_pass() -> None:
    layer, x = layer_of(), images()
    layer(x + 100)
    layer(x)
    found = losses(layer)[""]
    layer(x)
    assert torch.equal(losses(layer)[""].total, found.total)


def test_losses_are_named_as_the_layers_are_in_the_model() -> None:
    first, second = LEA(AE((1, 3, 3), 4), 2), LEA(VAE((4, 2, 2), 5))
    model = nn.ModuleDict({"body": nn.Sequential(first, nn.ReLU(), second), "other": nn.Linear(2, 2)})
    assert leas(model) == {"body.0": first, "body.2": second}
    assert leas(nn.Linear(2, 2)) == {}
    assert losses(nn.Linear(2, 2)) == {}
    model["body"](torch.rand(2, 1, 9, 9))
    found = losses(model)
    assert list(found) == ["body.0", "body.2"]
    assert found["body.0"].divergence is None
    assert found["body.2"].divergence is not None


def test_a_compiled_network_names_its_losses_as_before() -> None:
    model = nn.Sequential(LEA(AE((1, 3, 3), 4), 2), nn.Sequential(LEA(VAE((4, 2, 2), 5))))
    names, x = ["0", "1.0"], torch.rand(2, 1, 9, 9)
    assert list(leas(torch.compile(model))) == names
    assert list(leas(torch.compile(model[0]))) == [""]
    compiled = torch.compile(model, backend="eager")
    compiled(x)
    assert list(losses(compiled)) == names
    model[1][0] = torch.compile(model[1][0], backend="eager")
    model(x)
    assert list(losses(model)) == names


def test_losses_with_other_weights_than_the_forward_pass_had_are_refused() -> None:
    model, x = nn.Sequential(layer_of()), images()
    others = {name: 2 * value.detach() for name, value in model.named_parameters()}
    functional_call(model, others, (x,))
    with pytest.raises(RuntimeError, match="other weights than those of the forward pass; expected both"):
        losses(model)
    model(x)
    torch.optim.SGD(model.parameters(), 0.1).step()
    assert list(losses(model)) == ["0"], "weights that moved are the same"


@every_kind
def test_watching_leaves_losses_in_evaluation_and_ends(kind: str) -> None:
    layer, x = layer_of(kind).eval(), images()
    with torch.no_grad(), watching(nn.Sequential(layer)):
        maps = layer(x)
        found = losses(layer)[""]
    assert not found.total.requires_grad
    assert torch.equal(layer(x), maps)
    with pytest.raises(RuntimeError, match="no losses"):
        losses(layer)


def test_watching_ends_after_an_error_too() -> None:
    layer = layer_of().eval()
    with contextlib.suppress(ZeroDivisionError), watching(layer):
        layer(images())
        raise ZeroDivisionError
    with pytest.raises(RuntimeError, match="no losses"):
        losses(layer)
    layer(images())
    with pytest.raises(RuntimeError, match="no losses"):
        losses(layer)


class Closed(AE):
    """An autoencoder whose decoder must not run."""

    def decode(self, z: Tensor) -> Tensor:
        raise AssertionError("decoded")


def test_the_decoder_runs_only_when_losses_are_asked_for() -> None:
    layer = LEA(Closed((2, 4, 4), 3), 2).double()
    layer(images()).sum().backward()
    layer.eval()(images())
    with watching(layer):
        layer(images())
        with pytest.raises(AssertionError, match="decoded"):
            losses(layer)
    layer.train()(images())
    with pytest.raises(AssertionError, match="decoded"):
        losses(layer)


def test_windows_are_encoded_once_and_decoded_once_where_losses_are_asked_for() -> None:
    layer, ran = layer_of("vae"), []
    for name, module in layer.autoencoder.coder.named_children():
        module.register_forward_hook(lambda *_, name=name: ran.append(name))
    layer(images())
    assert ran == ["hidden"]
    losses(layer)
    assert ran == ["hidden", "widen", "restore"]


def test_the_loss_is_that_of_the_sample_which_was_passed_on() -> None:
    layer, x = layer_of("vae", stride=4), images(8, 8)
    z = layer(x).permute(0, 2, 3, 1).reshape(-1, 3)
    r, v = layer.autoencoder.decode(z), cut_by_hand(x, 4, 4).reshape(-1, 2, 4, 4)
    assert torch.allclose(losses(layer)[""].reconstruction, reconstruction_loss(r, v), rtol=1e-12)


def test_a_pass_can_be_examined_with_its_windows_and_their_reconstructions() -> None:
    layer, x = layer_of("vae").eval(), images()
    with watching(layer):
        layer(x)
        found = layer.examine()
        layer(x)
        assert torch.equal(losses(layer)[""].total, found.loss.total)
    assert torch.equal(found.windows, cut_by_hand(x, 4, 2).reshape(-1, 2, 4, 4))
    assert torch.allclose(found.reconstruction, layer.autoencoder(found.windows), rtol=0, atol=1e-14)
    assert torch.equal(found.code.z, layer.autoencoder.encode(found.windows).z)
    assert torch.allclose(layer.join(found.windows, found.size), x, rtol=0, atol=1e-14)
    with pytest.raises(RuntimeError, match="no losses"):
        layer.examine()


def test_every_layer_of_a_model_is_told_the_epoch() -> None:
    model = nn.Sequential(LEA(VAE((1, 2, 2), 3, warm_up=4)), nn.ReLU(), LEA(AE((3, 2, 2), 2)))
    model.append(LEA(CVAE((2, 1, 1), 3, gamma=2.0, capacity=8.0))).double()
    for distribution in (model[0].autoencoder, model[3].autoencoder):
        for parameter in (*distribution.mean.parameters(), *distribution.log_sigma.parameters()):
            nn.init.zeros_(parameter)
    nn.init.constant_(model[0].autoencoder.mean.bias, 2.0)
    advance(model, 1, 8)
    model(images(8, 8, channels=1))
    first, _, last = losses(model).values()
    assert math.isclose((first.total - first.reconstruction).item(), 6 / 4, rel_tol=1e-6)
    assert math.isclose((last.total - last.reconstruction).item(), 2 * 8 / 8, rel_tol=1e-6)


# --- a module like any other ---


@every_kind
def test_its_state_makes_another_layer_the_same(kind: str) -> None:
    layer, other, x = layer_of(kind).eval(), layer_of(kind).eval(), images()
    assert not torch.equal(layer(x), other(x))
    layer.train()(x)
    state = layer.eval().state_dict()
    assert other.load_state_dict(state) == ([], [])
    assert torch.equal(layer(x), other(x))


def saved(layer: LEA) -> LEA:
    file = io.BytesIO()
    torch.save(layer, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda layer: pickle.loads(pickle.dumps(layer)),
    "torch.save": saved,
}


@every_kind
@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("after", ["nothing", "a forward pass", "losses"])
def test_a_copy_is_the_same_and_independent_whatever_came_before(kind: str, way: str, after: str) -> None:
    layer, x = layer_of(kind), images()
    if after != "nothing":
        layer(x)
    if after == "losses":
        losses(layer)
    twin = COPIES[way](layer)
    expected = layer.eval()(x)
    assert torch.equal(twin.eval()(x), expected)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.mul_(0.5)
    assert torch.equal(layer(x), expected)
    assert not torch.equal(twin(x), expected)
    twin.train()(x)
    assert losses(twin)[""].total.isfinite()


@pytest.mark.parametrize("training", [True, False])
def test_it_compiles_into_one_graph_that_computes_the_same(training: bool) -> None:
    layer = layer_of().train(training)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    of = []
    for run in (layer, compiled):
        x = images(6, 5, count=2).copy_(torch.linspace(-1, 1, 120).reshape(2, 2, 6, 5)).requires_grad_()
        total = run(x).pow(2).sum() + (losses(layer)[""].total if training else 0)
        of.append((total, *torch.autograd.grad(total, (x, layer.autoencoder.code.weight))))
    for one, other in zip(*of, strict=True):
        assert torch.allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_each_of_many_samples_has_noise_of_its_own_if_asked(kind: str) -> None:
    layer, x = layer_of(kind), images(count=1)
    codes = torch.vmap(layer, randomness="different")(x.expand(2, 1, 2, 9, 7))
    assert not torch.isclose(codes[0], codes[1]).any()
    with pytest.raises(RuntimeError, match="randomness"):
        torch.vmap(layer)(x[None])


def maps_and_loss(layer: LEA, x: Tensor) -> tuple[Tensor, ...]:
    with watching(layer):
        return layer(x), *(value for value in losses(layer)[""] if value is not None)


@pytest.mark.parametrize(("kind", "training"), [("ae", True), ("ae", False), ("vae", False), ("cvae", False)])
@pytest.mark.parametrize("stride", [2, 3])
def test_first_and_second_derivatives_are_those_of_finite_differences(
    kind: str, training: bool, stride: int
) -> None:
    layer = LEA(KINDS[kind]((2, 3, 3), 2), stride).double().train(training)
    x = images(3, 4, count=1).requires_grad_()
    assert gradcheck(lambda x: maps_and_loss(layer, x), x)
    assert gradgradcheck(lambda x: maps_and_loss(layer, x), x)


def test_a_loss_can_hold_the_gradient_of_the_code_maps() -> None:
    layer, x = layer_of("vae"), images().requires_grad_()
    maps = layer(x)
    (gradient,) = torch.autograd.grad(maps.pow(2).sum(), x, create_graph=True)
    (losses(layer)[""].total + gradient.pow(2).sum()).backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@every_kind
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.1)])
def test_it_computes_in_the_type_of_its_weights(kind: str, dtype: torch.dtype, tolerance: float) -> None:
    layer, x = layer_of(kind).eval(), images()
    expected, kept = layer(x), layer(x) != 0
    layer.to(dtype).train()(x.to(dtype))
    assert losses(layer)[""].total.isfinite()
    found = layer.eval()(x.to(dtype))
    assert found.dtype == dtype
    same = kept & (found != 0)
    assert same.sum() >= 0.95 * kept.sum()
    assert torch.allclose(found[same].double(), expected[same], rtol=0, atol=tolerance)


@every_kind
def test_the_order_of_values_in_memory_changes_no_result(kind: str) -> None:
    layer, x = layer_of(kind).eval(), images()
    for other in (x.to(memory_format=torch.channels_last), x.mT.contiguous().mT):
        assert torch.allclose(layer(other), layer(x), rtol=0, atol=1e-14)
    layer.to(memory_format=torch.channels_last)
    assert torch.allclose(layer(other), layer(x), rtol=0, atol=1e-14)


class OwnCode(NamedTuple):
    """A code with something beside it."""

    z: Tensor
    size: Tensor


class Projection(nn.Module):
    """A user's autoencoder: two values of a window and back by the same matrix; remembers its windows."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape, self.code_length = shape, 2
        self.matrix = nn.Parameter(torch.randn(2, math.prod(shape)))
        self.seen: list[weakref.ref[Tensor]] = []

    def encode(self, v: Tensor) -> OwnCode:
        self.seen.append(weakref.ref(v))
        return OwnCode(v.flatten(1) @ self.matrix.T, v.flatten(1).norm(dim=1))

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.matrix).unflatten(1, self.shape)

    def loss(self, v: Tensor, code: OwnCode, r: Tensor) -> Loss:
        reconstruction = (r - v).abs().mean()
        return Loss(reconstruction + code.size.mean(), reconstruction)


def test_an_autoencoder_of_ones_own_makes_a_layer() -> None:
    own, x = Projection((2, 4, 4)).double(), images()
    model = nn.Sequential(nn.Conv2d(2, 2, 1).double(), LEA(own, 2), nn.Flatten())
    v = cut_by_hand(model[0](x), 4, 2).reshape(-1, 2, 4, 4)
    expected = (v.flatten(1) @ own.matrix.T).reshape(3, 5, 4, 2).permute(0, 3, 1, 2)
    assert torch.allclose(model(x), expected.flatten(1), rtol=0, atol=1e-13)
    loss = losses(model)["1"]
    r = (v.flatten(1) @ own.matrix.T @ own.matrix).reshape(v.shape)
    assert torch.allclose(loss.reconstruction, (r - v).abs().mean(), rtol=1e-12)
    assert torch.allclose(loss.total - loss.reconstruction, v.flatten(1).norm(dim=1).mean(), rtol=1e-12)
    advance(model, 1, 2)


# --- memory ---


class Watch(TorchDispatchMode):
    """Notes at each operation whether a tensor is still held."""

    def __init__(self, tensor: weakref.ref[Tensor]) -> None:
        super().__init__()
        self.tensor, self.held = tensor, []

    def __torch_dispatch__(self, func: Callable, types: object, args: tuple = (), kwargs: object = None):
        self.held.append(self.tensor() is not None)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_the_windows_of_two_batches_are_never_held_at_once(asked: bool, training: bool) -> None:
    own = Projection((2, 4, 4)).double()
    layer, x = LEA(own, 2).train(training), images()
    with watching(layer):
        (layer(x).sum() + (losses(layer)[""].total if asked else 0)).backward()
        with Watch(own.seen[0]) as watch:
            layer(x)
        assert own.seen[1]() is not None, "kept for the losses"
    assert len(watch.held) > 5
    assert not any(watch.held)


def test_nothing_is_held_once_losses_are_given_nor_in_evaluation() -> None:
    own = Projection((2, 4, 4)).double()
    layer = LEA(own, 2)
    with torch.no_grad():
        layer(images())
        assert own.seen[-1]() is not None
        losses(layer)
        assert own.seen[-1]() is None
        layer.eval()(images())
        assert own.seen[-1]() is None


# --- training: which parameters a step moves ---


def resnet() -> nn.Module:
    """A residual network with a LEA in the place of its pool."""
    model = torchvision.models.resnet18(weights=None, num_classes=3)
    model.maxpool = LEA(VAE((64, 3, 3), 64, coder=partial(Conv, kernels=8)), stride=2)
    return model


def two_layers() -> nn.Module:
    parts = nn.Conv2d(3, 4, 3), nn.ReLU(), LEA(VAE((4, 4, 4), 5), 2), nn.Conv2d(5, 6, 3), nn.ReLU()
    return nn.Sequential(*parts, LEA(AE((6, 4, 4), 5), 4), nn.Flatten(), nn.Linear(80, 3))


MODELS = {"resnet18": resnet, "two layers": two_layers}
every_model = pytest.mark.parametrize("make", MODELS)


def pass_on(make: str) -> tuple[nn.Module, Tensor, dict[str, Loss]]:
    """A model, its classification loss and those of its LEAs."""
    model = MODELS[make]()
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    classification = F.cross_entropy(model(x), torch.tensor([0, 1, 2, 0]))
    return model, classification, losses(model)


def step(parameters: Iterable[Tensor], gradients: Iterable[Tensor | None] | None = None) -> None:
    """One step of Adam, with the gradients given or those that the parameters hold."""
    parameters = list(parameters)
    for parameter, gradient in zip(parameters, gradients or [], strict=False):
        parameter.grad = gradient
    torch.optim.Adam(parameters, 1e-3).step()
    for parameter in parameters:
        parameter.grad = None


def moved(model: nn.Module, before: Parameters) -> set[str]:
    return {name for name, value in model.named_parameters() if not torch.equal(value, before[name])}


def values(model: nn.Module) -> Parameters:
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def own(model: nn.Module, *kinds: str) -> set[str]:
    """The names of parameters in LEAs; with kinds, of these parts of them."""
    names = {
        f"{place}.{name}" for place, layer in leas(model).items() for name, _ in layer.named_parameters()
    }
    return {name for name in names if not kinds or any(kind in name for kind in kinds)}


@every_model
def test_joint_training_moves_everything(make: str) -> None:
    model, classification, of_leas = pass_on(make)
    before = values(model)
    (classification + 0.1 * sum(loss.total for loss in of_leas.values())).backward()
    step(model.parameters())
    assert moved(model, before) == set(before)


@every_model
def test_alternate_training_moves_each_part_by_its_own_loss(make: str) -> None:
    model, classification, of_leas = pass_on(make)
    before = values(model)
    main = [value for name, value in model.named_parameters() if name not in own(model)]
    classification.backward(inputs=main, retain_graph=True)
    assert all(value.grad is not None and value.grad.abs().sum() > 0 for value in main), "through the LEAs"
    step(main)
    assert moved(model, before) == set(before) - own(model)
    for place, layer in leas(model).items():
        now = values(model)
        parameters = list(layer.parameters())
        of_leas[place].total.backward(inputs=parameters)
        assert all(value.grad is None for value in main), "it does not reach earlier layers"
        step(parameters)
        assert moved(model, now) == {name for name in own(model) if name.startswith(place)}


REACHED = {  # by the loss of each LEA: its own modules and earlier ones
    "resnet18": {"maxpool": {"conv1", "bn1", "maxpool"}},
    "two layers": {"2": {"0", "2"}, "5": {"0", "2", "3", "5"}},
}


@every_model
def test_independent_training_moves_what_each_loss_reaches(make: str) -> None:
    model, classification, of_leas = pass_on(make)
    parameters, decoders = list(model.parameters()), own(model, "widen", "doublings", "restore")
    targets = {"": classification} | {place: loss.total for place, loss in of_leas.items()}
    gradients = {
        place: torch.autograd.grad(target, parameters, retain_graph=True, allow_unused=True)
        for place, target in targets.items()
    }
    for place, of_target in gradients.items():
        before = values(model)
        step(parameters, of_target)
        modules = REACHED[make].get(place, {name.split(".")[0] for name in before})
        reached = {name for name in before if name.split(".")[0] in modules}
        own_decoder = {name for name in decoders if place and name.startswith(place)}
        assert moved(model, before) == (reached - decoders) | own_decoder


def test_training_on_its_own_loss_restores_windows_better() -> None:
    layer = LEA(AE((1, 4, 4), 6), 2)
    x = torch.linspace(-1, 1, 12).expand(8, 1, 12, 12) * torch.randn(8, 1, 1, 1)  # each a slope of its own
    optimizer, totals = torch.optim.Adam(layer.parameters(), 1e-2), []
    for _ in range(40):
        layer(x)
        loss = losses(layer)[""].total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        totals.append(loss.item())
    assert totals[-1] < 0.1 * totals[0]
