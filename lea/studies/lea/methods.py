"""How networks with LEAs learn (Sec. 3.1.1), and LEAs without labels.

Parameters are split in disjoint subsets, each LEA's own and main, all the rest. One graph serves all methods:
which parameters a loss changes is said when its gradient is taken, and PyTorch computes no other's.
"""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext

from torch import Tensor, nn

from lea.compute.network import Network
from lea.compute.optimizers import Optimizer
from lea.compute.sums import Sums
from lea.nn.layer import LEA, Examined, advance, leas, watching
from lea.nn.losses import normalised_loss
from lea.training.method import Batch, Method, Setting, descend, follow
from lea.training.methods.classify import classify

Parameters = list[nn.Parameter]


class OfLEAs(Method):
    """What they share: LEAs by name, what is measured of them, and capacities that follow the epochs."""

    NEEDS = ("lea",)
    RULES = {"calibration_error": "calibration"}

    network: Network
    leas: dict[str, LEA]
    reconstructs = True  # whether decoders run

    def gather(self, network: Network) -> tuple[Parameters, dict[str, Parameters]]:
        """The parameters of main, and of each LEA by name."""
        self.network, self.leas = network, leas(network.model)
        own = {name: list(layer.parameters()) for name, layer in self.leas.items()}
        taken = {id(parameter) for parameters in own.values() for parameter in parameters}
        return [one for one in network.model.parameters() if id(one) not in taken], own

    def look(self, names: Iterable[str] | None = None) -> dict[str, Examined]:
        """What the LEAs made of the last forward pass: all, or those named."""
        with self.network.arithmetic():
            return {name: self.leas[name].examine() for name in self.leas if names is None or name in names}

    def advance(self, done: float, epochs: int) -> None:
        """Capacities and warm-ups follow."""
        advance(self.network.model, done, epochs)

    def examine(self, batch: Batch) -> Sums:
        """Answers and reconstructions."""
        with watching(self.network.model) if self.reconstructs else nullcontext():
            classified = classify(self.network, batch)
            return classified.sums() | sums(batch.count, self.look() if self.reconstructs else {})


def sums(count: int, examined: Mapping[str, Examined]) -> Sums:
    """The metrics of a batch of `count` samples, times `count`."""
    found: Sums = {}
    for name, one in examined.items():
        loss = one.loss
        found[name, "loss"] = loss.total.detach() * count
        found[name, "reconstruction_loss"] = loss.reconstruction.detach() * count
        found[name, "normalised_loss"] = normalised_loss(loss.reconstruction, one.windows).detach() * count
        if loss.divergence is not None:
            found[name, "divergence"] = loss.divergence.detach() * count
    return found


class _Apart(OfLEAs):
    """Main follows the classification loss, and each LEA its own."""

    LABELS = True
    OPTIMIZERS = ("main", "leas")

    def __init__(self, setting: Setting) -> None:
        main, own = self.gather(setting.network)
        self.own = trainable(own)
        self.optimizers = {
            "main": setting.optimizer("main", main),
            "leas": setting.optimizer("leas", together(own)),
        }

    def step_leas(self) -> dict[str, Examined]:
        """Each follows its own loss, which does not reach earlier layers."""
        return follow_own(self.optimizers["leas"], self.look(), self.own)


class Alternate(_Apart):
    """Main follows the classification loss, whose gradient passes through LEAs without changing them; then
    each LEA follows its own loss, which does not reach earlier layers.
    """

    def step(self, batch: Batch) -> Sums:
        """Two forward passes."""
        classified = classify(self.network, batch)
        follow(self.optimizers["main"], classified.loss)
        self.network.forward(batch.x)  # main has changed, and with it what the LEAs see
        return classified.sums() | sums(batch.count, self.step_leas())


