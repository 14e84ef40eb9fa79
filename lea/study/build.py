"""Mappings into frozen dataclasses and back: every key known, every value of its type and in its range."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from lea.errors import UserError

T = TypeVar("T")
KeyPath = tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Range:
    """The bounds of a number, both allowed."""

    least: float
    most: float = float("inf")
    named: str = ""  # where these are taken from, if not always the same

    def __str__(self) -> str:
        most = self.most == float("inf")
        text = f"at least {self.least}" if most else f"between {self.least} and {self.most}"
        return f"{text} ({self.named})" if self.named else text


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """A place in the configuration: a path of keys, and how to find who wrote it and under which keys."""

    locate: Callable[[KeyPath], tuple[str, KeyPath]]
    path: KeyPath = ()

    def __truediv__(self, key: str) -> "Spot":
        return Spot(self.locate, (*self.path, key))

    def error(self, message: str) -> UserError:
        """An error that begins with the file and the key as they were written."""
        source, path = self.locate(self.path)
        return UserError(": ".join([source, *([".".join(map(str, path))] if path else []), message]))


def in_file(source: object) -> Spot:
    """The top of one source."""
    return Spot(lambda path: (str(source), path))


def build(kind: type[T], values: Any, spot: Spot) -> T:
    """Make a dataclass from a mapping; a missing key whose type admits None is None."""
    fields = typing.get_type_hints(kind, include_extras=True)
    known(values, fields, spot)
    missing = [
        name for name, field in fields.items() if name not in values and type(None) not in get_args(field)
    ]
    if missing:
        raise spot.error(
            f"missing {', '.join(repr(name) for name in missing)}; every key must be given; add it"
        )
    return kind(**{name: convert(values.get(name), field, spot / name) for name, field in fields.items()})


def known(values: Any, names: typing.Collection[str], spot: Spot) -> None:
    """Refuse what is not a mapping, and a key that does not exist, with the nearest one that does."""
    if not isinstance(values, Mapping):
        raise spot.error(f"found {values!r}; expected a mapping of keys")
    for key in values:
        if key not in names:
            near = get_close_matches(str(key), list(names), n=1)
            expected = f"expected one of {', '.join(names)}" if names else "expected none at all"
            hint = f"did you mean '{near[0]}'?" if near else expected
            raise (spot / str(key)).error(f"no such key; {hint}")


def convert(value: Any, kind: Any, spot: Spot) -> Any:
    """A value as its type wants it (lists become tuples, whole numbers floats), or an error at its place."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is typing.Annotated:
        return _within(convert(value, arguments[0], spot), arguments[1], spot)
    if origin in (Union, types.UnionType):
        return _either(value, arguments, spot)
    if origin is Literal:
        return _one_of(value, arguments, spot)
    if origin is tuple:
        return _tuple(value, arguments, spot)
    if dataclasses.is_dataclass(kind):
        return build(typing.cast("type[Any]", kind), value, spot)
    if origin is Mapping and isinstance(value, Mapping):
        return {_text(key, spot): convert(one, arguments[1], spot / key) for key, one in value.items()}
    if kind is float and type(value) in (int, float):
        return float(value)
    if kind is object or type(value) is kind:
        return value
    raise spot.error(f"found {value!r}; expected {_words(kind)}{_yaml_hint(value, kind)}")


WORDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    type(None): "nothing",
    Mapping: "a mapping",
    tuple: "a list, such as [a, b]",
}


def _yaml_hint(value: Any, kind: Any) -> str:
    if kind is float and isinstance(value, str) and "e" in value.lower():
        return "; YAML reads 1e-4 as text, write 1.0e-4"
    return ""


def _within(value: Any, bounds: Range, spot: Spot) -> Any:
    for number in value if isinstance(value, tuple) else (value,):
        if number is not None and not bounds.least <= number <= bounds.most:
            raise spot.error(f"found {number!r}; expected a number {bounds}")
    return value


def _either(value: Any, kinds: tuple[Any, ...], spot: Spot) -> Any:
    if value is None and type(None) in kinds:
        return None
    rest = [kind for kind in kinds if kind is not type(None)]
    rest.sort(key=_is_words, reverse=True)  # the last says most about what is no text
    for kind in rest[:-1]:
        try:
            return convert(value, kind, spot)
        except UserError:
            continue
    try:
        return convert(value, rest[-1], spot)
    except UserError as error:
        if not isinstance(value, str) or len(rest) == 1 or not _is_words(rest[0]):
            raise
        words = [*map(str, get_args(rest[0])), *map(_words, rest[1:])]
        raise spot.error(f"found {value!r}; expected {' or '.join(words)}") from error


def _is_words(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _words(kind: Any) -> str:
    """What a type is called."""
    kind = get_args(kind)[0] if get_origin(kind) is typing.Annotated else kind
    return str(WORDS.get(get_origin(kind) or kind, kind))


def _one_of(value: Any, allowed: tuple[Any, ...], spot: Spot) -> Any:
    if value not in allowed:
        near = get_close_matches(str(value), [str(one) for one in allowed], n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise spot.error(f"found {value!r}; {hint}expected one of {', '.join(map(str, allowed))}")
    return value


def _tuple(value: Any, kinds: tuple[Any, ...], spot: Spot) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise spot.error(f"found {value!r}; expected {WORDS[tuple]}")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(value) != len(kinds):
        raise spot.error(f"found {len(value)} values; expected {len(kinds)}")
    return tuple(
        convert(one, kind, spot / str(i)) for i, (one, kind) in enumerate(zip(value, kinds, strict=True))
    )


def _text(key: Any, spot: Spot) -> str:
    if not isinstance(key, str):
        raise (spot / str(key)).error(f"found the key {key!r}; expected text; write it in quotes")
    return key


def plain(value: Any) -> Any:
    """The inverse: dataclasses as dictionaries for JSON, None left out so that a new optional key changes no
    id.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: plain(item) for name, item in items if item is not None}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
