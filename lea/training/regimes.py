"""How the losses change the parameters (Sec. 3.1.1): a step takes a batch and returns its metrics.

Parameters are split in disjoint subsets, each LEA's own and main, all the rest. One graph serves all regimes:
which parameters a loss changes is said when its gradient is taken, and PyTorch computes no other's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from lea.compute.adam import Adam
from lea.compute.computation import Computation, Sums, sums
from lea.nn.layer import Examined
from lea.study.spec import Training

Parameters = list[nn.Parameter]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with a batch, and the optimizers that it moves."""

    take: Callable[[Tensor, Tensor], Sums]
    optimizers: Sequence[Adam]

    def __call__(self, x: Tensor, y: Tensor) -> Sums:
        """(b, c, h, w), (b,) -> the metrics."""
        return self.take(x, y)


def subsets(network: Computation) -> tuple[Parameters, dict[str, Parameters]]:
    """The parameters of main, and of each LEA by name."""
    own = {name: list(layer.parameters()) for name, layer in network.leas.items()}
    taken = {id(parameter) for parameters in own.values() for parameter in parameters}
    return [one for one in network.model.parameters() if id(one) not in taken], own


def plain(network: Computation, training: Training) -> Step:
    """No LEAs: one loss, all parameters."""
    optimizer = _adam(network.model.parameters(), training)

    def step(x: Tensor, y: Tensor) -> Sums:
        classified = network.classify(x, y)
        _update(optimizer, classified.loss)
        return sums(len(y), classified, {})

    return Step(step, [optimizer])


def unlabelled(network: Computation, training: Training) -> Step:
    """No labels: each LEA follows its own loss, and nothing else is trained."""
    _, own = subsets(network)
    optimizer = _adam(_all(own), training)

    def step(x: Tensor, y: Tensor) -> Sums:
        network.forward(x)
        return sums(len(y), None, _update_leas(network, own, optimizer))

    return Step(step, [optimizer])


def alternate(network: Computation, training: Training) -> Step:
    """Main follows the classification loss, whose gradient passes through LEAs without changing them; then
    each LEA follows its own loss, which does not reach earlier layers.
    """
    main, own = subsets(network)
    optimizers = _adam(main, training), _adam(_all(own), training)

    def step(x: Tensor, y: Tensor) -> Sums:
        classified = network.classify(x, y)
        _update(optimizers[0], classified.loss, main)
        network.forward(x)  # main has changed, and with it what the LEAs see
        return sums(len(y), classified, _update_leas(network, own, optimizers[1]))

    return Step(step, optimizers)


def shared(network: Computation, training: Training) -> Step:
    """The gradients of `alternate` from one forward pass: the LEAs see what main was before its step."""
    main, own = subsets(network)
    optimizers = _adam(main, training), _adam(_all(own), training)

    def step(x: Tensor, y: Tensor) -> Sums:
        classified = network.classify(x, y)
        optimizers[0].zero_grad()
        classified.loss.backward(inputs=main, retain_graph=True)
        examined = _update_leas(network, own, optimizers[1])
        optimizers[0].step()
        return sums(len(y), classified, examined)

    return Step(step, optimizers)


def joint(network: Computation, training: Training) -> Step:
    """One loss over all parameters, `tau L_class + lambda sum L_lea` (Eq. 5.3); no decoder if lambda is 0."""
    optimizer = _adam(network.model.parameters(), training)
    tau, weight = training.class_weight, training.lea_weight
    assert tau is not None, "the reader gives both weights to joint training"
    assert weight is not None, "the reader gives both weights to joint training"

    def step(x: Tensor, y: Tensor) -> Sums:
        classified = network.classify(x, y)
        loss = tau * classified.loss
        examined = network.examine() if network.reconstructs else {}
        for one in examined.values():
            loss = loss + weight * one.loss.total
        _update(optimizer, loss)
        return sums(len(y), classified, examined)

    return Step(step, [optimizer])


def independent(network: Computation, training: Training) -> Step:
    """All parameters follow each loss in turn; each has a forward pass and an Adam of its own (decided)."""
    optimizer = _adam(network.model.parameters(), training)
    optimizers = {name: _adam(network.model.parameters(), training) for name in network.leas}

    def step(x: Tensor, y: Tensor) -> Sums:
        classified = network.classify(x, y)
        _update(optimizer, classified.loss)
        examined: dict[str, Examined] = {}
        for name, its in optimizers.items():
            network.forward(x)
            examined |= network.examine([name])
            _update(its, examined[name].loss.total)
        return sums(len(y), classified, examined)

    return Step(step, [optimizer, *optimizers.values()])


REGIMES = {"alternate": alternate, "shared": shared, "joint": joint, "independent": independent}


def make_step(network: Computation, training: Training) -> Step:
    """The step of a run's regime."""
    if training.regime:
        return REGIMES[training.regime](network, training)
    return (plain if network.classifies else unlabelled)(network, training)


def _adam(parameters: Iterable[nn.Parameter], training: Training) -> Adam:
    return Adam(parameters, training.learning_rate)


def _all(own: Mapping[str, Parameters]) -> Parameters:
    return [parameter for parameters in own.values() for parameter in parameters]


def _update(optimizer: Adam, loss: Tensor, parameters: Parameters | None = None) -> None:
    optimizer.zero_grad()
    loss.backward(inputs=parameters)
    optimizer.step()


def _update_leas(network: Computation, own: Mapping[str, Parameters], optimizer: Adam) -> dict[str, Examined]:
    examined = network.examine()
    optimizer.zero_grad()
    for name, one in examined.items():
        one.loss.total.backward(inputs=own[name])
    optimizer.step()
    return examined
