"""Oracle: networks that provably keep one factor and drop another, binomial intervals, a probe trained alone
and by a loop of torch's modules, metrics by loops over samples.
"""

import copy
import math
from collections import Counter, OrderedDict
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import binom
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.nn import glorot
from lea.probes.layers import Layers
from lea.probes.readers import KINDS, LINEAR, SHUFFLED, TRAINED, UNTRAINED, Probe
from lea.probes.stage import Probes
from lea.probes.training import Factor, Measurement, Probing, Reading, Sums, train_probes

BYTES = (0, 255)
Batch = tuple[list[int], Tensor, Tensor]  # the numbers of the images, their labels, labels of others


def probes(**changes: object) -> Probes:
    values = {
        "factors": ("a", "b", "c"),
        "layers": None,
        "hidden": 8,
        "samples": None,
        "epochs": 2,
        "batch_size": 6,
        "learning_rate": 1e-2,
    }
    return Probes(**values | changes)  # type: ignore[arg-type]


class Noted(Probing):
    """Notes what it is given."""

    def __init__(
        self, models: Sequence[nn.Module], factors: list[Factor], spec: Probes, test: Reading, seed: int = 0
    ) -> None:
        self.steps: list[Batch] = []
        self.examined: list[Batch] = []
        networks = {
            name: Layers(Network(model, precision="float32"), spec.layers)
            for name, model in zip((TRAINED, UNTRAINED), models, strict=True)
        }
        super().__init__(networks, factors, spec, seed, test.samples.batch(torch.arange(2))[0])

    def step(self, x: Tensor, y: Tensor, shuffled: Tensor) -> Sums:
        self.steps.append((numbers(x), y, shuffled))
        return super().step(x, y, shuffled)

    def examine(self, x: Tensor, y: Tensor, groups: Tensor | None) -> Sums:
        self.examined.append((numbers(x), y, y))
        return super().examine(x, y, groups)


def numbers(x: Tensor) -> list[int]:
    found: list[int] = (x[:, 0, 0, 0] * 255).round().long().tolist()
    return found


def joined(batches: Sequence[Batch]) -> Batch:
    rows = [row for batch in batches for row in batch[0]]
    return rows, torch.cat([batch[1] for batch in batches]), torch.cat([batch[2] for batch in batches])


def measure(probing: Probing, train: Reading, test: Reading, seed: int = 0) -> list[Measurement]:
    return list(train_probes(probing, train, test, seed))


# --- a network whose second layer keeps x and drops y ---


LENGTH = 12  # classes of x, and of y


def grid() -> Reading:
    """Every position of one lit pixel once."""
    labels = torch.tensor(list(product(range(LENGTH), repeat=2)))  # x, y
    pixels = torch.zeros(len(labels), LENGTH, LENGTH, 1, dtype=torch.uint8)
    pixels[torch.arange(len(labels)), labels[:, 1], labels[:, 0]] = 255
    return Reading(samples=Samples(pixels, labels, BYTES))


def summing(height: int, width: int) -> nn.Module:
    """Twice the image; then sums over so high and wide a window: exact, since all but one value are zero."""
    first, second = nn.Conv2d(1, 1, 1, bias=False), nn.Conv2d(1, 1, (height, width), bias=False)
    nn.init.constant_(first.weight, 2)
    nn.init.ones_(second.weight)
    return nn.Sequential(OrderedDict(first=first, second=second, last=nn.Flatten()))


def test_the_probes_find_exactly_that_the_second_layer_keeps_x_and_drops_y() -> None:
    keeps_x, keeps_y = summing(LENGTH, 1), summing(1, LENGTH)
    before = copy.deepcopy([keeps_x.state_dict(), keeps_y.state_dict()])
    shown, factors = grid(), [Factor("x", LENGTH, True), Factor("y", LENGTH, True)]
    spec = probes(hidden=64, epochs=8, batch_size=24, learning_rate=0.03)
    found = measure(Noted((keeps_x, keeps_y), factors, spec, shown), shown, shown)
    ends = {
        (one.probe, one.layer, one.factor): one.value
        for one in found
        if (one.epoch, one.split, one.metric) == (8, "test", "accuracy")
    }
    assert ends.keys() == set(product(KINDS, ("input", "first", "second", "last"), "xy"))
    for (kind, layer, factor), accuracy in ends.items():
        summed = layer in ("second", "last")
        if summed and factor != ("y" if kind == UNTRAINED else "x"):
            assert accuracy == 1 / LENGTH, "whatever a probe answers is right for one in twelve"
        elif kind == SHUFFLED:
            different = LENGTH if summed else LENGTH**2  # images, as the layer sees them
            low, high = binom.ppf([0.001, 0.999], different, 1 / LENGTH) / different
            assert low <= accuracy <= high < 0.5
        else:
            assert accuracy > 0.99
    for model, state in zip((keeps_x, keeps_y), before, strict=True):
        assert all(torch.equal(model.state_dict()[name], values) for name, values in state.items())


