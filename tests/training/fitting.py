"""A model trained by the loop itself, without files."""

from torch import nn

from lea.compute.network import Network
from lea.data.tensors import Data, Samples
from lea.study.spec import Fit
from lea.training.epochs import Measurement, Past
from lea.training.loop import train
from lea.training.method import Method, Setting
from lea.training.methods.classify import Classify


def made(model: nn.Module, how: Fit, method: type[Method] = Classify) -> tuple[Network, Method]:
    """A network, and how it learns."""
    network = Network(model, precision=how.precision)
    return network, method(Setting(network, how))  # type: ignore[call-arg]


def fitted(model: nn.Module, shown: Data, how: Fit, seed: int = 0, method: type[Method] = Classify) -> Past:
    """What training left behind."""
    network, learner = made(model, how, method)
    return train(network, learner, shown, how, seed)[0]


def measured(model: nn.Module, shown: Data, how: Fit, seed: int = 0) -> list[Measurement]:
    """What was measured on the way."""
    return [one for epoch in fitted(model, shown, how, seed).epochs for one in epoch.measurements]


def divided(train: Samples, test: Samples, classes: int, held_out: Samples | None = None) -> Data:
    """Samples as a run has them."""
    x, _ = test.batch(slice(1))  # type: ignore[arg-type]
    return Data(train, test, held_out or train.first(0), tuple(x.shape[1:]), classes, {})
