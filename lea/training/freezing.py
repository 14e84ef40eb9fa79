"""What of a model does not learn: its frozen parts, and whatever arrived in evaluation mode.

Frozen parameters get no gradient. Dropout stays on in a frozen part. Its normalisations go by the batch's
statistics, or by those of one pass over the training samples before the first epoch: in evaluation mode from
the start they would go by none.
"""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from lea.compute.network import Network
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.study.spec import Frozen


def parts(model: nn.Module, frozen: Frozen | None) -> dict[str, nn.Module]:
    """The frozen parts by name."""
    modules = {name: module for name, module in model.named_modules() if name}
    wanted = frozen.parts if frozen else ()
    for name in wanted:
        if name not in modules:
            expected = f"expected some of {', '.join(modules)}" if modules else "it has none at all"
            raise UserError(f"fit.frozen.parts: the model has no part '{name}'; {expected}")
    return {name: modules[name] for name in wanted}


def freeze(model: nn.Module, frozen: Frozen | None) -> None:
    """Fix the parameters of the frozen parts."""
    for module in parts(model, frozen).values():
        module.requires_grad_(False)


class Learner:
    """A model while it is trained: which of its modules stay in evaluation mode."""

    def __init__(self, network: Network, frozen: Frozen | None) -> None:
        self.network, model = network, network.model
        self.arrived = [one for one in model.modules() if not one.training] if model.training else []
        self.fitted = _fitted(model, frozen)

    def mode(self) -> None:
        """Be in the mode of a step."""
        self.network.model.train()
        for module in (*self.arrived, *self.fitted.values()):
            module.eval()

    @torch.no_grad()
    def fit_statistics(self, samples: Samples, batch_size: int) -> None:
        """Give normalisations the mean over all batches of their statistics, and change nothing else."""
        if not self.fitted:
            return
        model, momenta = self.network.model, [one.momentum for one in self.fitted.values()]
        before = {name: buffer.clone() for name, buffer in model.named_buffers()}
        self.mode()
        for module in self.fitted.values():
            module.reset_running_stats()
            module.train().momentum = None  # a mean, where another value forgets
        for rows in torch.arange(len(samples), device=samples.values.device).split(batch_size):
            self.network.forward(samples.batch(rows)[0])
        for module, momentum in zip(self.fitted.values(), momenta, strict=True):
            module.momentum = momentum
        self._refuse_unreached()
        own = tuple(f"{name}." for name in self.fitted)
        for name, buffer in model.named_buffers():
            if not name.startswith(own):
                buffer.copy_(before[name])

    def _refuse_unreached(self) -> None:
        missed = [name for name, one in self.fitted.items() if not one.num_batches_tracked]
        if missed:
            found = f"the model's forward pass does not reach {', '.join(missed)}"
            raise UserError(f"fit.frozen.statistics: {found}; expected some that it reaches; choose `batch`")


def _fitted(model: nn.Module, frozen: Frozen | None) -> dict[str, _BatchNorm]:
    """The normalisations of frozen parts whose statistics are fitted once, by name."""
    if frozen is None or frozen.statistics != "fitted":
        return {}
    return {
        f"{part}.{name}".strip("."): module
        for part, within in parts(model, frozen).items()
        for name, module in within.named_modules()
        if isinstance(module, _BatchNorm) and module.track_running_stats
    }