def test_what_no_straight_line_separates_the_linear_probe_cannot_read() -> None:
    labels = torch.tensor(list(product(range(2), repeat=2)) * 16)
    shown = Reading(
        samples=Samples((255 * labels.reshape(-1, 1, 2, 1)).byte(), (labels.sum(1) % 2).unsqueeze(1), BYTES)
    )
    spec = probes(hidden=16, epochs=50, batch_size=32, learning_rate=0.03, layers=("input",))
    models = nn.Flatten(), nn.Flatten()
    found = measure(Noted(models, [Factor("different", 2)], spec, shown), shown, shown)
    ends = {one.probe: one.value for one in found if (one.split, one.metric) == ("test", "accuracy")}
    assert ends[TRAINED] == ends[UNTRAINED] == 1
    assert ends[LINEAR] <= 0.75


# --- probes of random images ---


FACTORS = [Factor("a", 4, True), Factor("b", 5, True, 4), Factor("c", 3)]  # on a line, a circle, unordered


def reading(count: int, seed: int, groups: Sequence[int] = ()) -> Reading:
    """Images of two by two values, whose first is the image's number."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (count, 2, 2, 1)).astype(np.uint8)
    pixels[:, 0, 0, 0] = np.arange(count)
    labels = np.stack([rng.integers(0, factor.classes, count) for factor in FACTORS], 1)
    samples = Samples(torch.from_numpy(pixels), torch.from_numpy(labels), BYTES)
    return Reading(samples=samples, groups=torch.tensor(groups) if groups else None)


TRAIN, TEST = reading(20, 0), reading(13, 1, groups=sorted([0, 1, 3] * 4 + [0]))


class Model(nn.Module):
    """Two layers; counts how often it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(4, 7), nn.Linear(7, 3)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        out: Tensor = self.out(self.hidden(x.flatten(1)).relu())
        return out


def values(model: Model, layer: str, shown: Reading) -> Tensor:
    """(n, values) of a layer, by hand."""
    x = shown.samples.values.flatten(1) / 255
    if layer == "input":
        return x
    hidden = x @ model.hidden.weight.T + model.hidden.bias
    return hidden if layer == "hidden" else hidden.relu() @ model.out.weight.T + model.out.bias


def models() -> tuple[Model, Model]:
    torch.manual_seed(5)
    return Model(), Model()


def test_a_probe_trained_with_all_others_is_what_it_is_alone() -> None:
    together = measure(Noted(models(), FACTORS, probes(), TEST), TRAIN, TEST)
    assert {one.layer: one.place for one in together} == {"input": 0, "hidden": 1, "out": 2}
    for layer in ("input", "hidden", "out"):
        networks = models()
        torch.rand(3)  # somebody else's numbers
        alone = measure(Noted(networks, FACTORS, probes(layers=(layer,)), TEST), TRAIN, TEST)
        key = ("epoch", "split", "probe", "layer", "factor", "group", "metric", "value")
        assert [[getattr(one, name) for name in key] for one in alone] == [
            [getattr(one, name) for name in key] for one in together if one.layer == layer
        ]


def test_the_seed_decides_everything_and_nothing_global_is_drawn() -> None:
    networks = models()
    state = torch.random.get_rng_state()
    found = [
        [one.value for one in measure(Noted(networks, FACTORS, probes(), TEST, seed), TRAIN, TEST, seed)]
        for seed in (3, 3, 4)
    ]
    assert found[0] == found[1] != found[2]
    assert torch.equal(torch.random.get_rng_state(), state)


def test_every_probe_starts_from_numbers_of_its_own() -> None:
    def starts(seed: int, drawn: int = 0) -> list[tuple[float, ...]]:
        networks = models()
        torch.rand(drawn)  # somebody else's numbers
        found = Noted(networks, FACTORS, probes(), TEST, seed).probes.values()
        rows = [next(probe.parameters())[0, :3].detach() for probe in found]
        return [tuple((row / row[0]).mul(1000).round().tolist()) for row in rows]  # whatever their scale

    assert starts(0) == starts(0, drawn=3)
    assert len({*starts(0), *starts(1)}) == 2 * len(KINDS) * 3


