"""Oracle: forward passes written out by hand with torch's functions, counts of calls, the bits before."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.network import Network
from lea.errors import UserError
from lea.nn import AE, LEA
from lea.probes.layers import Layers
from lea.studies.lea.networks.classic import Classic
from lea.studies.lea.networks.cnn_lea import CNNLEA
from lea.study.spec import Precision

CLASSES, SIDE, WINDOW = 3, 7, 2


def layers(model: nn.Module, names: Sequence[str] | None = None, precision: Precision = "float32") -> Layers:
    return Layers(Network(model, precision=precision), names)


def images(count: int = 5) -> Tensor:
    return torch.rand(count, 1, SIDE, SIDE) - 0.3


def same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name].dtype == torch.float32
        assert found[name].shape == (len(values), values[0].numel())
        assert torch.allclose(found[name], values.flatten(1), atol=1e-6), name


def convolved(x: Tensor, layer: nn.Conv2d, padding: int) -> Tensor:
    return F.relu(F.conv2d(x, layer.weight, layer.bias, padding=padding))


def connected(x: Tensor, layer: nn.Linear) -> Tensor:
    return x.flatten(1) @ layer.weight.T + layer.bias


def coded(x: Tensor, layer: LEA) -> Tensor:
    """Window by window; a side that no window fills is filled up with a zero behind it."""
    x = F.pad(x, (0, x.shape[-1] % WINDOW, 0, x.shape[-2] % WINDOW))
    rows = [
        [
            layer.autoencoder.encode(x[:, :, top : top + WINDOW, left : left + WINDOW]).z
            for left in range(0, x.shape[-1], WINDOW)
        ]
        for top in range(0, x.shape[-2], WINDOW)
    ]
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


@torch.no_grad()
def test_the_layers_of_classic_are_a_pass_written_by_hand() -> None:
    model, x = Classic((1, SIDE, SIDE), CLASSES, kernels=(2, 3), hidden=6), images()
    expected = {"input": x, "conv1": convolved(x, model.conv1, 2)}
    expected["pool1"] = F.max_pool2d(expected["conv1"], 2, ceil_mode=True)
    expected["conv2"] = convolved(expected["pool1"], model.conv2, 1)
    expected["pool2"] = F.max_pool2d(expected["conv2"], 2, ceil_mode=True)
    expected["hidden"] = F.relu(connected(expected["pool2"], model.hidden))
    expected["out"] = connected(expected["hidden"], model.out)
    same(layers(model).read(x), expected)
    assert all((expected[name] == 0).any() for name in ("conv1", "conv2", "hidden")), "ReLU had some effect"


@torch.no_grad()
def test_the_layers_of_cnn_lea_are_a_pass_written_by_hand() -> None:
    def make_lea(shape: tuple[int, int, int]) -> LEA:
        return LEA(AE((shape[0], WINDOW, WINDOW), 4))

    model = CNNLEA((1, SIDE, SIDE), CLASSES, lea=make_lea, kernels=(2, 3), hidden=6)
    x = images()
    expected = {"input": x, "conv1": convolved(x, model.conv1, 2)}
    expected["lea1"] = coded(expected["conv1"], model.lea1)
    expected["conv2"] = convolved(expected["lea1"], model.conv2, 1)
    expected["lea2"] = coded(expected["conv2"], model.lea2)
    expected["hidden"] = F.relu(connected(expected["lea2"], model.hidden))
    expected["out"] = connected(expected["hidden"], model.out)
    same(layers(model).read(x), expected)


class Gives(nn.Module):
    """Anything but a tensor of numbers with a row a sample."""

    def __init__(self, give: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.give = give

    def forward(self, x: Tensor) -> object:
        return self.give(x)


class Own(nn.Module):
    """A user's: named in another order than it runs in, with every kind of child that is no layer."""

    def __init__(self) -> None:
        super().__init__()
        linear, norm = nn.Linear(6, 5), nn.BatchNorm1d(5)
        nn.init.normal_(norm.weight)
        self.body = nn.Sequential(linear, norm, nn.Sequential(nn.Tanh()))
        self.stem = nn.Linear(SIDE * SIDE, 6)
        self.shared = nn.Sigmoid()
        self.idle, self.total = nn.Linear(2, 2), Gives(lambda x: x.sum(1))
        self.pair, self.pieces = Gives(lambda x: (x.cos(), x.sin())), Gives(lambda x: x.reshape(-1, 1))
        self.order = Gives(lambda x: x.argsort())
        self.calls, self.fails = 0, False

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        x = self.body(self.shared(self.stem(x.flatten(1))))
        if self.fails:
            raise RuntimeError("half way")
        cosine, _ = self.pair(self.shared(x))
        for one in (self.total, self.pieces, self.order):
            one(x)
        return 2 * cosine  # no child's own


@torch.no_grad()
def by_hand(model: Own, x: Tensor) -> dict[str, Tensor]:
    linear, norm, _ = model.body
    assert isinstance(linear, nn.Linear)
    assert isinstance(norm, nn.BatchNorm1d)
    found = {"input": x, "stem": connected(x, model.stem)}
    found["body.0"] = connected(found["stem"].sigmoid(), linear)
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    found["body.1"] = (found["body.0"] - mean) / (variance + norm.eps).sqrt() * norm.weight + norm.bias
    found["body.2.0"] = found["body.1"].tanh()
    found["body"] = found["body.2.0"]
    return found | {"output": 2 * found["body"].sigmoid().cos()}


