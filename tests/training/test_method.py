"""Oracle: closed forms of single steps and of means over samples; a training that was never interrupted."""

import itertools
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from lea.compute import keeping
from lea.compute.keeping import Keeper, Kept
from lea.compute.network import Network
from lea.compute.optimizers import SGD, Adam, RMSprop
from lea.compute.sums import Sums
from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.study.spec import Fit, Part
from lea.training import loop
from lea.training.epochs import Past
from lea.training.loop import train
from lea.training.method import Batch, Method, Setting, follow
from tests import specs
from tests.training.fitting import divided, fitted

LENGTH = 3


def points(count: int, seed: int) -> Samples:
    """Points of small whole numbers, without labels."""
    generator = torch.Generator().manual_seed(seed)
    return Samples(torch.randint(0, 9, (count, LENGTH), generator=generator).float(), None, (0.0, 1.0))


def data(count: int = 10, tests: int = 5, held_out: int = 0) -> Data:
    return divided(points(count, 0), points(tests, 1), 0, points(held_out, 2))


def fit(**changes: Any) -> Fit:
    return specs.fit(**{"batch_size": 4, "optimizer": specs.part("sgd", rate=0.1)} | changes)


class Told(Method):
    """Moves nothing, and notes what it is told; of each point its length is summed."""

    OPTIMIZERS: ClassVar = ()
    RULES: ClassVar = {"rms": "root", "most": "maximum"}

    def __init__(self, setting: Setting) -> None:
        self.optimizers = {}
        self.begun: list[Samples] = []
        self.done: list[tuple[float, int]] = []
        self.steps: list[Batch] = []
        self.tests: list[Batch] = []
        self.modes: list[bool] = []
        self.model = setting.network.model

    def begin(self, data: Samples) -> None:
        self.begun.append(data)

    def advance(self, done: float, epochs: int) -> None:
        self.done.append((done, epochs))

    def step(self, batch: Batch) -> Sums:
        assert torch.is_grad_enabled()
        assert len(self.done) == len(self.steps) + 1, "it is told how far it is before every step"
        self.steps.append(batch)
        self.modes.append(self.model.training)
        return self.sums(batch)

    def examine(self, batch: Batch) -> Sums:
        assert not torch.is_grad_enabled()
        self.tests.append(batch)
        self.modes.append(self.model.training)
        return self.sums(batch)

    def sums(self, batch: Batch) -> Sums:
        lengths = batch.x.norm(dim=1)
        squares = lengths.square().sum()
        return {("all", "mean"): lengths.sum(), ("all", "rms"): squares, ("all", "most"): lengths.max()}


def told(shown: Data, how: Fit) -> tuple[Told, Past]:
    """A model without a single weight, and a method without optimizers: both are all right."""
    network = Network(nn.Identity(), precision="float32")
    method = Told(Setting(network, how))
    return method, train(network, method, shown, how, seed=0)[0]


def values(past: Past, epoch: int, split: str) -> dict[str, float]:
    rows = [one for done in past.epochs for one in done.measurements]
    return {one.metric: one.value for one in rows if (one.epoch, one.split) == (epoch, split)}


@pytest.mark.parametrize("size", [1, 3, 4, 10, 99, "all"])
def test_a_sum_becomes_a_value_by_the_rule_that_its_method_declares(size: int | str) -> None:
    shown = data(held_out=7)
    _, past = told(shown, fit(epochs=2, batch_size=size))
    for epoch, (split, samples) in itertools.product(
        (1, 2), {"train": shown.train, "test": shown.test, "held-out": shown.held_out}.items()
    ):
        lengths = samples.values.double().norm(dim=1)
        expected = {
            "mean": lengths.mean().item(),
            "rms": lengths.square().mean().sqrt().item(),
            "most": lengths.max().item(),
        }
        assert values(past, epoch, split) == pytest.approx(expected, rel=1e-6)


