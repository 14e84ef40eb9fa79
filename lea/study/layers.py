"""YAML in layers: each file, then its part for the scale, then what the command line says, each key with its
origin.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lea.errors import UserError
from lea.study.build import KeyPath, Spot, in_file, known

SCALES = ("quick", "reduced", "thesis")
COMMAND_LINE = "--config"


class StrictLoader(yaml.SafeLoader):
    """YAML's safe loader, which takes no key twice: the first value would be lost without a word."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping whose keys are all different; what `<<` takes from another may differ."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(None, None, f"{key[1]!r} stands twice", node.start_mark)
        return node


def read_yaml(file: Path) -> Mapping[str, Any]:
    """A YAML file that holds a mapping."""
    try:
        values = yaml.load(file.read_text(encoding="utf-8"), StrictLoader)
    except FileNotFoundError as error:
        raise UserError(f"{file}: no such file; expected the study's configuration; restore it") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: not YAML: {error}; mend it there") from error
    if not isinstance(values, Mapping):
        raise UserError(f"{file}: found {type(values).__name__}; expected a mapping of keys")
    return values


def at_scale(scale: str, keys: Iterable[str], *layers: tuple[str, Any]) -> tuple[dict[str, Any], Spot]:
    """Lay (source, values) over one another, after each its own section for the scale.

    All must be mappings of these keys. Returns the values without their scale sections, and a spot that knows
    which layer gave which key.
    """
    values: dict[str, Any] = {}
    origins: dict[KeyPath, tuple[str, KeyPath]] = {}
    for source, layer in layers:
        check_keys(layer, keys, in_file(source))
        section = layer.get(scale) or {}
        whole = {key: value for key, value in layer.items() if key not in SCALES}
        for prefix, part in (((), whole), ((scale,), section)):
            for path in _lay(values, part):
                origins[path] = source, (*prefix, *path)

    def locate(path: KeyPath) -> tuple[str, KeyPath]:
        for length in range(len(path), 0, -1):
            if path[:length] in origins:
                source, written = origins[path[:length]]
                return source, (*written, *path[length:])
        return layers[0][0], path

    return values, Spot(locate)


def check_keys(layer: Any, keys: Iterable[str], spot: Spot) -> None:
    """Refuse unknown keys in a layer and in its section for any scale."""
    known(layer, [*keys, *SCALES], spot)
    for scale in SCALES:
        section = layer.get(scale) or {}
        if not isinstance(section, Mapping):
            found = f"found {section!r}; expected a mapping of what differs at this scale"
            raise (spot / scale).error(found)
        known(section, [key for key in keys if key != "scale"], spot / scale)


def typed(value: Any) -> Any:
    """What the command line gives; inside lists and mappings Snakemake leaves numbers as text."""
    if isinstance(value, Mapping):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    if not isinstance(value, str):
        return value
    try:
        return float(value) if set(value) & set(".e") else int(value)
    except ValueError:
        return {"true": True, "false": False, "null": None}.get(value, value)


def merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Mappings laid over one another, key by key."""
    values: dict[str, Any] = {}
    for layer in layers:
        _lay(values, layer)
    return values


def _lay(values: dict[str, Any], layer: Mapping[str, Any]) -> list[KeyPath]:
    """Lay a mapping over `values` in place; return the paths of all its keys. A text with a mapping over it
    is a part's name, and that its options.
    """
    paths: list[KeyPath] = []
    for key, value in layer.items():
        paths.append((str(key),))
        if isinstance(value, Mapping):
            below = values.get(key)
            named = {"name": below} if isinstance(below, str) else {}
            values[key] = dict(below) if isinstance(below, Mapping) else named
            paths += [(str(key), *path) for path in _lay(values[key], value)]
        else:
            values[key] = value
    return paths
