"""Parts built from their specifications, those in them first: what a constructor raises names the part."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lea import blame, registry
from lea.checkpoint import load_weights
from lea.errors import UserError
from lea.study.seeds import derive
from lea.study.spec import Part, Run, Trained

Shape = tuple[int, ...]
GetTrained = Callable[[Trained], nn.Module]


def build_part(kind: str, part: Part, *context: Any, trained: GetTrained | None = None) -> Any:
    """A part of the registry, made from its context and options."""
    make = registry.load(kind, part.name)
    return made(kind, part.name, partial(make, *context, **options_of(kind, part, trained)))


def options_of(kind: str, part: Part, trained: GetTrained | None = None) -> dict[str, Any]:
    """Options as a constructor takes them: parts as factories, trained models as they are."""
    declared = registry.options(kind, part.name)
    options: dict[str, Any] = {}
    value: Any
    for key, value in part.options.items():
        inner = declared[key].kind
        if isinstance(value, Part):
            assert inner, f"{kind} '{part.name}': option '{key}' is a part, and its annotation names no kind"
            options[key] = partial(build_part, inner, value, trained=trained)
        elif inner and declared[key].several:
            options[key] = tuple(partial(build_part, inner, one, trained=trained) for one in value)
        elif isinstance(value, Trained):
            assert trained, f"{kind} '{part.name}': nobody has the trained model of option '{key}'"
            options[key] = trained(value)
        else:
            options[key] = value
    return options


def made(kind: str, name: str, make: Callable[[], Any]) -> Any:
    """What a part's constructor or function gives; what it raises is said of the part, with its line."""
    try:
        return make()
    except Exception as error:
        if blame.is_nobodys(error):
            raise
        last = blame.innermost(error)
        if isinstance(error, ValueError) and last and _refuses(kind, name, last[0]):
            raise UserError(f"{kind} '{name}': {error}") from error
        place = blame.innermost(error, blame.own_files(kind, name)) or last
        where = f"{place[0].name}:{place[1]}" if place else "a place unknown"
        raise blame.said(error, kind, name, where, "mend it there, or its options") from error


def _refuses(kind: str, name: str, file: Path) -> bool:
    """Whether an error of this file is how a part refuses its options: raised in words, by it or by ours."""
    return file in blame.own_files(kind, name) or Path(blame.__file__).resolve().parent in file.parents


def build_model(
    run: Run, given: Mapping[str, Any], seed: int, trained: GetTrained | None = None
) -> nn.Module:
    """The untrained model of a run and seed; `given` is what constructors ask for by name, such as `shape`.

    Its initialisation is a stream of its own.
    """
    names = registry.context("model", run.model.name)
    missing = [name for name in names if given.get(name) is None]
    if missing:
        found = f"asks for {', '.join(missing)}"
        raise UserError(f"model '{run.model.name}': {found}; expected some of {', '.join(given)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "initialisation"))
        model = build_part("model", run.model, *(given[name] for name in names), trained=trained)
        if not isinstance(model, nn.Module):
            found = f"made {type(model).__name__}"
            raise UserError(f"model '{run.model.name}': {found}; expected an nn.Module; mend it")
        initialise(model, run)
    return model


def initialise(model: nn.Module, run: Run, *, whole: bool = False) -> None:
    """Draw the weights of what a run trains as it asks; without a wish they are what each module drew.
    `whole`: all of them, whichever parts of its own model the run names.
    """
    part = run.initialisation
    if part and whole:
        part = replace(part, options={key: one for key, one in part.options.items() if key != "parts"})
    if part:
        build_part("initialisation", part, model)


def load_trained(model: nn.Module, path: Path, run: Run, seed: int) -> nn.Module:
    """A model with the weights of its run and seed, frozen and in evaluation mode."""
    load_weights(model, path, run.id, seed)
    return model.eval().requires_grad_(False)
