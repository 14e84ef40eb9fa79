"""Oracle: the closed form of Adam's first step, Adam written in NumPy, means over samples in NumPy."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.study.spec import Fit
from lea.training import loop
from lea.training.epochs import Measurement
from lea.training.loop import evaluate
from tests import specs
from tests.training.fitting import divided, made
from tests.training.fitting import measured as run

CLASSES, SIDE, RANGE = 3, 2, (0.0, 255.0)


def fit(rate: float = 1e-12, **changes: object) -> Fit:
    """So slow that no weight moves, unless it is said otherwise."""
    return specs.fit(**{"batch_size": 1000, "optimizer": specs.part("adam", rate=rate)} | changes)


def samples(count: int, seed: int = 0) -> Samples:
    """Pictures of two by two values, whose first is the sample's number."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (count, SIDE, SIDE, 1)).astype(np.uint8)
    pixels[:, 0, 0, 0] = np.arange(count)
    return Samples(torch.from_numpy(pixels), torch.arange(count) % CLASSES, RANGE)


def data(count: int = 7, tests: int = 5) -> Data:
    return divided(samples(count), samples(tests, seed=1), CLASSES)


class Softmax(nn.Module):
    """A linear softmax model that notes what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(SIDE * SIDE, CLASSES)
        self.seen: list[tuple[bool, list[int]]] = []
        self.types: set[torch.dtype] = set()
        self.logits: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append((self.training, (x[:, 0, 0, 0] * 255).round().long().tolist()))
        out: Tensor = self.linear(x.flatten(1))
        self.types.add(out.dtype)
        self.logits.append(out.detach().clone())
        return out

    def numpy(self) -> tuple[np.ndarray, np.ndarray]:
        weight, bias = self.linear.weight, self.linear.bias
        return weight.detach().numpy().astype(np.float64), bias.detach().numpy().astype(np.float64)


def probabilities(weight: np.ndarray, bias: np.ndarray, shown: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Pictures as rows (n, 4), and the softmax (n, classes)."""
    x = shown.values.numpy().reshape(len(shown), -1) / 255
    exponentials = np.exp(x @ weight.T + bias)
    return x, exponentials / exponentials.sum(1, keepdims=True)


def loss_and_accuracy(weight: np.ndarray, bias: np.ndarray, shown: Samples) -> tuple[float, float]:
    y = shown.labels.numpy()
    p = probabilities(weight, bias, shown)[1]
    return float(-np.log(p[np.arange(len(y)), y]).mean()), float((p.argmax(1) == y).mean())


def gradient(weight: np.ndarray, bias: np.ndarray, shown: Samples) -> tuple[np.ndarray, np.ndarray]:
    x, p = probabilities(weight, bias, shown)
    difference = (p - np.eye(CLASSES)[shown.labels.numpy()]) / len(shown)
    return difference.T @ x, difference.sum(0)


def value(measured: list[Measurement], split: str, metric: str, epoch: int = 1) -> float:
    (found,) = [one.value for one in measured if (one.epoch, one.split, one.metric) == (epoch, split, metric)]
    return found


def test_the_first_step_is_adams_closed_form() -> None:
    model, shown, rate = Softmax(), data(), 1e-2
    before = model.numpy()
    run(model, shown, fit(rate=rate))
    for parameter, start, g in zip(model.numpy(), before, gradient(*before, shown.train), strict=True):
        assert np.allclose(parameter, start - rate * g / (abs(g) + 1e-8), atol=2e-7)
        assert abs(parameter - start).min() > 0.9 * rate


def test_later_steps_are_adam_written_in_numpy() -> None:
    model, shown, rate = Softmax(), data(), 3e-2
    weights = [part.copy() for part in model.numpy()]
    first, second = ([np.zeros_like(part) for part in weights] for _ in range(2))
    for step in range(1, 6):
        for i, g in enumerate(gradient(weights[0], weights[1], shown.train)):
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.999 * second[i] + 0.001 * g**2
        for i, part in enumerate(weights):
            part -= rate * first[i] / (1 - 0.9**step) / (np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8)
    run(model, shown, fit(epochs=5, rate=rate))
    for found, expected in zip(model.numpy(), weights, strict=True):
        assert np.allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 7, 100])
def test_training_metrics_are_means_over_samples_whatever_the_batches(batch_size: int) -> None:
    model, shown = Softmax(), data()
    loss, accuracy = loss_and_accuracy(*model.numpy(), shown.train)
    measured = run(model, shown, fit(batch_size=batch_size))  # so slow that no weight moves
    assert value(measured, "train", "loss") == pytest.approx(loss, abs=1e-6)
    assert value(measured, "train", "accuracy") == pytest.approx(accuracy, abs=1e-12)
    assert len([one for one in model.seen if one[0]]) == math.ceil(7 / batch_size)


