"""Oracle: the same network written by hand, `torch.autograd.grad`, and Adam by its formulas; which loss may
change which parameters is the specification's (Sec. 3.1.1, Eq. 5.3).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea import registry
from lea.compute.building import build_part
from lea.compute.network import Network
from lea.compute.sums import Sums
from lea.nn import AE, LEA, VAE
from lea.nn.layer import Examined, leas
from lea.nn.losses import Loss
from lea.studies.lea.networks.cnn_lea import CNNLEA
from lea.studies.lea.networks.lea_alone import LEAAlone
from lea.studies.lea.networks.pool_fc import PoolFC
from lea.study.spec import Frozen, Part
from lea.training.freezing import freeze
from lea.training.method import Batch, Method, Setting
from lea.training.methods.classify import classify
from tests import specs

RATE, CLASSES, COUNT, SIDE = 0.05, 3, 5, 6
CALIBRATION = {("network", "overconfidence"), ("network", "calibration_error")}  # see test_calibration.py
LEAS = ("lea1", "lea2")
TAU, LAMBDA = 0.7, 0.3
REGIMES = ("alternate", "shared", "joint", "independent")
every_regime = pytest.mark.parametrize("regime", REGIMES)
Weights = dict[str, Tensor]


def part_of(regime: str, lea_weight: float = LAMBDA) -> Part:
    weights = {"class_weight": TAU, "lea_weight": lea_weight} if regime == "joint" else {}
    return specs.part(regime, **weights)


def method_of(made: Network, regime: str, rate: float = RATE, lea_weight: float = LAMBDA) -> Method:
    how = specs.fit(batch_size=COUNT, optimizer=specs.part("adam", rate=rate))
    method: Method = build_part("method", part_of(regime, lea_weight), Setting(made, how))
    return method


def make_step(made: Network, regime: str, **changes: Any) -> Callable[[Tensor, Tensor], Sums]:
    """What the method does with a batch."""
    method = method_of(made, regime, **changes)
    return lambda x, y: method.step(Batch(x, y, torch.arange(len(x))))


def examine(made: Network) -> dict[str, Examined]:
    return {name: layer.examine() for name, layer in leas(made.model).items()}


def make_lea(shape: tuple[int, int, int]) -> LEA:
    return LEA(AE((shape[0], 4, 4), 2), 2)


def network(seed: int = 0) -> Network:
    torch.manual_seed(seed)
    model = CNNLEA((1, SIDE, SIDE), CLASSES, lea=make_lea, kernels=(2, 3), hidden=5)
    return Network(larger(model), precision="float32")


def larger(model: nn.Module) -> nn.Module:
    """Twice the weights, in double precision: no gradient is lost in rounding."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return model.double()


