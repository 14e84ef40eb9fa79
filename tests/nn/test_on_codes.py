"""Oracle: layers put together by hand, PyTorch's log-softmax and negative log likelihood, weights before and
after.
"""

import copy
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lea.compute.network import Network
from lea.nn import PCA, Cosines, EncoderDecoder, Learnt, Normal, OnCodes, StridedLayout
from lea.nn.initialisation import glorot
from lea.training.freezing import Learner
from lea.training.method import Batch, Setting
from lea.training.methods.classify import Classify
from tests import specs

PAGE = Path(__file__).parents[2] / "docs" / "nn.md"
IMAGE, CLASSES = (1, 28, 28), 4


def autoencoder() -> EncoderDecoder:
    """With a normalisation in its encoder and in its decoder, that have seen images."""
    layout = partial(StridedLayout, channels=2, hidden=16, normalise_convolutions=True)
    made = EncoderDecoder(IMAGE, layout=layout, encoder=Learnt, prior=Normal, latent=6)
    made(torch.rand(20, *IMAGE))
    return made.eval()


def batch(count: int = 20) -> Batch:
    return Batch(torch.rand(count, *IMAGE), torch.arange(count) % CLASSES, torch.arange(count))


def learnt(model: OnCodes, steps: int = 3) -> dict[str, Tensor]:
    """Its state after some steps of the loop's own."""
    fit = specs.fit(optimizer=specs.part("adam", rate=1e-2, decay=0.1, clip_norm=None))
    network = Network(model, precision="float32")
    method, learner = Classify(Setting(network, fit)), Learner(network, None)
    for _ in range(steps):
        learner.mode()
        method.step(batch())
    return model.state_dict()


def moved(model: OnCodes) -> set[str]:
    """What training changes."""
    before = copy.deepcopy(model.state_dict())
    return {name for name, one in learnt(model).items() if not torch.equal(one, before[name])}


def test_it_is_the_sources_head_on_the_mean_of_the_code() -> None:
    body, x, y = autoencoder(), torch.rand(9, *IMAGE), torch.arange(9) % CLASSES
    model = OnCodes(IMAGE, CLASSES, encoder=body)
    (a, p), (b, q) = [(one.weight, one.bias) for one in model.layers if isinstance(one, nn.Linear)]
    assert (a.shape, b.shape) == ((64, 6), (CLASSES, 64))
    expected = (body.encode(x).mean @ a.T + p).relu() @ b.T + q
    assert torch.allclose(model(x), expected, atol=1e-6)
    classified = F.nll_loss(F.log_softmax(expected, 1), y)
    network = Network(model, precision="float32")
    sums = Classify(Setting(network, specs.fit())).examine(Batch(x, y, torch.arange(9)))
    assert sums["network", "loss"].item() / 9 == pytest.approx(classified.item(), rel=1e-5)


def test_without_a_model_the_values_are_the_code() -> None:
    model, x = OnCodes((2, 3), CLASSES, hidden=(5, 3)), torch.rand(7, 2, 3)
    assert [tuple(one.shape) for one in model.parameters()] == [(5, 6), (5,), (3, 5), (3,), (4, 3), (4,)]
    assert torch.equal(model(x), model.layers(x.flatten(1)))


def test_without_hidden_layers_it_is_a_linear_probe() -> None:
    pca = PCA(IMAGE, latent=3)
    model, x = OnCodes(IMAGE, CLASSES, encoder=pca, hidden=()), torch.rand(7, *IMAGE)
    (layer,) = model.layers
    assert torch.equal(model(x), layer(pca.encode(x).mean))
    assert sum(one.numel() for one in model.parameters()) == 3 * CLASSES + CLASSES


@pytest.mark.parametrize("kind", [partial(PCA, latent=3), partial(Cosines, latent=3)])
def test_what_has_no_weights_to_train_is_a_body_too(kind: Any) -> None:
    body, x = kind(IMAGE), torch.rand(7, *IMAGE)
    model = OnCodes(IMAGE, CLASSES, encoder=body, tune=True)
    assert torch.equal(model.codes(x), body.encode(x).mean)
    assert {name.partition(".")[0] for name in moved(model)} == {"layers"}


def test_a_frozen_body_stays_as_it_is_to_the_bit() -> None:
    model = OnCodes(IMAGE, CLASSES, encoder=autoencoder())
    x = torch.rand(9, *IMAGE)
    codes = model.codes(x)
    assert moved(model) == {f"layers.{name}" for name in model.layers.state_dict()}
    assert torch.equal(model.train().codes(x), codes)
    assert not any(one.requires_grad for one in model.body.parameters())  # type: ignore[union-attr]


