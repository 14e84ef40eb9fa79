"""Oracle: the geometry of a regular simplex, and losses by loops over a flow that is known exactly."""

import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from lea.nn.archetypes.deep import DeepArchetypes, LabelledArchetypes, simplex
from tests.nn.turning import Turning

SHAPE = (1, 2, 3)


def model(**options: Any) -> DeepArchetypes:
    return DeepArchetypes(SHAPE, flow=partial(Turning, scale=2.0), archetypes=4, **options)


def images(count: int = 9) -> Tensor:
    return torch.randn(count, *SHAPE)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_corners_are_equally_far_from_0_and_from_each_other(count: int) -> None:
    z = simplex(count, 3.0)
    assert z.shape == (count, count - 1)
    assert torch.allclose(z.sum(0), torch.zeros(count - 1), atol=1e-5)
    if count > 1:
        assert torch.allclose(z.norm(dim=1), torch.full((count,), 3.0))
        edge = 3 * math.sqrt(2 * count / (count - 1))
        assert torch.allclose(torch.pdist(z), torch.tensor(edge), rtol=1e-5)


@pytest.mark.parametrize("vertices", ["fixed", "free"])
def test_corners_begin_equally_far_from_each_other_along_no_axes(vertices: Any) -> None:
    made = DeepArchetypes((3, 8, 8), flow=Turning, archetypes=4, vertices=vertices, radius=3.0)
    assert torch.allclose(made.z.norm(dim=1), torch.full((4,), 3.0))
    assert torch.allclose(torch.pdist(made.z), torch.tensor(3 * math.sqrt(8 / 3)))
    assert torch.linalg.matrix_rank(made.z) == 3
    assert (made.z.abs() > 1e-4).double().mean() > 0.98
    assert made.z.abs().max() < 1  # a normal value of 192 is rarely above 4 / sqrt(192)


def test_losses_are_those_of_loops() -> None:
    made, x = model(radius=1.5), images()
    found = made.losses(x)
    t = torch.stack([2 * made.flow.q @ one.flatten() for one in x])
    a = torch.stack([torch.softmax(made.to_a.weight @ one + made.to_a.bias, 0) for one in t])
    scores = torch.stack([made.to_b.weight @ one + made.to_b.bias for one in t])
    b = scores.exp() / scores.exp().sum(0)
    assert torch.allclose(found.a, a, atol=1e-6)
    for row in range(9):
        normal = torch.distributions.Normal(0, 1).log_prob(t[row]).sum()
        assert found.nats[row].item() == pytest.approx(-(normal + 6 * math.log(2)).item(), rel=1e-5)
        left = t[row] - sum(a[row, j] * made.z[j] for j in range(4))
        assert found.mixture[row].item() == pytest.approx((left @ left).item(), rel=1e-4)
    for j in range(4):
        left = made.z[j] - sum(b[row, j] * t[row] for row in range(9))
        assert found.archetype[j].item() == pytest.approx((left @ left).item(), rel=1e-4)
    assert found.side is None


def test_side_information_is_read_from_the_mixture() -> None:
    made, x = LabelledArchetypes(SHAPE, 3, flow=Turning), images()
    y = torch.arange(9) % 3
    found = made.losses_with_labels(x, y)
    shares = torch.softmax(made.encode(x).mean @ made.to_label.weight.T + made.to_label.bias, 1)
    expected = torch.stack([-shares[row, label].log() for row, label in enumerate(y.tolist())])
    assert torch.allclose(found.side, expected, atol=1e-5)  # type: ignore[arg-type]
    for one, other in zip(found[:4], made.losses(x), strict=False):
        assert torch.equal(one, other)


@pytest.mark.parametrize("vertices", ["fixed", "free"])
def test_corners_are_learnt_if_they_are_free(vertices: Any) -> None:
    made = model(vertices=vertices)
    losses = made.losses(images())
    (losses.mixture.mean() + losses.archetype.mean()).backward()
    assert ("z" in dict(made.named_parameters())) == (vertices == "free")
    assert "z" in made.state_dict()
    assert (made.z.grad is not None) == (vertices == "free")


def test_coefficients_over_all_samples_are_those_of_one_batch() -> None:
    made, x = model(), images()
    b, z = made.read_archetypes(lambda: x.split(2))
    assert torch.allclose(b.sum(1), torch.ones(4))
    assert torch.allclose((made.z - z).square().sum(1), made.losses(x).archetype, atol=1e-5)


def test_a_corner_comes_back_where_the_flow_takes_it_from() -> None:
    made = model()
    corners = made.decode(torch.eye(4))
    assert corners.shape == (4, *SHAPE)
    assert torch.allclose(made.flow.map(corners).y, made.z, atol=1e-5)
    outside = made.decode(torch.tensor([[2.0, -1.0, 0.0, 0.0]]))
    assert torch.allclose(made.flow.map(outside).y[0], 2 * made.z[0] - made.z[1], atol=1e-5)
    assert made(images()).shape == (9, *SHAPE)


def test_a_flow_of_triangles_finds_the_corners_of_its_data() -> None:
    """A plane of data whose corners are known, turned and scaled: a is what they were mixed with."""
    torch.manual_seed(0)
    shares = torch.distributions.Dirichlet(torch.full((3,), 0.3)).sample((300,))
    flow = Turning((2,), scale=1.0)
    made = DeepArchetypes((2,), flow=lambda shape: flow, archetypes=3)
    x = flow.inverse(shares @ made.z).detach()
    optimizer = torch.optim.Adam([*made.to_a.parameters(), *made.to_b.parameters()], lr=0.1)
    for _ in range(300):
        losses = made.losses(x)
        loss = losses.mixture.mean() + losses.archetype.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (made.encode(x).mean - shares).abs().mean() < 0.1
    assert made.losses(x).archetype.max() < 0.05


@pytest.mark.parametrize("count", [0, 8])
def test_more_corners_than_a_space_has_room_for_are_refused(count: int) -> None:
    DeepArchetypes(SHAPE, flow=Turning, archetypes=7)
    with pytest.raises(
        ValueError, match=f"{count} archetypes; expected 1 to 7, the corners that a simplex can"
    ):
        DeepArchetypes(SHAPE, flow=Turning, archetypes=count)
