"""What sets the runs of an analysis apart, and with which run each is compared: as the analysis says it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lea.study.build import Spot, known
from lea.study.spec import Run, described
from lea.study.study import Facts

PLAIN = (str, int, float, bool, type(None))


def columns_of(asked: Mapping[str, Any], runs: Mapping[str, Run], spot: Spot) -> Facts:
    """Each column's value for each run: what stands at a path of it, as `model.lea.window`; of several paths
    at the first where something stands. A part stands for its name.
    """
    said = [(label, _said(run)) for label, run in runs.items()]
    return {
        name: {label: _value(values, _paths(paths, spot / name), spot / name) for label, values in said}
        for name, paths in asked.items()
    }


def _said(run: Run) -> Any:
    """What a run's columns are taken from; what it searches for is nothing beforehand."""
    found = _flat(described(run))
    for dimension in run.search.space if run.search else ():
        *path, last = dimension.key.split(".")
        inner = found
        for key in path:
            inner = inner.get(key) if isinstance(inner, Mapping) else None
        if isinstance(inner, dict):
            inner.pop(last, None)
    return found


def _paths(asked: Any, spot: Spot) -> list[str]:
    paths = [asked] if isinstance(asked, str) else asked
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str) for path in paths):
        raise spot.error(f"found {asked!r}; expected where a run has it, such as model.name, or several such")
    return list(paths)


def _flat(spec: Any) -> Any:
    """A specification with the options of its parts beside their names, as the configuration has them."""
    if isinstance(spec, Mapping):
        options = spec.get("options") if "name" in spec else None
        beside = {key: value for key, value in spec.items() if key != "options"} if options else spec
        return {key: _flat(value) for key, value in {**beside, **(options or {})}.items()}
    return spec


def _value(values: Any, paths: Iterable[str], spot: Spot) -> object:
    for path in paths:
        found = values
        for key in path.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            found = found.get("name")
        if not isinstance(found, PLAIN):
            raise spot.error(f"'{path}' is {found!r}; expected a number, a text or a part")
        if found is not None:
            return found
    return None


def baselines(
    where: Mapping[str, Any], same: Sequence[str], columns: Facts, labels: Sequence[str], spot: Spot
) -> dict[str, str]:
    """The run with which each other is compared: of those whose columns, or whose label, are `where`, the one
    that agrees with it in the columns `same`. One for which there is none has no baseline; two are refused.
    """
    named = {**columns, "label": {label: label for label in labels}}
    known(where, named, spot / "where")
    known(dict.fromkeys(same), columns, spot / "same")
    theirs = [label for label in labels if all(named[name][label] == value for name, value in where.items())]
    if not theirs:
        raise (spot / "where").error(f"no run has {dict(where)}; expected some to compare with")
    found: dict[str, str] = {}
    for label in labels:
        like = [other for other in theirs if all(columns[one][other] == columns[one][label] for one in same)]
        if label in theirs or not like:
            continue
        if len(like) > 1:
            several = f"'{label}' could be compared with {' or '.join(map(repr, like))}"
            raise (spot / "same").error(f"{several}; expected one; name a column that sets these apart")
        found[label] = like[0]
    return found
