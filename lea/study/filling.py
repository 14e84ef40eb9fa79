"""A run with other values in some of its places, as the trials of a search have them: on specifications,
since a job knows no configuration.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from lea.study.build import build, in_file
from lea.study.spec import Dimension, Run, Search, canonical, described

Values = Mapping[str, Any]  # of a trial, by the keys of the space; one that is not drawn is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A stretch of a trial's training: from the rung before, or its beginning."""

    trial: int
    rung: int  # from 0

    @property
    def slug(self) -> str:
        """What its files are called."""
        return f"trial-{self.trial}-rung-{self.rung}"


def filled(run: Run, values: Values) -> Run:
    """A run with these values, and without a search."""
    spec = json.loads(canonical(replace(run, search=None)))  # which is nobody else's
    for key, value in values.items():
        inner = spec
        *path, last = key.split(".")
        for name in path:
            inner = _below(inner, name)
        inner = _inside(inner, last)
        inner[last] = deepcopy(value)  # another value may stand in this one
    return build(Run, spec, in_file("--spec"))


def value_at(run: Run, key: str) -> Any:
    """What stands at a key of a run, as a specification has it."""
    inner: Any = described(run)
    for name in key.split("."):
        inner = _below(inner, name)
    return inner


def trials_of(run: Run) -> Iterator[Run]:
    """A trial for each choice of a run's search: all parts that one can have stand in these."""
    space = run.search.space if run.search else ()
    for dimension in space:
        for choice in dimension.choices or ():
            yield filled(run, beside(space, dimension) | {dimension.key: choice})


def _inside(spec: Any, key: str) -> Any:
    """Where a key of a specification stands: an option of a part beside its name."""
    is_part = isinstance(spec, Mapping) and spec.keys() == {"name", "options"}
    return spec["options"] if is_part and key != "name" else spec


def _below(spec: Any, key: str) -> Any:
    inside = _inside(spec, key)
    return inside.get(key) if isinstance(inside, Mapping) else None


def drawn(dimension: Dimension, values: Values) -> bool:
    """Whether a dimension is one of a trial's, by the values that were drawn before."""
    return all(key in values and named(values[key]) in wanted for key, wanted in dimension.when.items())


def named(value: Any) -> str:
    """How a choice reads in YAML: a part by its name, a name as it is."""
    if isinstance(value, Mapping):
        return str(value["name"])
    return value if isinstance(value, str) else json.dumps(value)


def ends(dimension: Dimension) -> list[Any]:
    """The ends of a range, with the whole number behind the least, or all choices."""
    if dimension.choices is not None or dimension.low is None or dimension.high is None:
        return list(dimension.choices or ())
    low, high = dimension.low, dimension.high
    if dimension.kind == "integer":
        return sorted({int(low), min(int(low) + 1, int(high)), int(high)})
    return [low, high]


def beside(space: Sequence[Dimension], wanted: Dimension) -> dict[str, Any]:
    """The choices that a dimension asks for, and what these ask for in turn."""
    found: dict[str, Any] = {}
    for key, names in wanted.when.items():
        other = next(one for one in space if one.key == key)
        choice = next(one for one in other.choices or () if named(one) in names)
        found = {**beside(space, other), **found, key: choice}
    return {one.key: found[one.key] for one in space if one.key in found}


def batches(search: Search) -> list[range]:
    """The numbers of the trials that are drawn at once: so many as the sampler's option `batch`, or all."""
    size = search.sampler.options.get("batch")
    size = size if isinstance(size, int) else search.trials
    return [range(start, min(start + size, search.trials)) for start in range(0, search.trials, size)]
