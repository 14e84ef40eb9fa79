"""Oracle: calibration by loops over samples in double precision and in closed form; a training that never had
the images that another holds out.
"""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from lea.data.tensors import Data, Samples
from lea.study.spec import Fit
from lea.training.loop import evaluate
from tests import specs
from tests.training.fitting import divided, made
from tests.training.fitting import measured as run

CLASSES = 4


def fit(**changes: object) -> Fit:
    return specs.fit(**{"batch_size": 4} | changes)


class Table(nn.Module):
    """Answers image number i with row i, and notes which it is shown."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)
        self.seen: list[tuple[bool, list[int]]] = []

    def forward(self, x: Tensor) -> Tensor:
        rows = (x[:, 0, 0, 0] * 255).round().long()
        self.seen.append((self.training, rows.tolist()))
        return self.logits[rows]


def samples(labels: Tensor, first: int = 0) -> Samples:
    """Images of one value, their numbers from `first` on."""
    return Samples(torch.arange(first, first + len(labels)).byte().reshape(-1, 1, 1, 1), labels, (0.0, 255.0))


def measured(logits: Tensor, labels: Tensor, batch_size: int) -> dict[str, float]:
    totals = evaluate(*made(Table(logits), fit()), samples(labels), batch_size)
    return {one.metric: one.value for one in totals.measurements(1)}


def by_loops(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Guo et al. (2017), Eq. 3: the gap of confidence and accuracy in each bin, weighted by its samples."""
    answers = []  # how sure, and whether right
    for row, label in zip(logits.double().tolist(), labels.tolist(), strict=True):
        total = sum(math.exp(one) for one in row)
        answer = max(range(len(row)), key=row.__getitem__)
        answers.append((math.exp(row[answer]) / total, answer == label))
    error = 0.0
    for low, high in pairwise(index / 15 for index in range(16)):
        inside = [(sure, right) for sure, right in answers if low < sure <= high]
        if inside:
            confidence = sum(sure for sure, _ in inside) / len(inside)
            accuracy = sum(right for _, right in inside) / len(inside)
            error += len(inside) / len(answers) * abs(accuracy - confidence)
    sure, right = (sum(column) / len(answers) for column in zip(*answers, strict=True))
    return {"calibration_error": error, "overconfidence": sure - right, "accuracy": right}


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
@pytest.mark.parametrize("spread", [0.0, 0.5, 3.0, 40.0])
def test_calibration_is_that_of_all_samples_whatever_the_batches(spread: float, batch_size: int) -> None:
    logits, labels = spread * torch.randn(200, CLASSES), torch.randint(0, CLASSES, (200,))
    labels[::3] = logits[::3].argmax(1)
    found = measured(logits, labels, batch_size)
    expected = by_loops(logits, labels)
    assert {metric: found[metric] for metric in expected} == pytest.approx(expected, abs=1e-6)


def sure(*confidences: float) -> Tensor:
    """Logits whose softmax gives class 0 so much, and classes 1 to 3 the same share of the rest."""
    p = torch.tensor(confidences, dtype=torch.float64)
    return torch.stack([p, *[(1 - p) / 3] * 3], 1).log().float()


@pytest.mark.parametrize(
    ("confidences", "right", "error", "overconfidence"),
    [
        ([0.75] * 8, 6, 0, 0),  # right as often as it says
        ([0.9] * 4, 0, 0.9, 0.9),  # never right
        ([0.6] * 4, 4, 0.4, -0.4),  # always right, and not sure of it
        ([0.41, 0.49, 0.91, 0.99], 2, (0.55 + 0.95) / 2, 0.2),  # gaps of other bins do not make up
        ([0.41, 0.46], 1, 0.065, -0.065),  # those of one bin do: 6/15 < p <= 7/15
        ([0.46, 0.47], 1, (0.54 + 0.47) / 2, -0.035),  # and no more behind its upper bound
    ],
)
@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_calibration_in_closed_form(
    confidences: list[float], right: int, error: float, overconfidence: float, batch_size: int
) -> None:
    labels = torch.tensor([0] * right + [1] * (len(confidences) - right))
    found = measured(sure(*confidences), labels, batch_size)
    assert found["calibration_error"] == pytest.approx(error, abs=1e-6)
    assert found["overconfidence"] == pytest.approx(overconfidence, abs=1e-6)