def test_probes_begin_as_they_are_asked_to_each_head_by_its_own_size() -> None:
    networks = {
        name: Layers(Network(one, precision="float32"), None)
        for name, one in zip((TRAINED, UNTRAINED), models(), strict=True)
    }
    x, _ = TEST.batch(torch.arange(2))
    for probe in Probing(networks, FACTORS, probes(), 0, x, glorot).probes.values():
        for layer in [*([probe.hidden] if probe.hidden else []), *probe.heads]:
            bound = math.sqrt(6 / (layer.in_features + layer.out_features))
            assert not layer.bias.any()
            assert 0.5 * bound < layer.weight.abs().max() <= bound


@pytest.mark.parametrize(
    ("kind", "layer"), [*product(KINDS, ["hidden"]), (TRAINED, "input"), (LINEAR, "out")]
)
def test_a_probe_learns_what_a_loop_of_torchs_modules_learns(kind: str, layer: str) -> None:
    networks = models()
    probing = Noted(networks, FACTORS, probes(epochs=4), TEST)
    probe = probing.probes[kind, layer]
    assert (probe.hidden is None) == (kind == LINEAR)
    heads = copy.deepcopy(probe.heads)
    assert [head.out_features for head in heads] == [factor.classes for factor in FACTORS]
    hidden = nn.Sequential(copy.deepcopy(probe.hidden), nn.ReLU()) if probe.hidden else nn.Identity()
    start = copy.deepcopy(probe.state_dict())
    measure(probing, TRAIN, TEST)

    features = values(networks[kind == UNTRAINED], layer, TRAIN).detach()
    modules = nn.ModuleList([hidden, *heads])
    optimizer = torch.optim.Adam(modules.parameters(), lr=1e-2)
    for rows, y, shuffled in probing.steps:
        labels = shuffled if kind == SHUFFLED else y
        read = hidden(features[rows])
        loss = sum(F.cross_entropy(head(read), labels[:, i]) for i, head in enumerate(heads))
        optimizer.zero_grad()
        assert isinstance(loss, Tensor)
        loss.backward()
        optimizer.step()
    expected = {f"heads.{name}": one for name, one in heads.state_dict().items()}
    expected |= {name.replace("0.", "hidden."): one for name, one in hidden.state_dict().items()}
    assert probe.state_dict().keys() == expected.keys()
    for name, found in probe.state_dict().items():
        assert torch.allclose(found, expected[name], atol=1e-5), name
        assert not torch.allclose(found, start[name], atol=1e-3), name


# --- what is measured ---


@pytest.mark.parametrize(
    ("classes", "period"), [(5, None), (5, 5), (5, 4), (7, 3), (40, 39), (6, 6), (2, 2), (1, None)]
)
def test_a_distance_is_the_least_number_of_steps_that_leads_there(classes: int, period: int | None) -> None:
    def at(place: int, end: int) -> bool:
        return place == end if period is None else (place - end) % period == 0

    expected = [
        [next(n for n in range(classes) if at(a + n, b) or at(a - n, b)) for b in range(classes)]
        for a in range(classes)
    ]
    ways = torch.cartesian_prod(torch.arange(classes), torch.arange(classes))
    found = Factor("f", classes, True, period).distance(ways[:, 0], ways[:, 1])
    assert found.reshape(classes, classes).tolist() == expected


Rows = list[tuple[str, int | None, str, float]]  # factor, group, metric, value


def by_loops(probe: Probe, features: Tensor, labels: Tensor, groups: Tensor | None) -> Rows:
    """In double precision, sample by sample."""
    parts = {name: one.double().numpy() for name, one in probe.state_dict().items()}
    count, found = len(features), []
    x = features.double().numpy()
    if "hidden.weight" in parts:
        x = np.maximum(x @ parts["hidden.weight"].T + parts["hidden.bias"], 0)
    for index, factor in enumerate(FACTORS):
        logits = x @ parts[f"heads.{index}.weight"].T + parts[f"heads.{index}.bias"]
        loss, near, right = 0.0, 0, []
        for row, label in zip(logits, labels[:, index].tolist(), strict=True):
            loss += math.log(sum(math.exp(one) for one in row)) - row[label]
            answer = max(range(factor.classes), key=row.__getitem__)
            turns = [0] if factor.period is None else [-factor.period, 0, factor.period]
            near += any(abs(answer - label + turn) <= 1 for turn in turns)
            right.append(answer == label)
        found += [
            (factor.name, None, "loss", loss / count),
            (factor.name, None, "accuracy", sum(right) / count),
        ]
        if factor.ordered:
            found.append((factor.name, None, "accuracy within one step", near / count))
        of_groups = [] if groups is None else groups.tolist()
        for group in set(of_groups):
            of_group = [one for one, its in zip(right, of_groups, strict=True) if its == group]
            found.append((factor.name, group, "accuracy", sum(of_group) / len(of_group)))
    return sorted(found, key=str)