@pytest.mark.parametrize("batch_size", [1, 3, 5, 7, 21, 100])
def test_an_epoch_of_several_passes_shows_each_sample_so_often_in_whole_batches(batch_size: int) -> None:
    model, shown = Softmax(), data()
    loss, accuracy = loss_and_accuracy(*model.numpy(), shown.train)
    measured = run(model, shown, fit(batch_size=batch_size, passes=3, epochs=2))
    batches = [numbers for training, numbers in model.seen if training]
    whole, rest = divmod(21, batch_size)
    assert [len(one) for one in batches] == 2 * (whole * [batch_size] + ([rest] if rest else []))
    rows = [number for one in batches for number in one]
    passes = [rows[first : first + 7] for first in range(0, 42, 7)]
    assert [sorted(one) for one in passes] == 6 * [list(range(7))]
    assert len({tuple(one) for one in passes}) == 6, "each in an order of its own"
    assert value(measured, "train", "loss", 2) == pytest.approx(loss, abs=1e-6)
    assert value(measured, "train", "accuracy", 2) == pytest.approx(accuracy, abs=1e-12)


def test_with_all_samples_in_a_batch_a_pass_is_a_step() -> None:
    model, shown = Softmax(), data()
    run(model, shown, fit(batch_size="all", passes=4))
    assert [sorted(numbers) for training, numbers in model.seen if training] == 4 * [list(range(7))]


def test_training_metrics_are_taken_before_and_test_metrics_behind_the_step() -> None:
    model, shown = Softmax(), data()
    before = loss_and_accuracy(*model.numpy(), shown.train)[0]
    measured = run(model, shown, fit(rate=0.5))
    assert value(measured, "train", "loss") == pytest.approx(before, abs=1e-6)
    assert value(measured, "test", "loss") == pytest.approx(
        loss_and_accuracy(*model.numpy(), shown.test)[0], abs=1e-5
    )


@pytest.mark.parametrize("tests", [1, 499, 500, 501, 1203])
def test_test_metrics_are_means_over_all_test_samples(tests: int) -> None:
    model = Softmax()
    pixels = torch.randint(0, 256, (tests, SIDE, SIDE, 1)).byte()
    shown = Samples(pixels, torch.randint(0, CLASSES, (tests,)), RANGE)
    totals = evaluate(*made(model, fit()), shown, 500)
    found = {one.metric: one.value for one in totals.measurements(1)}
    loss, accuracy = loss_and_accuracy(*model.numpy(), shown)
    assert found["loss"] == pytest.approx(loss, abs=1e-6)
    assert found["accuracy"] == pytest.approx(accuracy, abs=1e-12)
    assert sum(len(rows) for _, rows in model.seen) == tests


def epochs_seen(model: Softmax, size: int) -> Iterator[list[int]]:
    """The numbers of the training samples, epoch by epoch."""
    rows = [row for in_training, batch in model.seen if in_training for row in batch]
    return iter(rows[start : start + size] for start in range(0, len(rows), size))


