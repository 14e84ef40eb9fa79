"""The search that a run asks for: its space, of which every end and choice is read as a run would be, so that
no trial is refused after hours.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lea.study.build import KeyPath, Spot, build
from lea.study.entries import AimEntry, RangeEntry, SearchEntry
from lea.study.filling import Values, beside, drawn, ends, filled, named, value_at
from lea.study.grids import nested
from lea.study.layers import merged
from lea.study.parts import check_libraries, read_part
from lea.study.spec import Aim, Dimension, Part, Run, Search, canonical, trained_in

ReadRun = Callable[[Mapping[str, Any], Spot], Run]
PLACES = ("model.", "method.", "initialisation", "fit.optimizer", "fit.optimizers.", "fit.batch_size")
RANGES = ("uniform", "log_uniform", "integer", "choices")


def searched(run: Run, entry: SearchEntry, read: ReadRun, values: Mapping[str, Any], here: Spot) -> Run:
    """A run with its search; `values` are the configuration's, which `read` makes runs of."""
    spot = here / "search"
    check_libraries("a search needs", {"optuna": "search"}, spot)
    if not run.fit.epochs:
        raise spot.error("with epochs 0 nothing is trained; expected no `search`; remove it")
    space: list[Dimension] = []
    for key, given in entry.space.items():
        dimension = _dimension(
            key, build(RangeEntry, given, spot / "space" / key), space, spot / "space" / key
        )
        space.append(dimension)
    if not space:
        raise (spot / "space").error("found nothing; expected keys of a run, and what may stand there")
    space = _written(run, space, lambda point: read(*_laid(values, here, point)), spot / "space")
    pruner = None if entry.pruner is None else read_part("pruner", entry.pruner, spot / "pruner")
    search = Search(
        space=tuple(space),
        sampler=read_part("sampler", entry.sampler or "random", spot / "sampler"),
        trials=entry.trials,
        rungs=(*_rungs(entry, run, pruner, spot), run.fit.epochs),
        pruner=pruner,
        minimise=_aim(entry.minimise, run, spot / "minimise"),
    )
    return replace(run, search=search)


def _dimension(key: str, entry: RangeEntry, before: list[Dimension], spot: Spot) -> Dimension:
    if not key.startswith(PLACES):
        expected = "expected one below model, method, initialisation, fit.optimizer, or fit.batch_size"
        raise spot.error(f"no value of a run that can be searched for; {expected}")
    given = [name for name in RANGES if getattr(entry, name) is not None]
    if len(given) != 1:
        raise spot.error(f"found {', '.join(given) or 'nothing'}; expected one of {', '.join(RANGES)}")
    kind, values = given[0], getattr(entry, given[0])
    here = spot / kind
    if kind == "choices":
        strange = [value for value in values if isinstance(value, Mapping) and "name" not in value]
        if strange:
            raise here.error(f"found {strange[0]}; expected values, or parts with their `name`")
        names = [named(value) for value in values]
        if len(names) < 2 or len(set(names)) < len(names) or not all(names):
            raise here.error(
                f"found {', '.join(names) or 'none'}; expected two at least, each once, none of them empty"
            )
    elif not (all(map(math.isfinite, values)) and values[0] < values[1]):
        raise here.error(f"found {list(values)}; expected two numbers, the lesser first")
    elif kind == "log_uniform" and values[0] <= 0:
        raise here.error(f"found {list(values)}; expected numbers above 0, which have logarithms")
    return Dimension(
        key=key,
        kind=kind,  # type: ignore[arg-type]
        low=None if kind == "choices" else float(values[0]),
        high=None if kind == "choices" else float(values[1]),
        choices=values if kind == "choices" else None,
        when=_when(entry.when or {}, before, spot / "when"),
    )


def _when(given: Mapping[str, object], before: list[Dimension], spot: Spot) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    there = {one.key: [named(choice) for choice in one.choices or ()] for one in before if one.choices}
    for key, wanted in given.items():
        if key not in there:
            expected = f"expected one with choices that stands before it: {', '.join(there) or 'none does'}"
            raise (spot / key).error(f"no such key of the space; {expected}")
        found[key] = tuple(map(named, wanted if isinstance(wanted, list | tuple) else [wanted]))
        strange = [name for name in found[key] if name not in there[key]]
        if strange or not found[key]:
            raise (spot / key).error(
                f"found {', '.join(strange) or 'none'}; expected some of {', '.join(there[key])}"
            )
    return found