def test_of_a_users_network_the_children_that_make_one_tensor_are_read_as_they_run() -> None:
    model, x = Own(), images()
    expected = by_hand(model, x)
    same(layers(model).read(x), {name: expected[name] for name in ("input", "stem", "body", "output")})


@pytest.mark.parametrize(
    "names",
    [("body.1", "stem"), ("body.2.0",), ("output", "body", "body.0", "input"), ("output",), ("input",)],
)
def test_layers_asked_for_by_name_may_lie_deep_and_come_as_they_run(names: tuple[str, ...]) -> None:
    model, x = Own(), images()
    same(
        layers(model, names).read(x),
        {name: values for name, values in by_hand(model, x).items() if name in names},
    )


def test_of_a_sequence_the_layers_are_numbers_and_the_last_is_the_output() -> None:
    linear, x = nn.Linear(SIDE * SIDE, 4), images()
    values = connected(x, linear).detach()
    found = layers(nn.Sequential(nn.Flatten(), linear, nn.ReLU())).read(x)
    same(found, {"input": x, "0": x, "1": values, "2": F.relu(values)})


@pytest.mark.parametrize(
    ("name", "why"),
    [("shared", "ran 2 times"), ("idle", "ran 0 times")]
    + [(name, "no tensor with a row a sample") for name in ("total", "pair", "pieces", "order")],
)
def test_a_module_that_is_no_layer_is_refused_by_name(name: str, why: str) -> None:
    with pytest.raises(UserError) as caught:
        layers(Own(), ("stem", name)).read(images())
    message = str(caught.value)
    assert message.startswith(f"probes.layers: '{name}' ")
    assert why in message
    assert message.endswith("; expected one such tensor a pass; name another")


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UserError) as caught:
        layers(Own(), ("stem", "trunk"))
    assert str(caught.value) == (
        "probes.layers: no layer 'trunk'; expected some of input, body, body.0, body.1, body.2, body.2.0, "
        "stem, shared, idle, total, pair, pieces, order, output"
    )


def hooks(model: nn.Module) -> int:
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules())


def test_the_network_runs_once_a_read_and_keeps_no_hook() -> None:
    model = Own()
    listening = layers(model)
    for number in range(1, 4):
        listening.read(images())
        assert (model.calls, hooks(model)) == (number, 0)


@pytest.mark.parametrize("names", [None, ("idle",)])
def test_a_pass_that_fails_keeps_no_hook_either(names: tuple[str, ...] | None) -> None:
    model = Own()
    model.fails = names is None
    with pytest.raises((RuntimeError, UserError), match=r"half way|ran 0 times"):
        layers(model, names).read(images())
    assert hooks(model) == 0


def test_the_network_is_frozen_and_reading_changes_none_of_its_bits() -> None:
    model = Own().train()
    before = {name: values.clone() for name, values in model.state_dict().items()}
    found = layers(model).read(images())
    assert not any(one.training for one in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not any(values.requires_grad for values in found.values())
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())


@pytest.mark.usefixtures("bfloat16_here")
def test_a_reading_in_coarse_arithmetic_is_handed_on_in_single_precision() -> None:
    model, x = Classic((1, SIDE, SIDE), CLASSES, kernels=(2, 3), hidden=6), images()
    fine, coarse = layers(model).read(x), layers(model, precision="bfloat16").read(x)
    assert {values.dtype for values in coarse.values()} == {torch.float32}
    assert torch.equal(coarse["conv1"], coarse["conv1"].bfloat16().float())
    assert not torch.equal(coarse["out"], fine["out"])
    assert torch.allclose(coarse["out"], fine["out"], atol=0.05)


def test_a_later_change_in_place_does_not_reach_an_earlier_layer() -> None:
    linear, x = nn.Linear(SIDE * SIDE, 3), images()
    before = x.clone()
    found = layers(
        nn.Sequential(nn.LeakyReLU(inplace=True), nn.Flatten(), linear, nn.ReLU(inplace=True))
    ).read(x)
    assert torch.equal(found["input"], before.flatten(1))
    assert torch.allclose(found["2"], connected(F.leaky_relu(before), linear))
    assert (found["2"] < 0).any()


class Named(nn.Module):
    def __init__(self, first: str, last: str) -> None:
        super().__init__()
        self.first = first
        self.add_module(first, nn.Linear(SIDE * SIDE, 5))
        self.add_module(last, nn.Linear(5, 3))
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        x = self.get_submodule(self.first)(x.flatten(1))
        return self.get_submodule(self.last)(x).log_softmax(1)


@pytest.mark.parametrize(("first", "last"), [("input", "b"), ("a", "output")])
def test_a_layer_called_as_the_image_or_the_answer_is_refused(first: str, last: str) -> None:
    with pytest.raises(
        UserError, match=f"a layer of the network is called '{first if first == 'input' else last}'"
    ):
        layers(Named(first, last)).read(images())


def test_a_layer_called_output_that_makes_the_answer_is_it() -> None:
    model = nn.Sequential()
    model.add_module("flatten", nn.Flatten())
    model.add_module("output", nn.Linear(SIDE * SIDE, 3))
    assert list(layers(model).read(images())) == ["input", "flatten", "output"]


def test_the_output_is_read_if_asked_for_beside_its_module() -> None:
    model, x = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 3)), images()
    found = layers(model, ("1", "output")).read(x)
    assert list(found) == ["1", "output"]
    assert torch.equal(found["1"], found["output"])