def test_a_batch_says_which_samples_it_has_and_all_is_one_batch() -> None:
    shown = data()
    for size, sizes in ((4, [4, 4, 2]), ("all", [10])):
        method, past = told(shown, fit(epochs=3, batch_size=size))
        assert [one.count for one in method.steps] == 3 * sizes
        for batch in method.steps:
            assert torch.equal(batch.x, shown.train.values[batch.rows])
            assert batch.y is None
        for batch in method.tests:
            assert torch.equal(batch.x, shown.test.values[batch.rows])
        seen = torch.cat([batch.rows for batch in method.steps]).reshape(3, 10)
        assert torch.equal(seen.sort(1).values, torch.arange(10).expand(3, 10))
        assert [one.samples for one in past.epochs] == [10, 10, 10]
    assert [one.count for one in method.tests] == [5, 5, 5]


def test_it_sees_the_training_samples_once_and_knows_before_each_step_how_far_it_is() -> None:
    shown = data()
    method, _ = told(shown, fit(epochs=3))
    assert [id(one) for one in method.begun] == [id(shown.train)]
    expected = [(epoch + batch, 3) for epoch in range(3) for batch in (0, 0.4, 0.8)]
    assert method.done == [(pytest.approx(done), epochs) for done, epochs in expected]
    assert method.modes == 3 * [True, True, True, False, False]


def test_without_epochs_nothing_is_trained_and_the_tests_are_measured() -> None:
    shown = data(held_out=7)
    method, past = told(shown, fit(epochs=0, optimizer=None))
    assert (method.begun, method.done, method.steps) == ([], [], [])
    (epoch,) = past.epochs
    assert {(one.epoch, one.split) for one in epoch.measurements} == {(0, "test"), (0, "held-out")}
    assert values(past, 0, "test")["most"] == pytest.approx(shown.test.values.norm(dim=1).max().item())
    assert (past.times({}), past.snapshots) == ([], {})


def test_without_samples_there_is_nothing_to_train_on_and_nothing_to_measure() -> None:
    with pytest.raises(UserError, match="no training samples; choose another, or epochs 0"):
        told(data(0, 0), fit(epochs=1))
    assert told(data(0, 0), fit(epochs=0))[1].epochs[0].measurements == []


def test_a_rule_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Told, "RULES", {"rms": "median"})
    with pytest.raises(UserError, match="method 'Told': metric 'rms' has the rule 'median'; expected one of"):
        told(data(), fit())


def test_a_sum_that_its_rule_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Told, "sums", lambda self, batch: {("all", "codes"): batch.x.sum(0)})
    with pytest.raises(
        UserError,
        match=r"`step` gave a Tensor of shape \(3,\), torch.float32 for \('all', 'codes'\); expected a map",
    ):
        told(data(), fit())


# --- several optimizers, one of each kind: three losses that each move a part of their own ---


class Parts(nn.Module):
    """Three numbers a part."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder, self.critic = (nn.Linear(LENGTH, 1) for _ in range(3))


class Adversarial(Method):
    """Each part follows the mean of its own output plus all others'."""

    OPTIMIZERS: ClassVar = ("encoder", "decoder", "critic")

    def __init__(self, setting: Setting) -> None:
        self.model = setting.network.model
        self.optimizers = {
            name: setting.optimizer(name, self.model.get_submodule(name).parameters())
            for name in self.OPTIMIZERS
        }

    def begin(self, data: Samples) -> None:
        self.seen = len(data)

    def step(self, batch: Batch) -> Sums:
        assert self.seen, "where a training is gone on with, too"
        loss = self.loss(batch)
        for name, optimizer in self.optimizers.items():
            follow(optimizer, loss, keep_graph=name != "critic")
        return {("all", "loss"): loss.detach() * batch.count}

    def examine(self, batch: Batch) -> Sums:
        return {("all", "loss"): self.loss(batch) * batch.count}

    def loss(self, batch: Batch) -> Tensor:
        return sum(
            (self.model.get_submodule(name)(batch.x).mean() for name in self.OPTIMIZERS), torch.zeros(())
        )


