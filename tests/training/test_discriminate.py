"""Oracle: the cross entropy by hand, scipy's distributions of what is drawn, a linear flow that is exact."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.nn.discriminator import Discriminator
from lea.training.method import Batch, Setting
from lea.training.methods.discriminate import Discriminate
from tests import specs
from tests.measure.flows import Linear
from tests.training.fitting import divided, fitted

COUNT = 2000
WHERE = {"shell": 1.5, "sphere": 1.5, "beyond": 0.99, "maxima": 50.0, "simplex": 0.4}
every = pytest.mark.parametrize("where", WHERE)


class Archetypal(Linear):
    """A linear flow whose archetypes span its space."""

    def __init__(self, shape: tuple[int, ...] = (3,)) -> None:
        super().__init__(shape)
        self.archetypes = 2 * torch.eye(self.features + 1)[:, : self.features]


FLOW = Archetypal().eval()


class Listening(Discriminator):
    """Keeps what it was given."""

    given: Tensor

    def judge(self, points: Tensor) -> Tensor:
        self.given = points
        return super().judge(points)


def samples(x: Tensor) -> Samples:
    return Samples(x, None, (0.0, 1.0))


def batch(count: int = COUNT, shape: tuple[int, ...] = (3,)) -> Batch:
    return Batch(torch.rand(count, *shape), None, torch.arange(count))


def method(model: nn.Module, others: dict[str, Samples] | None = None, **options: Any) -> Discriminate:
    fit = specs.fit(optimizer=specs.part("sgd", rate=0.1))
    return Discriminate(Setting(Network(model, precision="float32"), fit, others or {}), **options)


def agrees(radii: Tensor, distribution: Any) -> bool:
    return bool(stats.kstest(radii.double().numpy(), distribution).pvalue > 1e-3)


def check(where: str, t: Tensor) -> None:
    """Whether these are what was asked for, in latent space."""
    radii, chi = t.norm(dim=1), stats.chi(3)
    if where == "shell":
        assert agrees(radii, stats.chi(3, scale=1.5).cdf)
    elif where == "sphere":
        assert radii.numpy() == pytest.approx(np.full(len(t), 1.5 * chi.mean()), rel=1e-3)
    elif where == "beyond":
        assert agrees(radii, lambda r: 1 - chi.sf(r) / 0.01)
    elif where == "maxima":
        assert agrees(t.flatten().abs(), lambda x: stats.norm.cdf(x) ** 50 - stats.norm.cdf(-x) ** 50)
        assert abs((t > 0).double().mean() - 0.5) < 0.03
    else:
        first = t.double() / 2  # the last archetype is 0
        weights = torch.cat([first, 1 - first.sum(1, keepdim=True)], 1)
        assert weights.clamp(max=0).sum(1).numpy() == pytest.approx(np.full(len(t), -0.4), abs=1e-3)


@every
def test_outliers_are_drawn_in_the_flows_space_and_its_inverse_makes_samples_of_them(where: str) -> None:
    model, shown = Listening((3,), hidden=(4,)), batch()
    method(model, where=where, far=WHERE[where], flow=FLOW).examine(shown)
    assert torch.equal(model.given[:COUNT], shown.x)
    assert len(model.given) == 2 * COUNT
    check(where, FLOW(model.given[COUNT:]).y)


@every
def test_a_model_with_a_flow_of_its_own_judges_outliers_where_they_are_drawn(where: str) -> None:
    model, shown = Listening((3,), hidden=(4,), flow=FLOW), batch()
    method(model, where=where, far=WHERE[where]).examine(shown)
    assert torch.equal(model.given[:COUNT], FLOW(shown.x).y)
    check(where, model.given[COUNT:])


@pytest.mark.parametrize(("share", "count"), [(0.5, 30), (0.25, 10), (0.9, 270), (0.01, 1)])
def test_a_share_of_what_is_judged_are_outliers(share: float, count: int) -> None:
    model = Listening((3,), hidden=(4,))
    method(model, share=share, flow=FLOW).examine(batch(30))
    assert len(model.given) == 30 + count


def test_a_step_follows_the_cross_entropy_and_measures_it() -> None:
    model, shown = Listening((3,), hidden=(4,)), batch(20)
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    learner = method(model, where="table", outliers="far", others={"far": samples(5 + torch.rand(50, 3))})
    sums = learner.step(shown)
    logits = torch.func.functional_call(model, before, (model.given,))[:, 0]
    outliers = torch.arange(40) >= 20
    own = {name: one.requires_grad_() for name, one in before.items()}
    loss = F.binary_cross_entropy_with_logits(
        torch.func.functional_call(model, own, (model.given,))[:, 0], outliers.float()
    )
    gradients = torch.autograd.grad(loss, list(own.values()))
    for (name, after), gradient in zip(model.named_parameters(), gradients, strict=True):
        assert torch.allclose(after, before[name] - 0.1 * gradient, atol=1e-6), name
    told = logits > 0
    expected = {
        "loss": loss.item(),
        "accuracy": (told == outliers).double().mean().item(),
        "found": told[20:].double().mean().item(),
        "false_alarms": told[:20].double().mean().item(),
    }
    for name, value in expected.items():
        assert sums["network", name].item() / 20 == pytest.approx(value, rel=1e-5), name


def test_real_outliers_are_rows_of_their_table() -> None:
    model, table = Listening((3,), hidden=(4,)), 5 + torch.rand(9, 3)
    method(model, where="table", outliers="far", others={"far": samples(table)}).examine(batch(500))
    which = (model.given[500:, None] == table).all(2)
    assert which.any(1).all()
    assert which.any(0).all()  # of 500 draws each of nine is one


def test_what_the_inverse_makes_of_pictures_stays_one() -> None:
    model = Listening((1, 2, 2), hidden=(4,))
    flow = Linear((1, 2, 2)).eval()
    method(model, where="sphere", far=20.0, flow=flow).examine(batch(100, (1, 2, 2)))
    made = model.given[100:]
    assert (made.amin(), made.amax()) == (0, 1)
    assert made.shape[1:] == (1, 2, 2)


def test_training_learns_to_tell_a_far_sphere_and_leaves_the_flow_as_it_is() -> None:
    t = torch.randn(400, 3)
    data = divided(samples(FLOW.inverse(t[:300])), samples(FLOW.inverse(t[300:])), 0)
    flow = Archetypal().eval()
    before = {name: one.clone() for name, one in flow.state_dict().items()}
    how = specs.fit(epochs=15, batch_size=50)
    model = Discriminator((3,), hidden=(16,), flow=flow)
    past = fitted(model, data, how, method=lambda setting: Discriminate(setting, far=3.0, where="sphere"))  # type: ignore[arg-type]
    last = {row.metric: row.value for row in past.epochs[-1].measurements if row.split == "test"}
    assert last["accuracy"] > 0.95
    assert last["found"] > 0.95
    assert last["false_alarms"] < 0.1
    assert all(torch.equal(one, before[name]) for name, one in flow.state_dict().items())
    model.train()
    assert not flow.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "where 'shell', and neither `flow` nor a model with a flow of its own; expected one"),
        ({"where": "beyond", "far": 1.5, "flow": FLOW}, "quantile 1.5; expected one from 0 to below 1"),
        ({"where": "maxima", "far": 0.5, "flow": FLOW}, "the largest of 0.5 values; expected one at least"),
        ({"where": "simplex", "flow": Linear()}, "and the flow has no `archetypes`; expected them"),
        ({"where": "table"}, "where 'table', and outliers None; expected the role .*: far"),
        ({"where": "table", "outliers": "near"}, "and outliers 'near'; expected the role .*: far"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_the_first_step(options: Any, message: str) -> None:
    model, others = nn.Linear(3, 1), {"far": samples(torch.rand(3, 3))}
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match=message):
        method(model, others, **options)
    assert torch.equal(torch.get_rng_state(), state)