def agree(found: Sequence[Measurement], expected: Rows) -> None:
    rows = sorted(((one.factor, one.group, one.metric, one.value) for one in found), key=str)
    assert [row[:3] for row in sorted(rows, key=str)] == [row[:3] for row in expected]
    assert [row[3] for row in rows] == pytest.approx([row[3] for row in expected], abs=1e-5)


@pytest.mark.parametrize("batch_size", [1, 5, 6, 100])
def test_metrics_are_means_over_samples_and_groups(batch_size: int) -> None:
    networks = models()
    probing = Noted(networks, FACTORS, probes(batch_size=batch_size), TEST)
    found = measure(probing, TRAIN, TEST)
    for (kind, layer), probe in probing.probes.items():
        features = values(networks[kind == UNTRAINED], layer, TEST).detach()
        of_probe = [one for one in found if (one.probe, one.layer) == (kind, layer)]
        ends = [one for one in of_probe if (one.epoch, one.split) == (2, "test")]
        agree(ends, by_loops(probe, features, TEST.samples.labels, TEST.groups))


def test_training_metrics_are_of_the_labels_that_a_probe_is_trained_on() -> None:
    networks = models()
    probing = Noted(networks, FACTORS, probes(learning_rate=1e-12, epochs=1), TEST)  # no weight moves
    found = measure(probing, TRAIN, TEST)
    rows, y, shuffled = joined(probing.steps)
    for (kind, layer), probe in probing.probes.items():
        features = values(networks[kind == UNTRAINED], layer, TRAIN).detach()[rows]
        of_probe = [one for one in found if (one.probe, one.layer, one.split) == (kind, layer, "train")]
        agree(of_probe, by_loops(probe, features, shuffled if kind == SHUFFLED else y, None))


def test_each_network_runs_once_a_batch() -> None:
    networks = models()
    probing = Noted(networks, FACTORS, probes(epochs=1), TEST)
    shown = [model.calls for model in networks]  # an example tells the sizes of the layers
    measure(probing, TRAIN, TEST)
    batches = math.ceil(20 / 6) + math.ceil(13 / 6)
    assert [model.calls - before for model, before in zip(networks, shown, strict=True)] == [batches] * 2


def test_shuffled_labels_are_those_of_other_training_images_and_test_labels_stay() -> None:
    probing = Noted(models(), FACTORS, probes(epochs=3), TEST)
    measure(probing, TRAIN, TEST)
    labels, epochs = TRAIN.samples.labels.tolist(), []
    for epoch in range(3):
        steps = probing.steps[4 * epoch : 4 * epoch + 4]
        assert [len(rows) for rows, _, _ in steps] == [6, 6, 6, 2]
        order, true, shuffled = joined(steps)
        assert sorted(order) == list(range(20))
        assert true.tolist() == [labels[row] for row in order]
        assert Counter(map(tuple, shuffled.tolist())) == Counter(map(tuple, labels))
        assert not torch.equal(shuffled, true)
        epochs.append((order, dict(zip(order, shuffled.tolist(), strict=True))))
    assert epochs[0][1] == epochs[1][1] == epochs[2][1], "an image keeps its false label"
    assert epochs[0][0] != epochs[1][0]
    for rows, y, _ in probing.examined:
        assert y.tolist() == TEST.samples.labels[rows].tolist()


class Bursting(nn.Module):
    """Its second layer gives no numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.calm, self.burst = nn.Linear(4, 3), nn.Threshold(math.inf, math.inf)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.burst(self.calm(x.flatten(1)))
        return out


def test_a_loss_that_is_no_number_stops_and_names_factor_and_layer() -> None:
    with pytest.raises(UserError) as caught:
        measure(Noted((Bursting(), Model()), FACTORS, probes(), TEST), TRAIN, TEST)
    message = str(caught.value)
    assert message.startswith("epoch 1, train: the loss of the probe of a at layer burst is nan; ")
    assert message.endswith("; expected a finite number; try a smaller probes.learning_rate")
