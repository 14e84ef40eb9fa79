"""A trained network from a file of weights alone: what it is built from stands in the file's record."""

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as tensors_of
from torch import Tensor, nn

from lea.checkpoint import fill
from lea.compute.building import build_model
from lea.errors import UserError
from lea.seals import header_of, is_table, read_content
from lea.study.build import build, in_file
from lea.study.spec import Part, Run, Trained, called_within, of_seed
from lea.study.stages import WEIGHTS

GIVE = f"give the file '{WEIGHTS}.safetensors' of a run and seed"
NAN = float("nan")


def load(file: str | PathLike[str]) -> nn.Module:
    """The network, frozen and in evaluation mode; `lea_record` is the file's record."""
    path = Path(file)
    content = _content(path)
    record = header_of(content).record
    _refuse_others(path, record)
    run = build(Run, record["run"], in_file(path))
    within: list[tuple[str, nn.Module]] = []
    seed = record["seed"]

    def another(wanted: Trained) -> nn.Module:
        """The model of another run, whose weights come with those of this one."""
        its_seed = seed if wanted.seed is None else wanted.seed
        given = record["models"][called_within(wanted.run, its_seed)]
        its_run = build(Run, given["run"], in_file(path)) if wanted.run.search else wanted.run
        made = _built(path, its_run, given, its_seed, lambda one: another(of_seed(one, its_seed)))
        within.append((wanted.run.id, made))
        for tensor in _tensors(made):  # what the file does not fill must be seen, not guessed
            if tensor.is_floating_point():
                tensor.data.fill_(NAN)
        return made.eval().requires_grad_(False)

    model = _built(path, run, record, seed, another)
    _refuse_strays(path, model, within)
    fill(model, tensors_of(content), path, run.id)
    model.lea_record = record  # type: ignore[assignment]
    # As every stage has it, so that its outputs are theirs to the bit.
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model.eval().requires_grad_(False)


def _content(path: Path) -> bytes:
    """The bytes of the file, unless it is a table or nothing of ours."""
    if path.is_file():
        if is_table(path):
            raise UserError(f"{path}: found a table; expected the weights of a network; {GIVE}")
    elif path.exists():
        raise UserError(f"{path}: found a folder; expected the weights of a network; {GIVE}")
    else:
        raise UserError(f"{path}: no such file; expected the weights of a network; {GIVE}")
    return read_content(path, "the weights of a network")


def _refuse_others(path: Path, record: Mapping[str, Any]) -> None:
    """Tensors that are no network's weights, by their record."""
    if record.get("output") != WEIGHTS:
        found = "the state of a job" if "state" in record else record.get("output", "tensors of no stage")
        raise UserError(f"{path}: found {found}; expected the weights of a network; {GIVE}")


def _built(path: Path, run: Run, given: Mapping[str, Any], seed: int, trained: Any) -> nn.Module:
    """A model, untrained."""
    for name in _names(run.model):
        top = name.partition(":")[0].partition(".")[0]
        if ":" in name and importlib.util.find_spec(top) is None:
            found = f"its network is made with '{name}', and there is no module '{top}'"
            raise UserError(f"{path}: {found}; put its file on Python's path, and load again")
    known = {"shape": tuple(given["shape"]), "classes": given["classes"]}
    try:
        return build_model(replace(run, initialisation=None), known, seed, trained)  # which is overwritten
    except UserError as error:
        if str(error).startswith(f"{path}: "):  # of a model within
            raise
        raise UserError(f"{path}: {error}") from error
    except ModuleNotFoundError as error:
        found = f"its network's module imports '{error.name}', which is not there"
        raise UserError(f"{path}: {found}; put it on Python's path or install it, and load again") from error


def _names(part: Part) -> Iterator[str]:
    """Of a part and the parts in it."""
    yield part.name
    for option in part.options.values():
        if isinstance(option, Part):
            yield from _names(option)


def _refuse_strays(path: Path, model: nn.Module, within: list[tuple[str, nn.Module]]) -> None:
    """Models of other runs of which the network registers nothing, itself or in a copy."""
    own = {id(tensor) for tensor in _tensors(model)}
    theirs = {id(tensor) for _, other in within for tensor in _tensors(other)}
    copied = any(tensor.isnan().any() for tensor in _tensors(model) if id(tensor) not in theirs)
    for run, other in within:
        tensors = list(_tensors(other))
        if tensors and not copied and not any(id(tensor) in own for tensor in tensors):
            found = f"it does not hold the weights of run {run}, which its network is made with"
            expected = "expected them, since a network registers its submodules"
            raise UserError(f"{path}: {found}; {expected}; register that model, and train again")


def _tensors(model: nn.Module) -> Iterable[Tensor]:
    """All that a file of weights holds; other buffers are as the constructor makes them."""
    tensors: Iterable[Tensor] = model.state_dict(keep_vars=True).values()
    return tensors
