"""Oracle: the search study's source, layer by layer in plain PyTorch; its numbers of parameters by hand."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, distributions, nn

from lea.compute.network import Network
from lea.nn.encoder_decoder import EncoderDecoder
from lea.nn.encoders.fixed import Fixed
from lea.nn.encoders.learnt import Learnt
from lea.nn.layouts.strided import StridedLayout
from lea.nn.priors.normal import Normal
from lea.training.method import Batch, Setting
from lea.training.methods.elbo import ELBO
from tests import specs

CAE, VAE = partial(Learnt, constant=True), Learnt
IMAGE = (1, 28, 28)


def model(
    encoder: Any = CAE, shape: tuple[int, ...] = IMAGE, latent: int = 14, **options: Any
) -> EncoderDecoder:
    layout = partial(StridedLayout, **options)
    return EncoderDecoder(shape, layout=layout, encoder=encoder, prior=Normal, latent=latent)


def count(module: nn.Module) -> int:
    return sum(one.numel() for one in module.parameters())


def sources_cae(
    n: int, d: int, *, on_code: bool = False, norms: bool = False, channels: int = 1
) -> nn.Module:
    """Sec. 1.1 of the source, line by line."""

    def norm(features: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(features)] if norms else []

    return nn.Sequential(
        nn.Conv2d(channels, n, 3, padding=2, stride=2),
        nn.ReLU(),
        nn.Conv2d(n, 2 * n, 3, padding=1, stride=2),
        *norm(2 * n),
        nn.ReLU(),
        nn.Conv2d(2 * n, 4 * n, 3, padding=0, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(36 * n, 64),
        nn.ReLU(),
        nn.Linear(64, d),
        *([nn.ReLU()] if on_code else []),
        nn.Linear(d, 64),
        nn.ReLU(),
        nn.Linear(64, 36 * n),
        nn.ReLU(),
        nn.Unflatten(1, (4 * n, 3, 3)),
        nn.ConvTranspose2d(4 * n, 2 * n, 3, padding=0, stride=2),
        *norm(2 * n),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * n, n, 3, padding=1, output_padding=1, stride=2),
        *norm(n),
        nn.ReLU(),
        nn.ConvTranspose2d(n, channels, 3, padding=1, output_padding=1, stride=2),
        nn.Sigmoid(),
    )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("norms", [True, False])
@pytest.mark.parametrize("on_code", [True, False])
@pytest.mark.parametrize(("n", "d", "channels"), [(8, 14, 1), (3, 5, 2)])
def test_it_is_the_sources_network(
    n: int, d: int, channels: int, on_code: bool, norms: bool, training: bool
) -> None:
    theirs = sources_cae(n, d, on_code=on_code, norms=norms, channels=channels)
    theirs(torch.rand(9, channels, 28, 28))  # so that normalisations know a mean and a variance
    options = {"channels": n, "relu_on_code": on_code, "normalise_convolutions": norms}
    made = model(shape=(channels, 28, 28), latent=d, **options)
    for own, its in zip(made.state_dict().values(), theirs.state_dict().values(), strict=True):
        own.copy_(its)
    x = torch.rand(6, channels, 28, 28)
    theirs.train(training), made.train(training)
    assert torch.equal(made.decode(made.encode(x).mean), theirs(x))


@pytest.mark.parametrize(("n", "d"), [(8, 14), (1, 1), (4, 30), (16, 2), (32, 64)])
def test_it_has_as_many_parameters_as_by_hand(n: int, d: int) -> None:
    encoder = (9 * n + n) + (9 * n * 2 * n + 2 * n) + (9 * 2 * n * 4 * n + 4 * n)
    encoder += (36 * n * 64 + 64) + (64 * d + d)
    decoder = (d * 64 + 64) + (64 * 36 * n + 36 * n)
    decoder += (9 * 4 * n * 2 * n + 2 * n) + (9 * 2 * n * n + n) + (9 * n + 1)
    made = model(channels=n, latent=d)
    assert [count(part) for part in (made.encoder, made.decoder, made.prior)] == [encoder, decoder, 0]
    assert count(made) == 180 * n**2 + 4672 * n + 129 * d + 129
    variances, norms = 64 * d + d, 2 * (2 * n + 2 * n + n)
    vae = model(VAE, channels=n, latent=d, normalise_convolutions=True)
    assert count(vae) == count(made) + variances + norms


def test_the_published_best_has_50_831_parameters() -> None:
    assert count(model()) == 50_831
    assert count(model(VAE)) == 51_741
    assert count(model(VAE, normalise_convolutions=True)) == 51_821


def test_other_widths_change_the_connected_layers_alone() -> None:
    assert count(model(hidden=10)) == count(model()) - 54 * (288 + 1 + 14) - 54 * (14 + 1 + 288)


def shapes(layers: Any, x: Tensor) -> list[tuple[int, ...]]:
    """Of what each layer with weights gives, but for one sample's place in the batch."""
    found = []
    for layer in layers:
        x = layer(x)
        if any(True for _ in layer.parameters()):
            found.append(tuple(x.shape[1:]))
    return found


