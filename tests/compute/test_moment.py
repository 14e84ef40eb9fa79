"""Oracle: the moment that was kept, and a training that was never interrupted."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from lea.compute.keeping import Kept
from lea.compute.moment import Moment
from lea.compute.optimizers import Adam, Optimizer

CPU = torch.device("cpu")


class Model(nn.Module):
    """Two layers and a buffer that no file of weights has."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)
        self.register_buffer("seen", torch.zeros(()), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(self.first(x))
        return out


def optimizers_of(model: Model) -> dict[str, Optimizer]:
    """Of one the name is the beginning of the other's."""
    rates = {"leas": 0.1, "leas.first": 0.01}
    return {
        name: Adam(layer.parameters(), rate=rates[name])
        for name, layer in zip(rates, (model.second, model.first), strict=True)
    }


def step(now: Moment) -> None:
    assert isinstance(now.model, Model)
    x = torch.rand(5, 3)
    now.model.seen += x.sum()
    loss = now.model(x[now.shuffle(5)]).square().sum()
    for optimizer in now.optimizers.values():
        optimizer.zero_grad()
    loss.backward()
    for optimizer in now.optimizers.values():
        optimizer.step()


def begun(model: Model) -> Moment:
    return Moment(model, optimizers_of(model), torch.Generator().manual_seed(1), CPU)


def as_read(kept: Kept) -> Kept:
    return Kept({name: one.detach().clone() for name, one in kept.tensors.items()}, deepcopy(kept.facts))


def test_weights_buffers_optimizers_and_streams_go_on_as_if_nothing_had_been() -> None:
    through = begun(Model())
    for _ in range(2):
        step(through)
    model = Model()
    model.load_state_dict({name: one + 1 for name, one in model.state_dict().items()})
    through.next_epoch()
    kept = as_read(through.kept())
    for _ in range(3):
        step(through)
    torch.rand(7)  # somebody else's numbers
    going_on = begun(model)
    going_on.take_up(kept)
    for _ in range(3):
        step(going_on)
    assert isinstance(through.model, Model)
    for one, other in zip(model.parameters(), through.model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert model.seen == through.model.seen


def test_the_place_within_an_epoch_is_kept_with_its_seconds_and_sums() -> None:
    now = begun(Model())
    step(now)
    now.epoch, now.batches, now.seconds = 3, 7, 1.25
    now.totals = {("network", "loss"): torch.tensor(2.0), ("a", "b", "c"): torch.arange(3.0)}
    other = begun(Model())
    other.take_up(as_read(now.kept()))
    assert (other.epoch, other.batches, other.seconds) == (3, 7, 1.25)
    assert other.totals.keys() == now.totals.keys()
    assert all(torch.equal(one, now.totals[key]) for key, one in other.totals.items())
    assert torch.equal(other.shuffle(100), begun(Model()).shuffle(100)), "the epoch's order once more"


def test_a_model_without_weights_has_a_moment_too() -> None:
    now = Moment(nn.Flatten(), {}, torch.Generator().manual_seed(1), CPU)
    now.totals = {("network", "loss"): torch.tensor(2.0)}
    other = Moment(nn.Flatten(), {}, torch.Generator().manual_seed(2), torch.device("meta"))
    now.shuffle(3)
    other.take_up(as_read(now.kept()))
    assert {one.device.type for one in other.totals.values()} == {"meta"}  # where it was said to be
