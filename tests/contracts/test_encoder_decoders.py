"""Oracle: laws that every layout, encoder and prior of the registry keeps, with the options that it has."""

import copy
from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from lea import registry
from lea.nn import EncoderDecoder

NARROW = {"trunk": {"filters": (3, 4, 5, 6)}, "trunk-maps": {"filters": (3, 4, 5, 2)}}
KINDS = {
    kind: [
        (name, partial(registry.load(kind, name), **NARROW.get(name, {}))) for name in registry.PARTS[kind]
    ]
    for kind in ("layout", "encoder", "prior")
}
WITH_VARIANCE = {"learnt", "last-learnt"}  # whose layout has to give it
EVERY = [
    pytest.param(*(part for _, part in one), id=" ".join(name for name, _ in one))
    for one in product(*KINDS.values())
    if not (one[0][0] == "trunk-maps" and one[1][0] in WITH_VARIANCE)
]
every_model = pytest.mark.parametrize(("layout", "encoder", "prior"), EVERY)
LATENT = 8


def build(layout: Any, encoder: Any, prior: Any, seed: int = 0) -> EncoderDecoder:
    torch.manual_seed(seed)
    side = getattr(layout.func, "SIDE", 32)
    return EncoderDecoder((2, side, side), layout=layout, encoder=encoder, prior=prior, latent=LATENT).eval()


def images(model: EncoderDecoder) -> Tensor:
    return torch.rand(5, *model.shape, generator=torch.Generator().manual_seed(1))


@every_model
def test_codes_images_and_densities_have_their_shapes(layout: Any, encoder: Any, prior: Any) -> None:
    model = build(layout, encoder, prior)
    x = images(model)
    posterior = model.encode(x)
    density = model.prior.density(posterior.sample())
    assert posterior.mean.shape == posterior.log_sigma.shape == (5, LATENT)
    assert density.base.shape == density.log_determinant.shape == density.total.shape == (5,)
    assert model.prior.sample(3).shape == (3, LATENT)
    assert model(x).shape == x.shape
    assert model.sample(3).shape == (3, *model.shape)
    assert model.interpolate(2, 4).shape == (2, 5, *model.shape)
    assert all(one.isfinite().all() for one in (*posterior, *density, model(x), model.sample(3)))


@every_model
def test_its_state_makes_another_the_same(layout: Any, encoder: Any, prior: Any) -> None:
    model, other = build(layout, encoder, prior), build(layout, encoder, prior, seed=1)
    x = images(model)
    assert not torch.equal(model(x), other(x))
    assert other.load_state_dict(model.state_dict()) == ([], [])
    z = model.encode(x).mean
    assert torch.equal(model(x), other(x))
    assert torch.equal(model.prior.density(z).total, other.prior.density(z).total)


@every_model
def test_its_copy_is_independent(layout: Any, encoder: Any, prior: Any) -> None:
    model = build(layout, encoder, prior)
    x = images(model)
    before, twin = model(x), copy.deepcopy(model)
    assert torch.equal(twin(x), before)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1)
    assert torch.equal(model(x), before)


@every_model
def test_it_computes_in_the_type_of_its_weights(layout: Any, encoder: Any, prior: Any) -> None:
    model = build(layout, encoder, prior)
    x = images(model)
    expected = model(x)
    model.double()
    found = model(x.double())
    z = model.encode(x.double()).mean
    assert (
        found.dtype == z.dtype == model.prior.density(z).total.dtype == model.sample(2).dtype == torch.float64
    )
    assert torch.allclose(found.float(), expected, atol=1e-5)