@pytest.mark.parametrize(("other", "together"), [(0.3, True), (0.34, False)])
def test_a_bin_has_its_upper_bound_and_not_its_lower(other: float, together: bool) -> None:
    third = torch.tensor([[0.0, 0, 0, -200]])  # exactly 5/15
    logits, labels = torch.cat([third, sure(other)]), torch.tensor([3, 0])  # wrong, right
    gaps = [1 / 3, other - 1]
    expected = abs(sum(gaps)) / 2 if together else sum(map(abs, gaps)) / 2
    assert measured(logits, labels, 2)["calibration_error"] == pytest.approx(expected, abs=1e-6)


def test_while_it_is_trained_too_the_bins_are_those_of_the_whole_epoch() -> None:
    logits, labels = torch.randn(30, CLASSES), torch.randint(0, CLASSES, (30,))
    data = divided(samples(labels), samples(labels[:5]), CLASSES)
    still = fit(optimizer=specs.part("adam", rate=1e-12))
    rows = run(Table(logits.clone()), data, still)
    found = {one.metric: one.value for one in rows if one.split == "train"}
    expected = by_loops(logits, labels)
    assert {metric: found[metric] for metric in expected} == pytest.approx(expected, abs=1e-6)


# --- images that are held out ---


def shown(count: int | None = None, held_out: int | None = None, of: int = 23) -> Data:
    """Training images from 0, test images from 200 on."""
    labels = torch.randint(0, CLASSES, (of + 5,), generator=torch.Generator().manual_seed(1))
    train, behind = samples(labels[:of]).split(count, held_out)
    return divided(train, samples(labels[of:], 200), CLASSES, behind)


def table() -> Table:
    return Table(torch.randn(256, CLASSES, generator=torch.Generator().manual_seed(2)))


SPLITS = [(6, 4, 6), (6, 17, 6), (None, 4, 19), (6, None, 6), (None, None, 23)]  # asked for; trained on


@pytest.mark.parametrize(("count", "held_out", "trained"), SPLITS)
def test_those_right_behind_the_training_images_are_held_out(
    count: int | None, held_out: int | None, trained: int
) -> None:
    labels, data = shown().train.labels, shown(count, held_out)
    behind = range(trained, trained + (held_out or 0))
    for found, rows in ((data.train, range(trained)), (data.held_out, behind)):
        assert found.values.flatten().tolist() == list(rows)
        assert found.labels.tolist() == [labels[row].item() for row in rows]


@pytest.mark.parametrize(("count", "held_out"), [(6, 18), (24, None), (None, 23), (0, 1)])
def test_more_than_there_are_cannot_be_split(count: int | None, held_out: int | None) -> None:
    with pytest.raises(AssertionError, match="held out of 23"):
        shown().train.split(count, held_out)


@pytest.mark.parametrize(("count", "held_out", "trained"), SPLITS)
def test_what_is_held_out_is_measured_each_epoch_and_never_trained_on(
    count: int | None, held_out: int | None, trained: int
) -> None:
    model, data, kept = table(), shown(count, held_out), held_out or 0
    found = run(model, data, fit(epochs=3))
    seen = [{row for learns, rows in model.seen for row in rows if learns == way} for way in (True, False)]
    assert seen[0] == set(range(trained))
    assert seen[1] == set(range(trained, trained + kept)) | set(range(200, 205))
    splits = ["train", "test"] + ["held-out"] * bool(held_out)
    assert {(one.epoch, one.split) for one in found} == {(n, split) for n in (1, 2, 3) for split in splits}

    rows = slice(trained, trained + kept)
    behind = {one.metric: one.value for one in found if (one.epoch, one.split) == (3, "held-out")}
    expected = by_loops(model.logits[rows].detach(), data.held_out.labels) if kept else {}
    assert {metric: behind[metric] for metric in expected} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("count", "held_out", "trained"), SPLITS)
def test_holding_out_gives_the_bits_of_a_training_without_those_images(
    count: int | None, held_out: int | None, trained: int
) -> None:
    models = table(), table()
    run(models[0], shown(count, held_out), fit(epochs=3))
    run(models[1], shown(trained), fit(epochs=3))
    assert torch.equal(models[0].logits, models[1].logits)
    assert not torch.equal(models[0].logits[:trained], table().logits[:trained])
    assert torch.equal(models[0].logits[trained:], table().logits[trained:])
