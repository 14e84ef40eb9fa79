"""Oracle: the parameters that follow from the source's code; each loss in plain formulas, and its gradient
alone in its part; Larsen's rule of who waits.
"""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.network import Network
from lea.nn.encoders.learnt import Learnt
from lea.nn.layouts.fc import FCLayout
from lea.nn.layouts.trunk import TrunkLayout
from lea.nn.losses import charbonnier, gaussian_divergences
from lea.nn.priors.normal import Normal
from lea.studies.topography.methods.vae_gan import Larsen, Pass
from lea.studies.topography.networks.vae_gan import VAEGAN
from lea.training.method import Batch, Setting
from tests import specs

SHAPE, RATE = (1, 16, 16), 1e-3
PARTS = ("encoder", "decoder", "discriminator")


def model(**options: Any) -> VAEGAN:
    layout = partial(TrunkLayout, filters=(3, 4), hidden=5, momentum=0.1)
    kinds: dict[str, Any] = {"layout": layout, "encoder": Learnt, "prior": Normal}
    return VAEGAN(SHAPE, **kinds | {"latent": 4, "features": 6} | options)


def method(made: nn.Module, rate: float = RATE, **options: Any) -> Larsen:
    fit = specs.fit(optimizer=specs.part("sgd", rate=rate))
    return Larsen(Setting(Network(made, precision="float32"), fit), **options)


def batch(count: int = 8) -> Batch:
    return Batch(torch.rand(count, *SHAPE), None, torch.arange(count))


def test_the_discriminator_has_the_sources_number_of_parameters() -> None:
    kinds: Any = {"layout": TrunkLayout, "encoder": Learnt, "prior": Normal}
    made = VAEGAN((1, 96, 96), **kinds).discriminator
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            assert (layer.eps, layer.momentum) == (1e-3, 0.01)
    moments = sum(one.numel() for name, one in made.named_buffers() if name.endswith(("mean", "var")))
    assert sum(one.numel() for one in made.parameters()) + moments == 5_643_073


@pytest.mark.parametrize("thirds", [False, True])
def test_each_part_follows_its_own_loss_alone(thirds: bool) -> None:
    made, shown = model(), batch()
    learning = method(made, gamma=0.3, thirds=thirds, real=0.9)
    before = {name: one.detach().clone() for name, one in made.named_parameters()}
    torch.manual_seed(5)
    mean, log_sigma = made.encode(shown.x)
    restored = made.decode(mean + log_sigma.exp() * torch.randn_like(mean))
    sampled = made.decode(torch.randn(8, 4))
    (layer, real), (other, fake), (_, made_up) = (made.discriminator(x) for x in (shown.x, restored, sampled))
    likeness = charbonnier(other, layer) / 2
    share = (1 / 3, 1 / 3) if thirds else (1 / 2, 1 / 4)
    # By the definition of a cross entropy, -y log p - (1 - y) log(1 - p).
    p, q, r = real.sigmoid(), fake.sigmoid(), made_up.sigmoid()
    losses = {
        "encoder": (gaussian_divergences(mean, log_sigma) / 2 + likeness).mean(),
        "decoder": (0.3 * likeness - share[1] * (q.log() + r.log())).mean(),
        "discriminator": (
            -share[0] * (0.9 * p.log() + 0.1 * (1 - p).log()) - share[1] * ((1 - q).log() + (1 - r).log())
        ).mean(),
    }
    expected = {
        part: torch.autograd.grad(losses[part], list(getattr(made, part).parameters()), retain_graph=True)
        for part in PARTS
    }
    buffers = {name: one.clone() for name, one in made.named_buffers()}
    torch.manual_seed(5)
    sums = learning.step(shown)
    assert any(not torch.equal(one, buffers[name]) for name, one in made.named_buffers())
    for part in PARTS:
        assert sums[part, "loss"].item() / 8 == pytest.approx(losses[part].item(), rel=1e-4)
        for (name, after), gradient in zip(
            getattr(made, part).named_parameters(), expected[part], strict=True
        ):
            assert torch.allclose(after, before[f"{part}.{name}"] - RATE * gradient, atol=1e-6), name