OPTIMIZERS = {
    "decoder": specs.part("rmsprop", rate=0.01, smoothing=0.75),
    "critic": specs.part("adam", rate=0.2, clip_norm=1e-3),
}


def test_optimizers_are_the_runs_and_those_that_it_names_its_own() -> None:
    how = fit(optimizers=OPTIMIZERS)
    setting = Setting(Network(Parts(), precision="float32"), how)
    method = Adversarial(setting)
    assert [type(one) for one in method.optimizers.values()] == [SGD, RMSprop, Adam]


def test_each_optimizer_moves_its_own_part_by_its_own_rule() -> None:
    model, shown = Parts(), data(4)
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    fitted(model, shown, fit(optimizers=OPTIMIZERS), method=Adversarial)
    mean = shown.train.values.mean(0)
    expected = {
        "encoder": -0.1 * mean,  # plain descent
        "decoder": -0.01 * torch.ones(LENGTH) / 0.25**0.5,  # a first mean square is a quarter of the square
        "critic": -0.2 * torch.ones(LENGTH),  # Adam's first step has no length
    }
    for name, change in expected.items():
        now = model.get_submodule(name).weight[0]
        assert torch.allclose(now - before[f"{name}.weight"][0], change, rtol=1e-3), name


class Detached(Adversarial):
    """Its losses reach whatever they reach: each part's only its own."""

    def loss(self, batch: Batch) -> Tensor:
        return self.model.critic(batch.x).mean()


def test_a_loss_that_does_not_reach_a_part_does_not_move_it() -> None:
    model = Parts()
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    fitted(model, data(), fit(), method=Detached)
    moved = {name for name, one in model.named_parameters() if not torch.equal(one, before[name])}
    assert moved == {"critic.weight", "critic.bias"}


@pytest.mark.parametrize("frozen", [["encoder"], ["encoder", "decoder"], ["critic"]])
def test_an_optimizer_with_nothing_to_move_is_idle(frozen: list[str]) -> None:
    model = Parts()
    for name in frozen:
        model.get_submodule(name).requires_grad_(False)
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    fitted(model, data(), fit(), method=Adversarial)
    still = {name for name, one in model.named_parameters() if torch.equal(one, before[name])}
    assert still == {f"{name}.{kind}" for name in frozen for kind in ("weight", "bias")}


def test_where_all_are_idle_there_is_nothing_to_train() -> None:
    model = Parts().requires_grad_(False)
    with pytest.raises(UserError) as caught:
        fitted(model, data(), fit(), method=Adversarial)
    found = "nothing to train: all that moves encoder, decoder, critic is frozen, or there is nothing"
    assert str(caught.value) == f"{found}; freeze less, or choose epochs 0"
    fitted(model, data(), fit(epochs=0), method=Adversarial)  # measures it


# --- interrupted anywhere, and gone on with ---