def batch(seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(COUNT, 1, SIDE, SIDE, generator=generator).double(), torch.arange(COUNT) % CLASSES


def weights(model: nn.Module) -> Weights:
    return {name: one.detach().clone() for name, one in model.named_parameters()}


def moved(model: nn.Module, before: Weights) -> set[str]:
    return {name for name, now in weights(model).items() if not torch.equal(now, before[name])}


# --- the network written by hand ---


class Found(NamedTuple):
    """What a forward pass gives: scalars, and the windows of each LEA (n, c, k, k)."""

    classification: Tensor
    correct: int
    losses: dict[str, Tensor]
    normalised: dict[str, float]


def linear(p: Weights, name: str, x: Tensor) -> Tensor:
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def cut(x: Tensor) -> Tensor:
    """(b, c, h, w) -> (b, h', w', c, 4, 4): stride 2, zeros around, one more behind than before if odd."""
    side = x.shape[-1]
    zeros = (-(-side // 2) - 1) * 2 + 4 - side
    padded = F.pad(x, 2 * (zeros // 2, zeros - zeros // 2))
    return padded.unfold(2, 4, 2).unfold(3, 4, 2).permute(0, 2, 3, 1, 4, 5)


def lea_by_hand(p: Weights, name: str, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Code maps, the loss of Eq. 3.2 and the normalised loss of Eq. 4.1."""
    v = cut(x).movedim(3, -1).flatten(3)  # (b, h', w', 4·4·c)
    z = linear(p, f"{name}.code", linear(p, f"{name}.coder.hidden", v).relu())
    r = linear(p, f"{name}.coder.restore", linear(p, f"{name}.coder.widen", z).relu())
    normalised = ((r - v) / (v.max() - v.min())).square().mean()
    return z.movedim(-1, 1), (r - v).square().sum(-1).mean(), normalised


def by_hand(p: Weights, x: Tensor, y: Tensor) -> Found:
    x = F.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=2).relu()
    x, first, normalised_1 = lea_by_hand(p, "lea1.autoencoder", x)
    x = F.conv2d(x, p["conv2.weight"], p["conv2.bias"], padding=1).relu()
    x, second, normalised_2 = lea_by_hand(p, "lea2.autoencoder", x)
    logits = linear(p, "out", linear(p, "hidden", x.flatten(1)).relu()).float()  # as the loss is computed
    classification = -logits.log_softmax(1)[torch.arange(len(y)), y].mean()
    correct = int((logits.argmax(1) == y).sum())
    normalised = {"lea1": normalised_1.item(), "lea2": normalised_2.item()}
    return Found(classification, correct, {"lea1": first, "lea2": second}, normalised)


def is_of(name: str, lea: str) -> bool:
    return name.startswith(f"{lea}.")


def of_main(name: str) -> bool:
    return not any(is_of(name, lea) for lea in LEAS)


class Adam:
    """Adam by its formulas; a parameter that a loss does not reach keeps its moments and its count."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.state: dict[str, tuple[int, Tensor, Tensor]] = {}

    def step(self, p: Weights, gradients: Mapping[str, Tensor]) -> Weights:
        after = dict(p)
        for name, g in gradients.items():
            count, m, v = self.state.get(name, (0, torch.zeros_like(g), torch.zeros_like(g)))
            count, m, v = count + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            self.state[name] = count, m, v
            change = (m / (1 - 0.9**count)) / ((v / (1 - 0.999**count)).sqrt() + 1e-8)
            after[name] = p[name] - self.rate * change
        return after


def gradients(p: Weights, loss: str, names: list[str]) -> Weights:
    """Of one loss, or of Eq. 5.3, with respect to the named parameters, as far as it reaches them."""
    leaves = {name: one.clone().requires_grad_() for name, one in p.items()}
    found = by_hand(leaves, *batch())
    losses = {"network": found.classification, **found.losses}
    total = TAU * losses["network"] + LAMBDA * (losses["lea1"] + losses["lea2"])
    wanted = [leaves[name] for name in names]
    values = torch.autograd.grad(losses.get(loss, total), wanted, allow_unused=True)
    return {name: one for name, one in zip(names, values, strict=True) if one is not None}


class ByHand:
    """Every regime as the specification says it, one step after another."""

    def __init__(self, p: Weights, rate: float = RATE) -> None:
        self.p = p
        self.adams = {name: Adam(rate) for name in ("network", *LEAS)}

    def step(self, regime: str) -> Weights:
        getattr(self, regime)()
        return self.p

    def alternate(self) -> None:
        main = [name for name in self.p if of_main(name)]
        self.p = self.adams["network"].step(self.p, gradients(self.p, "network", main))
        self.p = self.step_of_leas(self.p)

    def shared(self) -> None:
        main = [name for name in self.p if of_main(name)]
        stepped = self.adams["network"].step(self.p, gradients(self.p, "network", main))
        self.p = {**stepped, **{k: v for k, v in self.step_of_leas(self.p).items() if not of_main(k)}}

    def joint(self) -> None:
        self.p = self.adams["network"].step(self.p, gradients(self.p, "total", list(self.p)))

    def independent(self) -> None:
        for loss, adam in self.adams.items():
            self.p = adam.step(self.p, gradients(self.p, loss, list(self.p)))

    def step_of_leas(self, seen: Weights) -> Weights:
        own = {lea: [name for name in seen if is_of(name, lea)] for lea in LEAS}
        found = [gradients(seen, lea, names) for lea, names in own.items()]
        for lea, one in zip(LEAS, found, strict=True):
            seen = self.adams[lea].step(seen, one)
        return seen


def test_the_network_by_hand_is_the_network() -> None:
    made, (x, y) = network(), batch()
    found = by_hand(weights(made.model), x, y)
    classified = classify(made, Batch(x, y, torch.arange(COUNT)))
    examined = examine(made)
    assert classified.loss.item() == pytest.approx(found.classification.item(), rel=1e-6)
    for name, one in examined.items():
        assert one.loss.total.item() == pytest.approx(found.losses[name].item(), rel=1e-12)


# --- the parameters after steps ---


def adam_of(g: Tensor) -> Tensor:
    """The first step of Adam, per learning rate."""
    return -g / (g.abs() + 1e-8)


def first_gradients(regime: str, p: Weights) -> Weights:
    """Each parameter's gradient in the first step, of all regimes but `independent`."""
    if regime == "joint":
        return gradients(p, "total", list(p))
    g = gradients(p, "network", [name for name in p if of_main(name)])
    seen = p if regime == "shared" else p | {name: p[name] + RATE * adam_of(one) for name, one in g.items()}
    for lea in LEAS:
        g |= gradients(seen, lea, [name for name in p if is_of(name, lea)])
    return g


@pytest.mark.parametrize("regime", ["alternate", "shared", "joint"])
def test_the_first_step_is_adams_closed_form(regime: str) -> None:
    made = network()
    before = weights(made.model)
    make_step(made, regime)(*batch())
    g = first_gradients(regime, before)
    assert set(g) == set(before)
    for name, now in weights(made.model).items():
        assert torch.allclose(now, before[name] + RATE * adam_of(g[name]), rtol=0, atol=1e-5), name
        assert (now - before[name]).abs().max() > 0.99 * RATE, name


@every_regime
@pytest.mark.parametrize("steps", [1, 4])
def test_steps_are_the_regime_and_adam_written_by_hand(regime: str, steps: int) -> None:
    made, rate = network(), 0.01
    expected, step = ByHand(weights(made.model), rate), make_step(made, regime, rate=rate)
    for _ in range(steps):
        step(*batch())
        expected.step(regime)
    for name, now in weights(made.model).items():
        assert torch.allclose(now, expected.p[name], rtol=0, atol=1e-5), name


def test_alternate_shows_leas_what_main_has_become_and_shared_what_it_was() -> None:
    rate, before = 0.3, weights(network().model)
    after = {regime: ByHand(before, rate).step(regime) for regime in ("alternate", "shared")}
    for regime, expected in after.items():
        made = network()
        make_step(made, regime, rate=rate)(*batch())
        for name, now in weights(made.model).items():
            assert torch.allclose(now, expected[name], rtol=0, atol=1e-4), name
    names = [name for name in before if not of_main(name)]
    apart = torch.cat([(after["alternate"][name] - after["shared"][name]).flatten() for name in names])
    assert (apart.abs() > rate).double().mean() > 0.05


def test_alternate_and_shared_agree_where_main_hardly_moves() -> None:
    changes, rate = [], 1e-9
    for regime in ("alternate", "shared"):
        made = network()
        before = weights(made.model)
        make_step(made, regime, rate=rate)(*batch())
        changes.append({name: (one - before[name]) / rate for name, one in weights(made.model).items()})
    for name, change in changes[0].items():
        assert torch.allclose(change, changes[1][name], rtol=0, atol=1e-4), name
        assert change.abs().max() > 0.99, name


@every_regime
def test_what_gradients_were_left_by_others_is_forgotten(regime: str) -> None:
    made = network()
    expected, step = ByHand(weights(made.model)).step(regime), make_step(made, regime)
    for parameter in made.model.parameters():
        parameter.grad = torch.full_like(parameter, 1e3)
    step(*batch())
    for name, now in weights(made.model).items():
        assert torch.allclose(now, expected[name], rtol=0, atol=1e-4), name


# --- what a loss alone may change ---


ENCODER, DECODER = ("coder.hidden", "code"), ("coder.widen", "coder.restore")
GROUPS = {
    "conv1": ("conv1",),
    "conv2": ("conv2",),
    "head": ("hidden", "out"),
    **{f"{lea} encoder": tuple(f"{lea}.autoencoder.{one}" for one in ENCODER) for lea in LEAS},
    **{f"{lea} decoder": tuple(f"{lea}.autoencoder.{one}" for one in DECODER) for lea in LEAS},
}
MAIN = {"conv1", "conv2", "head"}
ENCODERS = {"lea1 encoder", "lea2 encoder"}
APART = {  # regimes that keep the subsets apart
    "network": MAIN,
    "lea1": {"lea1 encoder", "lea1 decoder"},
    "lea2": {"lea2 encoder", "lea2 decoder"},
}
TOGETHER = {  # regimes whose losses reach all that they depend on
    "network": MAIN | ENCODERS,
    "lea1": {"conv1", "lea1 encoder", "lea1 decoder"},
    "lea2": {"conv1", "conv2", "lea2 decoder", *ENCODERS},
}
REACHED = {"alternate": APART, "shared": APART, "joint": TOGETHER, "independent": TOGETHER}


def silence(made: Network, monkeypatch: pytest.MonkeyPatch, losses: set[str]) -> None:
    """Make losses 0 whatever the parameters are: their gradients are 0 where they reach."""
    if "network" in losses:
        monkeypatch.setattr(F, "cross_entropy", lambda logits, y: 0 * logits.sum())
    for name, layer in leas(made.model).items():
        if name in losses:
            zero = lambda v, code, r: Loss(0 * r.sum(), 0 * r.sum())  # noqa: E731
            monkeypatch.setattr(layer.autoencoder, "loss", zero)


def groups(names: set[str]) -> set[str]:
    """The groups whose parameters are all among the names; no other may have one of them."""
    every = [f"{start}.{end}" for starts in GROUPS.values() for start in starts for end in ("weight", "bias")]
    assert names <= set(every)
    found = {
        group: {f"{start}.{end}" for start in starts for end in ("weight", "bias")} & names
        for group, starts in GROUPS.items()
    }
    assert all(len(some) in (0, 2 * len(GROUPS[group])) for group, some in found.items()), found
    return {group for group, some in found.items() if some}


@every_regime
@pytest.mark.parametrize("loss", ["network", *LEAS])
def test_a_loss_alone_changes_what_it_may_and_all_of_that(
    regime: str, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = network()
    silence(made, monkeypatch, {"network", *LEAS} - {loss})
    before, step = weights(made.model), make_step(made, regime)
    step(*batch())
    assert groups(moved(made.model, before)) == REACHED[regime][loss]


@every_regime
def test_all_losses_together_change_everything(regime: str) -> None:
    made = network()
    before = weights(made.model)
    make_step(made, regime)(*batch())
    assert moved(made.model, before) == set(before)


@every_regime
def test_a_lea_follows_its_total_and_not_its_reconstruction(
    regime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = network()
    silence(made, monkeypatch, {"network"})
    for layer in leas(made.model).values():
        of_codes = lambda v, code, r: Loss(code.z.square().mean(), (r - v).square().mean())  # noqa: E731
        monkeypatch.setattr(layer.autoencoder, "loss", of_codes)
    before, step = weights(made.model), make_step(made, regime)
    step(*batch())
    reached = REACHED[regime]["lea1"] | REACHED[regime]["lea2"]
    assert groups(moved(made.model, before)) == reached - {"lea1 decoder", "lea2 decoder"}


@pytest.mark.parametrize("regime", ["alternate", "shared"])
def test_the_classification_loss_passes_through_leas_that_it_does_not_change(
    regime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = network()
    before, step = weights(made.model), make_step(made, regime)
    silence(made, monkeypatch, set(LEAS))
    step(*batch())
    monkeypatch.undo()
    for name, g in gradients(before, "network", ["conv1.weight", "conv2.weight"]).items():
        change = made.model.get_parameter(name) - before[name]
        assert torch.allclose(change, RATE * adam_of(g), rtol=0, atol=1e-5)
        assert g.abs().max() > 1e-3
    assert all(of_main(name) for name in moved(made.model, before))


# --- weights of the losses ---


@pytest.mark.parametrize("weight", [0.0, 1e-2, 1.0, 1e3])
def test_joint_training_weighs_the_losses(weight: float) -> None:
    made, name = network(), "conv1.weight"
    before = weights(made.model)
    make_step(made, "joint", lea_weight=weight)(*batch())
    of = {loss: gradients(before, loss, [name])[name] for loss in ("network", *LEAS)}
    g = TAU * of["network"] + weight * (of["lea1"] + of["lea2"])
    assert torch.allclose(made.model.conv1.weight, before[name] + RATE * adam_of(g), rtol=0, atol=1e-5)


def refuse(z: Tensor) -> Tensor:
    raise AssertionError("the decoder runs")


def test_a_lea_weight_of_0_never_runs_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network()
    for layer in leas(made.model).values():
        monkeypatch.setattr(layer.autoencoder, "decode", refuse)
    before, step = weights(made.model), make_step(made, "joint", lea_weight=0.0)
    found = step(*batch())
    assert {part for part, _ in found} == {"network"}
    assert groups(moved(made.model, before)) == MAIN | ENCODERS
    with pytest.raises(AssertionError, match="the decoder runs"):
        examine(made)


# --- networks without LEAs, or without labels ---


def test_a_network_without_leas_follows_its_loss_with_all_its_parameters() -> None:
    torch.manual_seed(0)
    model, (x, y) = PoolFC((1, SIDE, SIDE), CLASSES, window=2, hidden=7).double(), batch()
    p = {name: one.detach().clone().requires_grad_() for name, one in model.named_parameters()}
    logits = linear(p, "out", linear(p, "hidden", F.max_pool2d(x, 2).flatten(1)).relu())
    loss = -logits.log_softmax(1)[torch.arange(COUNT), y].mean()
    found = make_step(Network(model, precision="float32"), "classify")(x, y)
    for (name, start), g in zip(p.items(), torch.autograd.grad(loss, list(p.values())), strict=True):
        now = model.get_parameter(name)
        assert torch.allclose(now, start + RATE * adam_of(g), rtol=0, atol=1e-4)
        assert not torch.equal(now, start)
    assert found["network", "loss"].item() == pytest.approx(COUNT * loss.item(), rel=1e-6)
    assert set(found) == {("network", "loss"), ("network", "accuracy"), *CALIBRATION}


class Blind(nn.Module):
    """A convolution before a LEA, a LEA behind that, and no labels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 5, padding=2)
        self.lea1 = LEA(AE((2, 4, 4), 2), 2)
        self.lea2 = LEA(AE((2, 4, 4), 2), 2)

    def forward(self, x: Tensor) -> Tensor:
        maps: Tensor = self.lea2(self.lea1(self.conv1(x).relu()))
        return maps


def test_without_labels_each_lea_follows_its_own_loss_and_nothing_else_moves() -> None:
    model, (x, y) = larger(Blind()), batch()
    before, made = weights(model), Network(model, precision="float32")
    found = make_step(made, "leas")(x, y)
    assert moved(model, before) == {name for name in before if not of_main(name)}
    p = {name: one.clone().requires_grad_() for name, one in before.items()}
    seen = F.conv2d(x, p["conv1.weight"], p["conv1.bias"], padding=2).relu()
    for lea in LEAS:
        maps, loss, _ = lea_by_hand(p, f"{lea}.autoencoder", seen)
        own = [name for name in p if is_of(name, lea)]
        values = torch.autograd.grad(loss, [p[name] for name in own])
        for name, g in zip(own, values, strict=True):
            expected = before[name] + RATE * adam_of(g)
            assert torch.allclose(model.get_parameter(name), expected, rtol=0, atol=1e-5)
        assert found[lea, "loss"].item() == pytest.approx(COUNT * loss.item(), rel=1e-12)
        seen = maps.detach()
    assert {part for part, _ in found} == set(LEAS)


def test_labels_change_nothing_where_none_are_learnt() -> None:
    results = []
    for y in (torch.zeros(COUNT, dtype=torch.long), torch.arange(COUNT)):
        torch.manual_seed(0)
        model = LEAAlone((1, SIDE, SIDE), lea=make_lea).double()
        make_step(Network(model, precision="float32"), "leas")(batch()[0], y)
        results.append(weights(model))
    assert all(torch.equal(one, results[1][name]) for name, one in results[0].items())


# --- what a step returns ---


def expected_metrics(regime: str) -> dict[tuple[str, str], float]:
    """Sums over the batch, each of the forward pass that its gradient was taken from."""
    x, y = batch()
    p = weights(network().model)
    start = by_hand(p, x, y)
    sums = {("network", "loss"): COUNT * start.classification.item(), ("network", "accuracy"): start.correct}
    seen = dict.fromkeys(LEAS, start)
    if regime == "alternate":
        after = ByHand(p).step("alternate")
        main_moved = {name: one if of_main(name) else p[name] for name, one in after.items()}
        seen = dict.fromkeys(LEAS, by_hand(main_moved, x, y))
    if regime == "independent":
        for lea, loss in zip(LEAS, ("network", "lea1"), strict=True):
            p = Adam(RATE).step(p, gradients(p, loss, list(p)))
            seen[lea] = by_hand(p, x, y)
    for lea, found in seen.items():
        sums[lea, "loss"] = sums[lea, "reconstruction_loss"] = COUNT * found.losses[lea].item()
        sums[lea, "normalised_loss"] = COUNT * found.normalised[lea]
    return sums


@every_regime
def test_a_step_returns_the_sums_of_its_batch(regime: str) -> None:
    found = make_step(network(), regime)(*batch())
    expected = expected_metrics(regime)
    assert set(found) == set(expected) | CALIBRATION
    for key, value in found.items():
        assert key in CALIBRATION or value.item() == pytest.approx(expected[key], rel=1e-4), key
        assert not value.requires_grad


@every_regime
def test_a_variational_lea_has_a_divergence_and_its_total_is_the_sum(regime: str) -> None:
    torch.manual_seed(0)
    make_vae = lambda s: LEA(VAE((s[0], 4, 4), 2, beta=3.0), 2)  # noqa: E731
    model = CNNLEA((1, SIDE, SIDE), CLASSES, lea=make_vae, hidden=5)
    step = make_step(Network(model.double(), precision="float32"), regime, rate=1e-4)
    found = step(*batch())
    for lea in LEAS:
        total, reconstruction, divergence = (
            found[lea, metric].item() for metric in ("loss", "reconstruction_loss", "divergence")
        )
        assert divergence > 0
        assert total == pytest.approx(3 * divergence + reconstruction, rel=1e-5)


# --- what is frozen, and what is said without an import ---


@every_regime
@pytest.mark.parametrize(
    "parts",
    [("lea1",), LEAS, ("conv1", "conv2", "hidden", "out"), ("conv1", "lea1", "conv2"), ("lea2.autoencoder",)],
)
def test_frozen_parts_stay_and_all_others_follow_their_losses(regime: str, parts: tuple[str, ...]) -> None:
    made = network()
    freeze(made.model, Frozen(parts=parts, statistics="batch"))
    before, step = weights(made.model), make_step(made, regime)
    step(*batch())
    assert moved(made.model, before) == {
        name for name in before if not name.startswith(tuple(f"{part}." for part in parts))
    }


def test_without_labels_a_frozen_lea_stays() -> None:
    model = larger(Blind())
    freeze(model, Frozen(parts=("lea1",), statistics="batch"))
    before, made = weights(model), Network(model, precision="float32")
    found = make_step(made, "leas")(*batch())
    assert moved(model, before) == {name for name in before if is_of(name, "lea2")}
    assert {part for part, _ in found} == set(LEAS)


@pytest.mark.parametrize("regime", [*REGIMES, "leas"])
def test_what_is_examined_moves_nothing_and_leaves_nothing_behind(regime: str) -> None:
    made = network() if regime != "leas" else Network(larger(Blind()), precision="float32")
    method, (x, y) = method_of(made, regime), batch()
    made.model.eval()
    before = weights(made.model)
    found = method.examine(Batch(x, y, torch.arange(COUNT)))
    assert moved(made.model, before) == set()
    assert {part for part, _ in found} == set(LEAS) | ({"network"} if regime != "leas" else set())
    with pytest.raises(RuntimeError, match="no losses"):
        examine(made)


def test_a_lea_weight_of_0_is_not_examined_either(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network()
    for layer in leas(made.model).values():
        monkeypatch.setattr(layer.autoencoder, "decode", refuse)
    made.model.eval()
    found = method_of(made, "joint", lea_weight=0.0).examine(Batch(*batch(), torch.arange(COUNT)))
    assert {part for part, _ in found} == {"network"}


@pytest.mark.parametrize("regime", [*REGIMES, "leas"])
def test_what_a_method_declares_is_what_it_does(regime: str) -> None:
    made = network()
    method = method_of(made, regime)
    declared = {
        name: registry.constant("method", regime, name) for name in ("LABELS", "NEEDS", "OPTIMIZERS", "RULES")
    }
    assert declared["LABELS"] == (regime != "leas")
    assert declared["NEEDS"] == ("lea",)
    assert {name.partition(".")[0] for name in method.optimizers} == set(declared["OPTIMIZERS"])
    assert declared["RULES"] == method.RULES
    assert registry.options("method", regime).keys() == part_of(regime).options.keys()