def seen(real: float, sampled: float, reconstructed: float = 0.0) -> Pass:
    """A pass whose cross entropies of real and of sampled tiles are these."""
    logits = {
        "real": -torch.tensor([real]).expm1().log(),  # -log sigmoid(x) = c
        "reconstructed": torch.tensor([reconstructed]),
        "sampled": torch.tensor([sampled]).expm1().log(),
    }
    return Pass(torch.zeros(1, *SHAPE), torch.zeros(1), torch.zeros(1), logits)


@pytest.mark.parametrize(
    ("real", "sampled", "moving"),
    [
        (0.68, 0.68, PARTS),
        (0.34, 1.02, PARTS),
        (0.32, 0.68, ("encoder", "decoder")),  # the discriminator is ahead
        (0.68, 0.32, ("encoder", "decoder")),
        (0.68, 1.04, ("encoder", "discriminator")),
        (1.04, 0.68, ("encoder", "discriminator")),
        (0.32, 1.04, PARTS),  # both would wait
    ],
)
def test_with_the_gate_whoever_is_ahead_waits(real: float, sampled: float, moving: tuple[str, ...]) -> None:
    for reconstructed in (-5.0, 0.0, 5.0):  # of which the gate asks nothing
        assert method(model(), gate=True)._moving(seen(real, sampled, reconstructed)) == moving
    assert method(model(), gate=True, real=0.9)._moving(seen(real, sampled)) == moving
    assert method(model())._moving(seen(real, sampled)) == PARTS


def test_who_waits_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    made = model()
    learning = method(made, gate=True)
    monkeypatch.setattr(learning, "_moving", lambda _: ("encoder", "decoder"))
    before = {name: one.detach().clone() for name, one in made.named_parameters()}
    sums = learning.step(batch())
    still = {name for name, after in made.named_parameters() if torch.equal(after, before[name])}
    assert {name for name in before if name.startswith("discriminator")} <= still
    assert not {"encoder.layers.0.weight", "decoder.0.weight"} & still
    assert [sums[part, "moved"].item() for part in PARTS] == [8, 8, 0]


def test_accuracies_are_shares_of_tiles_told_right() -> None:
    made = model().eval()
    with torch.no_grad():
        made.discriminator.last.weight.zero_()
        made.discriminator.last.bias.fill_(1.0)  # everything is called real
    sums = method(made).examine(batch())
    found = [
        sums["discriminator", f"accuracy on {kind}"].item() for kind in ("real", "reconstructed", "sampled")
    ]
    assert found == [8, 0, 0]


def test_with_spectral_norm_no_layer_stretches() -> None:
    made = model(spectral=True)
    for _ in range(200):
        made.discriminator(torch.rand(4, *SHAPE))
    layers = [one for one in made.discriminator.modules() if isinstance(one, nn.Conv2d | nn.Linear)]
    assert len(layers) == 4
    for layer in layers:
        assert isinstance(layer.weight, Tensor)
        largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item()
        assert largest == pytest.approx(1, abs=0.01)


def test_a_layout_without_a_trunk_is_refused() -> None:
    with pytest.raises(ValueError, match="not a trunk"):
        model(layout=FCLayout)


def test_a_discriminator_learns_to_tell() -> None:
    """A law: with everything else held still, it ends up telling most tiles from what is made."""
    made = model()
    learning = method(made)
    learning.optimizers = {
        part: Setting(learning.network, specs.fit(optimizer=specs.part("adam", rate=rate))).optimizer(
            part, getattr(made, part).parameters()
        )
        for part, rate in zip(PARTS, (1e-12, 1e-12, 1e-2), strict=True)
    }
    shown = batch(32)
    for _ in range(100):
        sums = learning.step(shown)
    assert sums["discriminator", "accuracy on real"].item() > 28
    assert sums["discriminator", "accuracy on sampled"].item() > 28
    assert F.relu(sums["discriminator", "loss"]).item() < 32 * 0.3
