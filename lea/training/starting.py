"""Beginning with the weights of another run: all of them, or those of some parts."""

from collections.abc import Iterable, Mapping

from torch import Tensor, nn

from lea.errors import UserError


def start_with(
    model: nn.Module, weights: Mapping[str, Tensor], parts: tuple[str, ...] | None, run: str
) -> None:
    """Give a model the weights of another run; without parts all, else those stay that no part names."""
    own: dict[str, Tensor] = model.state_dict()
    for part in parts or ("",):
        here, there = _of(part, own), _of(part, weights)
        for where, found, names in (("the model", here, own), (f"run {run}", there, weights)):
            if part and not found:
                expected = f"expected some of {_parts(names)}"
                raise UserError(f"start.parts: {where} has no part '{part}'; {expected}")
        _refuse_others(here, there, run)
        for name, tensor in here.items():
            tensor.copy_(there[name])


def _of(part: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A part's tensors, all if it has no name."""
    within = f"{part}." if part else ""
    return {name: one for name, one in tensors.items() if name == part or name.startswith(within)}


def _parts(names: Iterable[str]) -> str:
    """Everything that some tensor is in."""
    pieces = [name.split(".") for name in names]
    return ", ".join(dict.fromkeys(".".join(one[:end]) for one in pieces for end in range(1, len(one))))


def _refuse_others(here: Mapping[str, Tensor], there: Mapping[str, Tensor], run: str) -> None:
    for name in dict.fromkeys([*here, *there]):
        its, other = (tuple(one[name].shape) if name in one else "missing" for one in (here, there))
        if its != other:
            found = f"'{name}' is {its} in the model and {other} in run {run}"
            raise UserError(f"start: {found}; expected the same; begin with other parts, or another run")
