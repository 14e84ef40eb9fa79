"""What each layer of a frozen network makes of its input, all from one forward pass."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lea import blame
from lea.compute.network import Network
from lea.errors import UserError

INPUT, OUTPUT = "input", "output"
Maps = dict[str, Tensor]  # layer -> (b, values), in the order in which the layers ran


class Layers:
    """A network that is never trained again, and which of its modules are listened to.

    Layers are modules by name. If none are named they are the network's children, each with what it gives;
    one that runs several times a pass, or gives no tensor with a row a sample, is left out. The input comes
    first. What the network returns comes last, under the name of the module that made it if that is one of
    the layers.
    """

    def __init__(self, network: Network, names: Sequence[str] | None = None) -> None:
        self.network = network
        network.model.eval().requires_grad_(False)
        modules = {name: one for name, one in network.model.named_modules() if name}
        chosen = dict(network.model.named_children()) if names is None else modules
        self.names = names
        self.modules = {name: one for name, one in chosen.items() if names is None or name in names}
        for name in names or ():
            if name not in modules and name not in (INPUT, OUTPUT):
                expected = ", ".join([INPUT, *modules, OUTPUT])
                raise UserError(f"probes.layers: no layer '{name}'; expected some of {expected}")
        if INPUT in self.modules:
            raise _same_name(INPUT, "goes into the network")

    @torch.no_grad()
    def read(self, x: Tensor) -> Maps:
        """(b, ...) -> what every layer makes of it, flattened, in float32."""
        heard: list[tuple[str, Any, Tensor | None]] = []

        def listen(name: str) -> torch.utils.hooks.RemovableHandle:
            def hear(_module: object, _input: object, out: object) -> None:
                heard.append((name, out, _values(out, len(x))))

            return self.modules[name].register_forward_hook(hear)

        found = {INPUT: _copy(x)}
        handles = [listen(name) for name in self.modules]
        try:
            returned = self.network.forward(x)
        finally:
            for handle in handles:
                handle.remove()
        if not isinstance(returned, Tensor):
            raise blame.wrong(self.network.whose, blame.gave(returned), "a tensor, which is probed, too")
        times = [name for name, _, _ in heard]
        found |= {name: values for name, _, values in heard if values is not None and times.count(name) == 1}
        if self.names is not None:
            self._refuse_missing(found, times)
        made = any(out is returned for name, out, _ in heard if name in found)
        if OUTPUT in (self.names or ()) or not made:
            if OUTPUT in found and not any(out is returned for name, out, _ in heard if name == OUTPUT):
                raise _same_name(OUTPUT, "the network returns")
            found[OUTPUT] = _copy(returned)
        return {name: one for name, one in found.items() if self.names is None or name in self.names}

    def _refuse_missing(self, found: Maps, times: Sequence[str]) -> None:
        for name in self.modules:
            if name not in found:
                why = f"ran {times.count(name)} times, or gave no tensor with a row a sample"
                expected = "expected one such tensor a pass; name another"
                raise UserError(f"probes.layers: '{name}' {why}; {expected}")


def _values(out: object, count: int) -> Tensor | None:
    """A copy of what a layer gives, if it is a tensor with a row a sample."""
    usable = isinstance(out, Tensor) and out.is_floating_point() and out.ndim > 1 and len(out) == count
    return _copy(out) if isinstance(out, Tensor) and usable else None


def _copy(values: Tensor) -> Tensor:
    """(b, ...) -> (b, values); later layers may change theirs in place."""
    return values.detach().flatten(1).to(torch.float32, copy=True)


def _same_name(name: str, what: str) -> UserError:
    return UserError(
        f"probes.layers: a layer of the network is called '{name}', as what {what}; rename it, or name others"
    )