def test_sides_are_the_sources() -> None:
    made = model()
    down, up = shapes(made.encoder.layers, torch.rand(2, *IMAGE)), shapes(made.decoder, torch.rand(2, 14))
    assert down == [(8, 15, 15), (16, 8, 8), (32, 3, 3), (64,), (14,)]
    assert up == [(64,), (288,), (16, 7, 7), (8, 14, 14), (1, 28, 28)]


@pytest.mark.parametrize(
    ("encoder", "options"),
    [
        (CAE, {}),
        (CAE, {"relu_on_code": True}),
        (CAE, {"normalise_convolutions": True}),
        (VAE, {}),
        (VAE, {"normalise_convolutions": True}),
    ],
)
def test_the_gradient_reaches_every_parameter(encoder: Any, options: dict[str, Any]) -> None:
    made, x = model(encoder, **options), torch.rand(20, *IMAGE)
    posterior = made.encode(x)
    (made.decode(posterior.sample()).square().sum() + posterior.log_sigma.sum()).backward()
    for name, one in made.named_parameters():
        assert one.grad is not None, name
        assert one.grad.abs().sum() > 0, name


def test_the_code_has_a_relu_if_it_is_asked_for() -> None:
    plain, made, x = model(), model(relu_on_code=True), torch.rand(9, *IMAGE)
    made.load_state_dict(plain.state_dict())
    codes = plain.encode(x).mean
    assert codes.min() < 0
    assert torch.equal(made.encode(x).mean, codes.relu())


def test_a_random_encoder_is_normalised_and_has_dropout_behind_each_layer_but_the_last() -> None:
    made = model(partial(Fixed, normalise=True, dropout=0.5), normalise_convolutions=True)
    kinds = [type(one).__name__ for one in made.encoder.layers]  # type: ignore[union-attr]
    maps, connected = (
        ["Conv2d", "BatchNorm2d", "ReLU", "Dropout"],
        ["Linear", "BatchNorm1d", "ReLU", "Dropout"],
    )
    assert kinds == [*3 * maps, "Flatten", *connected, "Linear"]
    assert not any(one.requires_grad for one in made.encoder.parameters())
    norms = [one for one in made.encoder.modules() if isinstance(one, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert [one.affine for one in norms] == [False, True, False, False]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="images of 32x32; the strided layout expects 28x28"):
        model(shape=(1, 32, 32))
    with pytest.raises(ValueError, match="images of 28x27; the strided layout expects 28x28"):
        model(shape=(1, 28, 27))
    with pytest.raises(ValueError, match="relu_on_code: on means alone; expected an encoder with a constant"):
        model(VAE, relu_on_code=True)


def test_a_vae_pays_the_squares_of_a_sampled_code_and_the_divergence_of_its_distribution() -> None:
    made, x = model(VAE, normalise_convolutions=True).eval(), torch.rand(7, *IMAGE)
    fit = specs.fit(optimizer=specs.part("adam", rate=1e-3, decay=0.0, clip_norm=None))
    learner = ELBO(Setting(Network(made, precision="float32"), fit))
    torch.manual_seed(3)
    sums = learner.examine(Batch(x, None, torch.arange(7)))
    torch.manual_seed(3)
    mean, log_sigma = made.encode(x)
    restored = made.decode(mean + log_sigma.exp() * torch.randn(7, 14))
    normal = distributions.Normal(mean, log_sigma.exp())
    divergence = distributions.kl_divergence(normal, distributions.Normal(0.0, 1.0)).sum()
    squares = (restored - x).square().sum()
    assert sums["network", "reconstruction"].item() == pytest.approx(squares.item(), rel=1e-5)
    assert sums["network", "divergence"].item() == pytest.approx(divergence.item(), rel=1e-4)
    assert sums["network", "loss"].item() == pytest.approx((squares + divergence).item(), rel=1e-5)


def test_a_vae_learns() -> None:
    """A law: where images differ in one thing, its bound is far better than that of the mean image."""
    made, x = model(VAE, latent=2, normalise_convolutions=True), torch.rand(64, 1, 1, 1) * torch.rand(IMAGE)
    fit = specs.fit(optimizer=specs.part("adam", rate=3e-3, decay=0.0, clip_norm=None))
    learner = ELBO(Setting(Network(made, precision="float32"), fit))
    shown = Batch(x, None, torch.arange(64))
    for _ in range(200):
        learner.step(shown)
    made.eval()
    bound = learner.examine(shown)["network", "negative_elbo"].item()
    assert bound < (x - x.mean(0)).square().sum().item() / 2