def test_a_body_that_is_tuned_moves_as_far_as_codes_depend_on_it() -> None:
    model = OnCodes(IMAGE, CLASSES, encoder=autoencoder(), tune=True)
    encoder = {name for name in model.state_dict() if name.startswith("body.encoder.")}
    assert moved(model) == {f"layers.{name}" for name in model.layers.state_dict()} | encoder
    assert any(name.endswith("running_mean") for name in encoder)


@pytest.mark.parametrize("tune", [True, False])
def test_the_gradient_reaches_what_learns_and_the_image(tune: bool) -> None:
    model, shown = OnCodes(IMAGE, CLASSES, encoder=autoencoder(), tune=tune), batch()
    x = shown.x.requires_grad_()
    F.cross_entropy(model(x), shown.y).backward()  # type: ignore[arg-type]
    reached = {name for name, one in model.named_parameters() if one.grad is not None and one.grad.any()}
    learns = ("layers.", "body.encoder.") if tune else ("layers.",)
    assert reached == {name for name, _ in model.named_parameters() if name.startswith(learns)}
    assert reached == {name for name, one in model.named_parameters() if one.requires_grad}
    assert x.grad is not None
    assert x.grad.any()


def modes(model: OnCodes) -> set[bool]:
    return {one.training for one in model.body.modules()}  # type: ignore[union-attr]


def test_a_frozen_body_is_always_in_evaluation_mode_and_a_tuned_one_as_the_rest() -> None:
    frozen = OnCodes(IMAGE, CLASSES, encoder=autoencoder())
    assert frozen.training
    assert modes(frozen) == modes(frozen.train()) == modes(copy.deepcopy(frozen).train()) == {False}
    tuned = OnCodes(IMAGE, CLASSES, encoder=autoencoder(), tune=True)
    assert modes(tuned) == modes(tuned.train()) == {True}
    assert modes(tuned.eval()) == {False}


def test_heads_on_one_model_share_nothing_and_leave_it_as_it_was() -> None:
    body = autoencoder().requires_grad_(True)
    before, x = copy.deepcopy(body.state_dict()), torch.rand(9, *IMAGE)
    one, other = (OnCodes(IMAGE, CLASSES, encoder=body, tune=True) for _ in range(2))
    learnt(one)
    assert torch.equal(other.eval().codes(x), body.encode(x).mean)
    assert not torch.equal(one.eval().codes(x), body.encode(x).mean)
    assert all(torch.equal(one, before[name]) for name, one in body.state_dict().items())
    assert all(one.requires_grad for one in body.parameters())


def test_a_model_may_lie_on_another_device_as_in_a_job_on_a_gpu() -> None:
    model = OnCodes(IMAGE, CLASSES, encoder=autoencoder().to("meta"))
    assert model.layers[0].weight.device.type == "cpu"
    assert model.to("meta")(torch.rand(3, *IMAGE, device="meta")).shape == (3, CLASSES)


def test_an_initialisation_of_its_layers_leaves_a_tuned_body_alone() -> None:
    model = OnCodes(IMAGE, CLASSES, encoder=autoencoder(), tune=True)
    before = copy.deepcopy(model.state_dict())
    glorot(model, parts=("layers",))
    drawn = {name for name, one in model.state_dict().items() if not torch.equal(one, before[name])}
    assert drawn == {f"layers.{name}" for name in model.layers.state_dict()}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tune": True}, "tune: there is no encoder; expected one, or nothing to tune"),
        ({"encoder": nn.Linear(3, 3)}, "Linear has no `encode`; expected an autoencoder"),
        ({"encoder": PCA((1, 9, 9), latent=3)}, r"shape \(1, 9, 9\); expected \(1, 28, 28\), as the data's"),
    ],
)
def test_what_cannot_be_stood_on_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OnCodes(IMAGE, CLASSES, **options)


def test_the_pages_five_lines_learn_to_tell_classes() -> None:
    (example,) = re.findall(r"```python\n(model = OnCodes.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(example.strip().splitlines()) == 5
    y = torch.arange(60) % 10
    x = 0.1 * torch.rand(60, *IMAGE)
    x[torch.arange(60), 0, 2 * y + 3] = 1.0  # a bright row, another for each class
    names: dict[str, Any] = {"torch": torch, "OnCodes": OnCodes, "cross_entropy": F.cross_entropy}
    names |= {"autoencoder": PCA(IMAGE, latent=784), "batches": [(x, y)] * 100}
    exec(compile(example, "docs/nn.md", "exec"), names)
    assert (names["model"](x).argmax(1) == y).float().mean() > 0.9
