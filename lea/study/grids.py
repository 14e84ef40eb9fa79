"""Runs that an analysis gives as products of options: two lines for a design of twenty-four."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from lea.study.build import KeyPath, Spot, build
from lea.study.entries import GridEntry

PLACE = re.compile(r"\{([\w.-]+)\}")


@dataclass(frozen=True, slots=True)
class Layer:
    """Some of a run's values, and under which key of the analysis they stand."""

    values: Mapping[str, Any]
    path: KeyPath
    dotted: KeyPath = ()  # the keys of the values that the path's last key stands for


def layers_of_runs(
    every_run: Mapping[str, Any], grids: Mapping[str, Any], runs: Mapping[str, Any], spot: Spot
) -> dict[str, list[Layer]]:
    """Each run by its label, with the layers that give its values, the weakest first. Runs of their own come
    before those of the grids, one that has the label of a grid's changes that.
    """
    found: dict[str, list[Layer]] = {}
    for name, values in grids.items():
        for label, layers in _points(name, build(GridEntry, values, spot / "grid" / name), spot):
            if label in found:
                expected = "expected another for each point; put what differs into `label`"
                raise (spot / "grid" / name / "label").error(f"'{label}' stands for two runs; {expected}")
            found[label] = layers
    found = {label: [] for label in runs if label not in found} | found
    for label, values in runs.items():
        here = spot / "runs" / label
        if not isinstance(values or {}, Mapping):
            raise here.error(f"found {values!r}; expected a mapping of keys")
        found[label].append(Layer(values or {}, ("runs", label)))
    return {label: [Layer(every_run, ("every_run",)), *layers] for label, layers in found.items()}


def _points(name: str, grid: GridEntry, spot: Spot) -> Iterator[tuple[str, list[Layer]]]:
    here = spot / "grid" / name
    for key, values in grid.over.items():
        if not isinstance(values, list | tuple) or not values:
            raise (here / "over" / key).error(f"found {values!r}; expected a list of values")
    for chosen in product(*grid.over.values()):  # type: ignore[call-overload]
        point = dict(zip(grid.over, chosen, strict=True))
        _compatible(point, here / "over")
        over = [_over(key, value, ("grid", name, "over", key)) for key, value in point.items()]
        yield _label(grid.label, point, here / "label"), [Layer(grid.run or {}, ("grid", name, "run")), *over]


def _over(key: str, value: Any, path: KeyPath) -> Layer:
    return Layer(nested(key, value), path, tuple(key.split(".")))


def nested(key: str, value: Any) -> dict[str, Any]:
    """A value within mappings, as a dotted key means."""
    for one in reversed(key.split(".")):
        value = {one: value}
    found: dict[str, Any] = value
    return found


def _compatible(point: Mapping[str, Any], spot: Spot) -> None:
    """Refuse a value that has no keys where another key of `over` stands in it: one would be lost."""
    for key, value in point.items():
        inner = [one for one in point if one.startswith(f"{key}.")]
        if inner and not isinstance(value, Mapping):
            found = f"found {value!r}, in which {inner[0]} stands"
            raise (spot / key).error(f"{found}; expected a mapping; write {{name: {value}}}")


def _label(form: str, point: Mapping[str, Any], spot: Spot) -> str:
    """The label of a point: `{window}` is the value of the key that ends so."""

    def value(match: re.Match[str]) -> str:
        keys = [key for key in point if key == match[1] or key.endswith(f".{match[1]}")]
        if len(keys) != 1:
            found = f"'{match[0]}' is {'no key' if not keys else 'several keys'} of `over`"
            raise spot.error(f"{found}; expected one of {', '.join(point)}, or the end of one")
        its = point[keys[0]]
        return str(its.get("name", its) if isinstance(its, Mapping) else its)

    return PLACE.sub(value, form)


def spot_of(layers: list[Layer], spot: Spot) -> Spot:
    """The place of a run: a key stands where its strongest layer gives it, or most of what it stands in."""

    def locate(path: KeyPath) -> tuple[str, KeyPath]:
        layer = next(_giving(layers, path))
        return spot.locate((*spot.path, *layer.path, *path[len(layer.dotted) :]))

    return Spot(locate)


def _giving(layers: list[Layer], path: KeyPath) -> Iterator[Layer]:
    """The layers that give a key or most of what it stands in, the best first; they end with all of them."""
    for length in range(len(path), -1, -1):
        standing = [layer for layer in reversed(layers) if _stands(layer.values, path[:length])]
        yield from (layer for layer in standing if length >= len(layer.dotted))
        yield from standing


def _stands(values: Any, path: KeyPath) -> bool:
    for key in path:
        if not isinstance(values, Mapping):
            return True
        if key not in values:
            return False
        values = values[key]
    return True