def test_every_sample_is_seen_exactly_once_an_epoch_in_another_order() -> None:
    model = Softmax()
    run(model, data(23), fit(epochs=4, batch_size=5))
    epochs = list(epochs_seen(model, 23))
    assert len(epochs) == 4
    assert all(sorted(epoch) == list(range(23)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_the_first_samples_are_used_and_no_other() -> None:
    model = Softmax()
    measured = run(
        model, divided(samples(23).first(6), samples(5, seed=1), CLASSES), fit(epochs=2, batch_size=4)
    )
    assert [sorted(epoch) for epoch in epochs_seen(model, 6)] == [list(range(6))] * 2
    loss = loss_and_accuracy(*model.numpy(), data(23).train.first(6))[0]
    assert value(measured, "train", "loss") == pytest.approx(loss, abs=1e-6)
    assert len({row for in_training, rows in model.seen if not in_training for row in rows}) == 5


def trained(seed: int) -> tuple[list[Measurement], list[bytes], list[list[int]]]:
    torch.manual_seed(0)
    model = Softmax()
    measured = run(model, data(23), fit(epochs=2, batch_size=5, rate=0.01), seed)
    torch.rand(3)  # somebody else's numbers
    return measured, [part.tobytes() for part in model.numpy()], list(epochs_seen(model, 23))


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_order() -> None:
    assert trained(seed=3) == trained(seed=3)
    assert trained(seed=3)[2] != trained(seed=4)[2]
    assert trained(seed=3)[1] != trained(seed=4)[1]


def test_it_trains_in_training_mode_and_tests_in_evaluation_mode() -> None:
    model = Softmax()
    run(model, data(4, 5), fit(epochs=2))
    assert [(in_training, len(rows)) for in_training, rows in model.seen] == [(True, 4), (False, 5)] * 2


def test_each_epoch_measures_loss_and_accuracy_of_both_splits() -> None:
    measured = run(Softmax(), data(), fit(epochs=2))
    assert [(one.epoch, one.split, one.part, one.metric) for one in measured] == [
        (epoch, split, "network", metric)
        for epoch in (1, 2)
        for split in ("train", "test")
        for metric in ("loss", "accuracy", "overconfidence", "calibration_error")
    ]


class Failing(Softmax):
    """Gives this number for the first class, from one call on."""

    def __init__(self, number: float, call: int, in_training: bool) -> None:
        super().__init__()
        self.number, self.call, self.in_training = number, call, in_training

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x)
        bad = self.training == self.in_training and len(self.seen) >= self.call
        return torch.cat([0 * out[:, :1] + self.number, out[:, 1:]], 1) if bad else out


@pytest.mark.parametrize(("number", "loss"), [(math.nan, "nan"), (-math.inf, "inf")])
@pytest.mark.parametrize(
    ("call", "in_training", "moment"),
    [(1, True, "epoch 1"), (3, True, "epoch 2"), (4, False, "epoch 2, test")],
)
def test_a_loss_that_is_no_number_stops_with_its_epoch_and_part(
    number: float, loss: str, call: int, in_training: bool, moment: str
) -> None:
    with pytest.raises(UserError) as caught:
        run(Failing(number, call, in_training), data(), fit(epochs=3))
    message = str(caught.value)
    assert message.startswith(moment)
    assert f", part network: the loss is {loss}; " in message
    assert message.endswith(
        "; expected a finite number; try a smaller rate of the optimizer, or precision float32"
    )


def test_it_learns_what_a_straight_line_separates() -> None:
    labels = torch.arange(60) % 2
    pixels = torch.randint(0, 100, (60, SIDE, SIDE, 1))
    pixels[:, 0] += 100 * labels[:, None, None]
    pixels[:, 1] += 100 * (1 - labels)[:, None, None]
    shown = Samples(pixels.byte(), labels, RANGE)
    half = divided(shown.first(40), shown.take(torch.arange(40, 60)), CLASSES)
    measured = run(Softmax(), half, fit(epochs=60, batch_size=10, rate=0.05))
    assert value(measured, "train", "accuracy", 60) == value(measured, "test", "accuracy", 60) == 1
    losses = [one.value for one in measured if (one.split, one.metric) == ("train", "loss")]
    assert losses[-1] < 0.2 < 0.6 < losses[0]


@pytest.mark.usefixtures("bfloat16_here")
def test_coarse_arithmetic_keeps_weights_and_metrics_in_single_precision() -> None:
    fine, coarse = Softmax(), Softmax()
    coarse.load_state_dict(fine.state_dict())
    how = {"epochs": 3, "batch_size": 4, "rate": 0.01}
    expected = run(fine, data(), fit(**how))
    found = run(coarse, data(), fit(**how, precision="bfloat16"))
    assert (fine.types, coarse.types) == ({torch.float32}, {torch.bfloat16})
    assert {parameter.dtype for parameter in coarse.parameters()} == {torch.float32}
    assert [one.value for one in found] != [one.value for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.metric == "accuracy" or one.value == pytest.approx(other.value, rel=0.02)


@pytest.mark.usefixtures("bfloat16_here")
def test_the_loss_of_coarse_logits_is_computed_in_single_precision() -> None:
    model, shown = Softmax(), data()
    measured = run(model, shown, fit(precision="bfloat16"))
    for number, split in enumerate(("train", "test")):
        logits, labels = model.logits[number].double(), getattr(shown, split).labels
        if split == "train":
            labels = labels[torch.tensor(model.seen[0][1])]
        assert value(measured, split, "loss") == pytest.approx(
            nn.functional.cross_entropy(logits, labels).item(), abs=1e-6
        )


def test_progress_is_logged_at_the_end_with_the_loss(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger=loop.__name__):
        run(Softmax(), data(), fit(epochs=2))
    (line,) = caplog.messages
    assert line.startswith("epoch 2/2: loss of network ")
