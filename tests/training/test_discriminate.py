"""Oracle: the cross entropy by hand, scipy's distributions of what is drawn, a linear flow that is exact,
the best accuracy that two distributions allow.
"""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.network import Network
from lea.data.tensors import Further, Samples
from lea.nn.discriminator import Discriminator
from lea.study.spec import Fit
from lea.training.loop import train
from lea.training.method import Batch, Setting
from lea.training.methods.discriminate import Discriminate
from tests import specs
from tests.measure.flows import Linear
from tests.training.fitting import divided

COUNT = 2000
WHERE = {"shell": 1.5, "sphere": 1.5, "beyond": 0.99, "maxima": 50.0, "simplex": 0.4}
every = pytest.mark.parametrize("where", WHERE)


class Archetypal(nn.Module):
    """Over a linear flow, with archetypes that span its space; makes something else of samples itself."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = Linear()
        self.register_buffer("z", 2 * torch.eye(4)[:, :3])

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x)


FLOW = Linear().eval()
ARCHETYPAL = Archetypal().eval()
STEP = specs.fit(optimizer=specs.part("sgd", rate=0.1))


class Listening(Discriminator):
    """Keeps what it was given."""

    given: Tensor

    def judge(self, points: Tensor) -> Tensor:
        self.given = points
        return super().judge(points)


def further(x: Tensor) -> Further:
    """A table whose last sample is of the test, and is not to be learnt from."""
    return Further(torch.cat([x, torch.full_like(x[:1], torch.nan)]), None, (0.0, 1.0), len(x))


def samples(x: Tensor) -> Samples:
    return Samples(x, None, (0.0, 1.0))


def batch(count: int = COUNT, shape: tuple[int, ...] = (3,)) -> Batch:
    return Batch(torch.rand(count, *shape), None, torch.arange(count))


def method(
    model: nn.Module, others: dict[str, Further] | None = None, fit: Fit = STEP, **options: Any
) -> Discriminate:
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
    method(model, where=where, far=WHERE[where], flow=ARCHETYPAL).examine(shown)
    assert torch.equal(model.given[:COUNT], shown.x)
    assert len(model.given) == 2 * COUNT
    check(where, FLOW(model.given[COUNT:]))


@every
def test_a_model_with_a_flow_of_its_own_judges_outliers_where_they_are_drawn(where: str) -> None:
    model, shown = Listening((3,), hidden=(4,), flow=ARCHETYPAL), batch()
    method(model, where=where, far=WHERE[where]).examine(shown)
    assert torch.equal(model.given[:COUNT], FLOW(shown.x))
    check(where, model.given[COUNT:])


@pytest.mark.parametrize(("share", "count"), [(0.5, 30), (0.25, 10), (0.9, 270), (0.01, 1)])
def test_a_share_of_what_is_judged_are_outliers(share: float, count: int) -> None:
    model = Listening((3,), hidden=(4,))
    method(model, share=share, flow=FLOW).examine(batch(30))
    assert len(model.given) == 30 + count


def test_a_step_follows_the_cross_entropy_and_measures_it() -> None:
    model, shown = Listening((3,), hidden=(4,)), batch(20)
    before = {name: one.detach().clone() for name, one in model.named_parameters()}
    learner = method(model, where="table", outliers="far", others={"far": further(5 + torch.rand(50, 3))})
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
    method(model, where="table", outliers="far", others={"far": further(table)}).examine(batch(500))
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


def learnt(
    model: nn.Module, inliers: Tensor, others: dict[str, Further] | None = None, **options: Any
) -> dict[str, float]:
    """What is measured of test samples in the end."""
    how = specs.fit(
        epochs=12, batch_size=100, optimizer=specs.part("adam", rate=0.03, decay=0.0, clip_norm=None)
    )
    learner = method(model, others, how, **options)
    data = divided(samples(inliers[:COUNT]), samples(inliers[COUNT:]), 0)
    last = train(learner.network, learner, data, how, 0)[0].epochs[-1]
    return {row.metric: row.value for row in last.measurements if row.split == "test"}


def best_accuracy(far: float) -> float:
    """Of who tells normal values from such of another spread, of which the radius alone says anything."""
    one, other = stats.chi(3).pdf, stats.chi(3, scale=far).pdf
    apart, _ = integrate.quad(lambda r: abs(one(r) - other(r)), 0, 50, limit=200)
    return float(0.5 + apart / 4)


@pytest.mark.parametrize("within", [False, True], ids=["as samples", "where the flow carries them"])
def test_a_shell_is_told_as_well_as_can_be_and_the_flow_stays_as_it_is(within: bool) -> None:
    flow = Linear().eval()
    flow.matrix = nn.Parameter(flow.__dict__["_buffers"].pop("matrix"))  # that a gradient could move
    before = flow.matrix.detach().clone()
    with torch.no_grad():
        inliers = flow.inverse(torch.randn(2 * COUNT, 3))
    model = Discriminator((3,), hidden=(32,), flow=flow if within else None)
    found = learnt(model, inliers, far=2.5, flow=None if within else flow)
    assert found["accuracy"] == pytest.approx(best_accuracy(2.5), abs=0.04)
    assert found["accuracy"] == pytest.approx((found["found"] + 1 - found["false_alarms"]) / 2, abs=1e-5)
    assert torch.equal(flow.matrix, before)


@pytest.mark.parametrize("outputs", [1, 2])
def test_exposed_to_a_table_a_classifier_learns_what_is_in_it(outputs: int) -> None:
    """Two normal distributions 4 deviations apart, of which a plane is right with the probability Phi(2)."""
    others = {"strange": further(torch.randn(COUNT, 3) + torch.tensor([4.0, 0, 0]))}
    model = nn.Linear(3, outputs)
    found = learnt(model, torch.randn(2 * COUNT, 3), others, where="table", outliers="strange")
    assert found["accuracy"] == pytest.approx(stats.norm.cdf(2), abs=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "where 'shell', and neither `flow` nor a model with a flow of its own; expected one"),
        ({"where": "beyond", "far": 1.5, "flow": FLOW}, "quantile 1.5; expected one from 0 to below 1"),
        ({"where": "maxima", "far": 0.5, "flow": FLOW}, "the largest of 0.5 values; expected one at least"),
        ({"flow": nn.Identity()}, "Identity has no `inverse`; expected a flow, or a model that is over one"),
        ({"where": "simplex", "flow": Linear()}, "and the flow has no archetypes `z`; expected some"),
        ({"where": "table"}, "where 'table', and outliers None; expected the role .*: far"),
        ({"where": "table", "outliers": "near"}, "and outliers 'near'; expected the role .*: far"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_the_first_step(options: Any, message: str) -> None:
    model, others = nn.Linear(3, 1), {"far": further(torch.rand(3, 3))}
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match=message):
        method(model, others, **options)
    assert torch.equal(torch.get_rng_state(), state)