class Shared(_Apart):
    """The gradients of `alternate` from one forward pass: the LEAs see what main was before its step."""

    def step(self, batch: Batch) -> Sums:
        """One forward pass."""
        main, classified = self.optimizers["main"], classify(self.network, batch)
        main.zero_grad()
        descend(main, classified.loss, keep_graph=True)
        examined = self.step_leas()
        main.step()
        return classified.sums() | sums(batch.count, examined)


class Joint(OfLEAs):
    """One loss over all parameters, `tau L_class + lambda sum L_lea` (Eq. 5.3); no decoder if lambda is 0."""

    LABELS = True
    OPTIMIZERS = ("main",)
    LIMITS = {"class_weight": (0, 1e9), "lea_weight": (0, 1e9)}

    def __init__(self, setting: Setting, *, class_weight: float = 1.0, lea_weight: float = 1.0) -> None:
        self.gather(setting.network)
        self.class_weight, self.lea_weight = class_weight, lea_weight
        self.reconstructs = lea_weight > 0
        self.optimizers = {"main": setting.optimizer("main", setting.network.model.parameters())}

    def step(self, batch: Batch) -> Sums:
        """Follow the sum."""
        classified = classify(self.network, batch)
        loss = self.class_weight * classified.loss
        examined = self.look() if self.reconstructs else {}
        for one in examined.values():
            loss = loss + self.lea_weight * one.loss.total
        follow(self.optimizers["main"], loss)
        return classified.sums() | sums(batch.count, examined)


class Independent(OfLEAs):
    """All parameters follow each loss in turn; each has a pass and an optimizer of its own (decided)."""

    LABELS = True
    OPTIMIZERS = ("main", "leas")

    def __init__(self, setting: Setting) -> None:
        self.gather(setting.network)
        parameters = list(setting.network.model.parameters())
        self.main = setting.optimizer("main", parameters)
        self.its = {name: setting.optimizer("leas", parameters) for name in self.leas}
        self.optimizers = {"main": self.main} | {f"leas.{name}": one for name, one in self.its.items()}

    def step(self, batch: Batch) -> Sums:
        """A forward pass a loss."""
        classified = classify(self.network, batch)
        follow(self.main, classified.loss)
        examined: dict[str, Examined] = {}
        for name, optimizer in self.its.items():
            self.network.forward(batch.x)
            examined |= self.look([name])
            follow(optimizer, examined[name].loss.total)
        return classified.sums() | sums(batch.count, examined)


class LEAs(OfLEAs):
    """No labels: each LEA follows its own loss, and nothing else is trained."""

    LABELS = False
    OPTIMIZERS = ("leas",)

    def __init__(self, setting: Setting) -> None:
        _, own = self.gather(setting.network)
        self.own = trainable(own)
        self.optimizers = {"leas": setting.optimizer("leas", together(own))}

    def step(self, batch: Batch) -> Sums:
        """One forward pass."""
        self.network.forward(batch.x)
        return sums(batch.count, follow_own(self.optimizers["leas"], self.look(), self.own))

    def examine(self, batch: Batch) -> Sums:
        """Reconstructions."""
        with watching(self.network.model):
            self.network.forward(batch.x)
            return sums(batch.count, self.look())


def follow_own(
    optimizer: Optimizer, examined: dict[str, Examined], own: Mapping[str, Parameters]
) -> dict[str, Examined]:
    """Move each LEA's parameters down its own loss."""
    optimizer.zero_grad()
    for name, one in examined.items():
        loss: Tensor = one.loss.total
        if own[name]:
            loss.backward(inputs=own[name])
    optimizer.step()
    return examined


def trainable(own: Mapping[str, Parameters]) -> dict[str, Parameters]:
    """Those of each LEA that are not frozen."""
    return {name: [one for one in parameters if one.requires_grad] for name, parameters in own.items()}


def together(own: Mapping[str, Parameters]) -> Parameters:
    """Those of all LEAs."""
    return [parameter for parameters in own.values() for parameter in parameters]
