"""Oracle: weights before and after; statistics of every batch by hand."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lea.compute import keeping
from lea.compute.keeping import Keeper
from lea.compute.network import Network
from lea.data.tensors import Data, Samples
from lea.errors import UserError
from lea.study.spec import Fit, Frozen
from lea.training.freezing import freeze
from lea.training.loop import train
from lea.training.method import Setting
from lea.training.methods.classify import Classify
from tests import specs
from tests.training.fitting import divided

LENGTH, CLASSES, COUNT, SIZE = 5, 3, 22, 4
STEPS = -(-COUNT // SIZE)


class Model(nn.Module):
    """An encoder with all that behaves otherwise in training, and a head with a normalisation of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(LENGTH, 4), nn.Dropout(0.5), nn.BatchNorm1d(4, momentum=0.3))
        self.encoder2 = nn.Linear(4, 4)
        self.head = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, CLASSES))
        self.modes: list[dict[str, bool]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.modes.append({name: one.training for name, one in self.named_modules()})
        out: Tensor = self.head(self.encoder2(self.encoder(x)))
        return out


def points(count: int, seed: int) -> Samples:
    generator = torch.Generator().manual_seed(seed)
    return Samples(torch.randn(count, LENGTH, generator=generator), torch.arange(count) % CLASSES, (0.0, 1.0))


def shown() -> Data:
    return divided(points(COUNT, 0), points(6, 1), CLASSES)


def fit(parts: tuple[str, ...], statistics: Any = "batch", **changes: Any) -> Fit:
    frozen = Frozen(parts=parts, statistics=statistics) if parts else None
    return specs.fit(**{"epochs": 2, "batch_size": SIZE, "frozen": frozen} | changes)


def built() -> Model:
    torch.manual_seed(7)
    return Model()


def trained(how: Fit, model: Model | None = None, keeper: Keeper | None = None) -> Model:
    model = model or built()
    freeze(model, how.frozen)
    network = Network(model, precision="float32")
    torch.manual_seed(11)
    train(network, Classify(Setting(network, how)), shown(), how, 3, keeper)
    return model


def moved(model: Model) -> set[str]:
    before = dict(built().named_parameters())
    return {name for name, one in model.named_parameters() if not torch.equal(one, before[name])}


EVERY = {name for name, _ in Model().named_parameters()}


@pytest.mark.parametrize("statistics", ["batch", "fitted"])
@pytest.mark.parametrize(
    ("parts", "still"),
    [
        ((), ()),
        (("encoder",), ("encoder.0.", "encoder.2.")),  # and not the other whose name begins so
        (("encoder.0",), ("encoder.0.",)),
        (("encoder.2", "head"), ("encoder.2.", "head.")),
    ],
)
def test_parameters_of_frozen_parts_stay_and_all_others_move(
    parts: tuple[str, ...], still: tuple[str, ...], statistics: str
) -> None:
    model = trained(fit(parts, statistics))
    assert moved(model) == {name for name in EVERY if not name.startswith(still or ("nothing",))}


def test_optimizers_do_not_know_what_is_frozen() -> None:
    model, how = built(), fit(("encoder",))
    freeze(model, how.frozen)
    method = Classify(Setting(Network(model, precision="float32"), how))
    expected = [one for name, one in model.named_parameters() if not name.startswith("encoder.")]
    found = method.optimizers["main"].weights
    assert [id(one) for one in found] == [id(one) for one in expected]


@pytest.mark.parametrize("name", ["encode", "encoder.9", "encoder.0.weight", ""])
def test_a_part_that_the_model_has_not_is_answered_with_those_that_it_has(name: str) -> None:
    with pytest.raises(UserError) as caught:
        freeze(built(), Frozen(parts=("head", name), statistics="batch"))
    parts = "encoder, encoder.0, encoder.1, encoder.2, encoder2, head, head.0, head.1"
    expected = f"fit.frozen.parts: the model has no part '{name}'; expected some of {parts}"
    assert str(caught.value) == expected


def test_statistics_of_the_batch_are_those_of_training_as_ever() -> None:
    model = trained(fit(("encoder",)))
    normalisation = model.encoder[2]
    assert normalisation.num_batches_tracked == 2 * STEPS
    assert [one["encoder.2"] for one in model.modes] == 2 * (STEPS * [True] + 2 * [False])


def batches(model: Model) -> list[Tensor]:
    """What the encoder's normalisation is given in one pass over the samples in order, dropout on."""
    model.train()
    torch.manual_seed(11)
    with torch.no_grad():
        return [model.encoder[1](model.encoder[0](x)) for x in shown().train.values.split(SIZE)]


def test_fitted_statistics_are_means_over_all_batches_of_one_pass() -> None:
    model, given = trained(fit(("encoder",), "fitted")), batches(built())
    normalisation = model.encoder[2]
    assert len(given) == STEPS
    mean = torch.stack([one.mean(0) for one in given]).mean(0)
    variance = torch.stack([one.var(0) for one in given]).mean(0)
    assert torch.allclose(normalisation.running_mean, mean, rtol=1e-5)
    assert torch.allclose(normalisation.running_var, variance, rtol=1e-5)
    assert normalisation.momentum == 0.3
    assert model.head[0].num_batches_tracked == 2 * STEPS  # the pass left it as it was


def test_what_is_fitted_stays_in_evaluation_and_dropout_stays_on() -> None:
    model = trained(fit(("encoder",), "fitted"))
    pass_, first = model.modes[:STEPS], model.modes[STEPS : 2 * STEPS]
    assert all(one["encoder.2"] for one in pass_)
    for modes in first:
        assert [name for name, training in modes.items() if not training] == ["encoder.2"]


def test_what_is_not_frozen_is_not_fitted() -> None:
    model = trained(fit(("encoder2",), "fitted"))
    assert len(model.modes) == 2 * (STEPS + 2), "no pass"
    assert model.encoder[2].num_batches_tracked == 2 * STEPS


def test_a_normalisation_that_the_forward_pass_does_not_reach_is_named() -> None:
    model = built()
    model.encoder.add_module("aside", nn.BatchNorm1d(4))
    model.encoder.forward = lambda x: model.encoder[2](model.encoder[0](x))  # type: ignore[method-assign]
    with pytest.raises(UserError) as caught:
        trained(fit(("encoder",), "fitted"), model)
    found = "fit.frozen.statistics: the model's forward pass does not reach encoder.aside"
    assert str(caught.value) == f"{found}; expected some that it reaches; choose `batch`"


def test_a_model_in_the_model_that_arrived_in_evaluation_stays_in_it() -> None:
    model = built()
    model.encoder.eval().requires_grad_(False)  # as another run's arrives
    before = {name: one.clone() for name, one in model.encoder.state_dict().items()}
    trained(fit(()), model)
    assert all(torch.equal(one, before[name]) for name, one in model.encoder.state_dict().items())
    in_training = [modes for modes in model.modes if modes["head"]]
    assert len(in_training) == 2 * STEPS
    assert {name for modes in in_training for name, one in modes.items() if not one} == {
        name for name in dict(model.named_modules()) if name.partition(".")[0] == "encoder"
    }


class Killed(Exception):
    """The job's end, as if from outside."""


@pytest.mark.parametrize("statistics", ["batch", "fitted"])
@pytest.mark.parametrize("pauses", [1, 8, 13])
def test_an_interruption_fits_nothing_anew(
    pauses: int, statistics: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = fit(("encoder",), statistics)
    through = trained(how)
    monkeypatch.setattr(keeping, "EVERY", 0.0)
    pause, left = Keeper.pause, itertools.count(1)

    def killed(self: Keeper, state: Any, *, ended: bool = False) -> None:
        pause(self, state, ended=ended)
        if next(left) == pauses:
            raise Killed

    monkeypatch.setattr(Keeper, "pause", killed)
    with pytest.raises(Killed), Keeper(tmp_path / "weights", {}) as keeper:
        trained(how, keeper=keeper)
    with Keeper(tmp_path / "weights", {}) as keeper:
        found = trained(how, keeper=keeper)
    assert all(torch.equal(one, through.state_dict()[name]) for name, one in found.state_dict().items())