class Killed(Exception):
    """The job's end, as if from outside."""


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that ticks when it is looked at: every step takes a second."""
    ticks = itertools.count()
    monkeypatch.setattr(
        loop, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks)), monotonic=time.monotonic)
    )
    monkeypatch.setattr(keeping, "EVERY", 0.0)


def run(folder: Path, how: Fit, monkeypatch: pytest.MonkeyPatch, pauses: int | None = None) -> Past:
    """Train from the beginning, or from where it was killed: after so many pauses."""
    pause, left = Keeper.pause, itertools.count(1)

    def killed(self: Keeper, state: Any, *, ended: bool = False) -> None:
        pause(self, state, ended=ended)
        if next(left) == pauses:
            raise Killed

    torch.manual_seed(5)
    model = Parts()
    network = Network(model, precision="float32")
    with monkeypatch.context() as patched:
        patched.setattr(Keeper, "pause", killed)
        with Keeper(folder / "weights", {}) as keeper:
            past, _ = train(network, Adversarial(Setting(network, how)), data(), how, 3, keeper)
    past.snapshots |= {f"last/{name}": one for name, one in model.state_dict().items()}
    return past


@pytest.mark.usefixtures("_clock")
@pytest.mark.parametrize("pauses", range(1, 12))  # of 3 steps, 2 tests and the end in each of 2 epochs
def test_after_an_interruption_all_is_as_without_one(
    pauses: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = fit(epochs=2, optimizers=OPTIMIZERS, snapshots=(0, 1, 2))
    through = run(tmp_path / "through", how, monkeypatch)
    with pytest.raises(Killed):
        run(tmp_path / "killed", how, monkeypatch, pauses)
    found = run(tmp_path / "killed", how, monkeypatch)
    assert [(one.number, one.samples, one.seconds) for one in found.epochs] == [(1, 10, 4.0), (2, 10, 4.0)]
    assert found.epochs == through.epochs
    assert found.snapshots.keys() == through.snapshots.keys()
    assert all(torch.equal(one, through.snapshots[name]) for name, one in found.snapshots.items())


@pytest.mark.usefixtures("_clock")
def test_seconds_and_sums_of_an_epoch_that_was_begun_are_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the second of three steps: one second is this job's, two are the other's."""
    states: list[Kept] = []
    save = Keeper._save
    monkeypatch.setattr(Keeper, "_save", lambda self, kept: (states.append(kept), save(self, kept))[1])
    with pytest.raises(Killed):
        run(tmp_path, fit(), monkeypatch, 2)
    assert (states[-1].facts["batches"], states[-1].facts["seconds"]) == (2, 2.0)
    ended = run(tmp_path, fit(), monkeypatch)
    assert ended.times({}) == [{"epoch": 1, "samples": 10, "seconds": 4.0}]


def test_snapshots_are_the_weights_after_the_epochs_that_are_asked_for() -> None:
    """The last epoch's are the run's weights."""
    model = Parts()
    start = {name: one.clone() for name, one in model.state_dict().items()}
    seen: dict[int, dict[str, Tensor]] = {}

    class Watched(Adversarial):
        def examine(self, batch: Batch) -> Sums:
            seen[len(seen) + 1] = {name: one.clone() for name, one in model.state_dict().items()}
            return super().examine(batch)

    how = fit(epochs=3, snapshots=(0, 2, 3), batch_size=5)
    past = fitted(model, data(), how, method=Watched)
    expected = {f"0/{name}": one for name, one in start.items()}
    expected |= {f"2/{name}": one for name, one in seen[2].items()}
    assert past.snapshots.keys() == expected.keys()
    assert all(torch.equal(one, expected[name]) for name, one in past.snapshots.items())
    assert not torch.equal(past.snapshots["0/critic.bias"], past.snapshots["2/critic.bias"])


def test_a_part_may_be_a_users_own() -> None:
    """Named by its module, with the context that a method gives it."""
    part = Part(name="tests.training.test_method:Own", options={"rate": 0.5})
    model = Parts()
    before = model.critic.bias.item()
    fitted(model, data(4), fit(optimizer=part), method=Detached)
    assert model.critic.bias.item() == pytest.approx(before - 0.5)


class Own(SGD):
    """A user's optimizer."""

    def __init__(self, parameters: Any, *, rate: float) -> None:
        super().__init__(parameters, rate=rate)


def test_an_optimizer_that_the_run_does_not_name_is_refused_unless_nothing_is_trained() -> None:
    network = Network(Parts(), precision="float32")
    with pytest.raises(UserError, match="optimizer 'other': the run names none; expected it among"):
        Setting(network, fit(optimizer=None)).optimizer("other", network.model.parameters())
    assert (
        not Setting(network, fit(optimizer=None, epochs=0))
        .optimizer("other", network.model.parameters())
        .weights
    )