def _written(
    run: Run, space: Sequence[Dimension], read: Callable[[Values], Run], spot: Spot
) -> list[Dimension]:
    """The space with choices as a specification has them. The runs of every end and choice are read, each
    among the first of the others.
    """
    found: list[Dimension] = []
    for dimension in space:
        choices = [
            value_at(read(_with_its_own(space, dimension, choice)), dimension.key)
            for choice in dimension.choices or ()
        ]
        when = {key: _renamed(key, names, space, found) for key, names in dimension.when.items()}
        found.append(replace(dimension, choices=tuple(choices) or None, when=when))
    for dimension, its in zip(space, found, strict=True):
        for value, written in zip(ends(dimension), ends(its), strict=True):
            wanted = read(_among(space, dimension, value))
            if canonical(list(trained_in(wanted))) != canonical(list(trained_in(run))):
                expected = "expected the same trained models in all trials; give each a run of its own"
                raise (spot / dimension.key).error(f"'{named(value)}' is made with another; {expected}")
            if canonical(filled(run, _among(found, its, written))) != canonical(wanted):
                expected = "expected what changes nothing but that key; choose another"
                raise (spot / dimension.key).error(f"'{named(value)}' changes other keys, too; {expected}")
    return found


def _renamed(
    key: str, names: Sequence[str], space: Sequence[Dimension], written: Sequence[Dimension]
) -> tuple[str, ...]:
    """What choices of another dimension are called where they are written out: 0 may be 0.0."""
    raw, its = (next(one for one in all_ if one.key == key).choices or () for all_ in (space, written))
    called = {named(one): named(other) for one, other in zip(raw, its, strict=True)}
    return tuple(called[name] for name in names)


def _with_its_own(space: Sequence[Dimension], dimension: Dimension, choice: object) -> Values:
    """A choice, and the first values of what stands in it wherever it is chosen."""
    point = beside(space, dimension) | {dimension.key: choice}
    within = [one for one in space if one.key.startswith(f"{dimension.key}.")]
    own = {one.key: ends(one)[0] for one in within if set(one.when) <= set(point) and drawn(one, point)}
    return point | own


def _among(space: Sequence[Dimension], dimension: Dimension, value: object) -> Values:
    """A trial that has this value, and else the first of all."""
    fixed, point = beside(space, dimension) | {dimension.key: value}, dict[str, object]()
    for one in space:
        if one.key in fixed or drawn(one, point):
            point[one.key] = fixed.get(one.key, ends(one)[0])
    return point


def _laid(values: Mapping[str, Any], here: Spot, point: Values) -> tuple[dict[str, Any], Spot]:
    """A run's values with those of a trial over them, and where each stands."""
    alone = {key: value for key, value in values.items() if key != "search"}

    def locate(path: KeyPath) -> tuple[str, KeyPath]:
        for key in sorted(point, key=len, reverse=True):
            over = tuple(key.split("."))
            if path[: len(over)] == over:
                where = here / "search" / "space" / key
                return where.locate((*where.path, *path[len(over) :]))
        return here.locate((*here.path, *path))

    return merged([alone, *(nested(key, value) for key, value in point.items())]), Spot(locate)


def _rungs(entry: SearchEntry, run: Run, pruner: Part | None, spot: Spot) -> tuple[int, ...]:
    rungs, epochs = entry.rungs or (), run.fit.epochs
    if (pruner is None) != (not rungs):
        found = (
            "rungs, and no `pruner` that looks there"
            if rungs
            else "a pruner, and no `rungs` at which it looks"
        )
        raise spot.error(f"found {found}; expected both, or neither")
    if any(later <= earlier for earlier, later in zip((0, *rungs), (*rungs, epochs), strict=True)):
        raise (spot / "rungs").error(
            f"found {list(rungs)}; expected epochs from 1 to {epochs - 1}, the lesser first"
        )
    return rungs


def _aim(entry: AimEntry | None, run: Run, spot: Spot) -> Aim:
    split = (entry and entry.split) or "held-out"
    if split == "held-out" and not run.data.held_out:
        raise spot.error("found no samples that are held out; expected `data.held_out`, or another `split`")
    return Aim(
        split=split, part=(entry and entry.part) or "network", metric=(entry and entry.metric) or "loss"
    )
