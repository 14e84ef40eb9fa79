"""A part that the configuration names, checked against what its source text declares."""

import ast
from collections.abc import Mapping
from types import GenericAlias
from typing import Annotated, Any, Literal

from lea import registry
from lea.errors import UserError
from lea.study.build import Range, Spot, convert, known
from lea.study.spec import Part

SIMPLE = {"int": int, "float": float, "str": str, "bool": bool, "object": object}


def read_part(kind: str, values: Mapping[str, Any], spot: Spot, option_spot: Spot | None = None) -> Part:
    """A part with all its options, checked against what it declares; those not given are its own defaults."""
    option_spot = option_spot or spot  # a data set has its options apart
    if "name" not in values:
        raise spot.error(f"missing 'name'; expected which {kind} it is; add it")
    name = convert(values["name"], str, spot)
    try:
        options = registry.options(kind, name)
        limits = registry.constant(kind, name, "LIMITS", {})
    except UserError as error:
        raise spot.error(str(error)) from error
    given = {key: value for key, value in values.items() if key != "name"}
    known(given, options, option_spot)
    filled: dict[str, object] = {}
    for key, option in options.items():
        if option.required and key not in given:
            raise option_spot.error(f"missing '{key}'; {kind} '{name}' cannot do without; add it")
        filled[key] = _value(given.get(key, option.default), option, limits.get(key), option_spot / key)
    return Part(name=name, options=filled)


def _value(value: Any, option: registry.Option, limits: tuple[float, ...] | None, spot: Spot) -> Any:
    try:
        kind = _type(option.annotation)
    except UserError as error:
        raise spot.error(str(error)) from error
    return convert(value, Annotated[kind, Range(*limits)] if limits else kind, spot)


def _type(annotation: ast.expr) -> Any:
    """The type that an annotation of plain types means, read from the source text."""
    match annotation:
        case ast.Name(id=name) if name in SIMPLE:
            return SIMPLE[name]
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):
            return _type(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _type(left) | _type(right)
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return _generic(name, inner.elts if isinstance(inner, ast.Tuple) else [inner])
    expected = "int, float, str, bool, None, tuple, list, Literal or |"
    raise UserError(f"an option of type {ast.unparse(annotation)}; expected {expected}, which can be checked")


def _generic(name: str, elements: list[ast.expr]) -> Any:
    if name == "Literal":
        return Literal[tuple(ast.literal_eval(one) for one in elements)]
    if name == "Optional":
        return _type(elements[0]) | None
    if name == "list":
        return GenericAlias(tuple, (_type(elements[0]), ...))
    if name == "tuple":
        last = isinstance(elements[-1], ast.Constant) and elements[-1].value is ...
        kinds = [_type(one) for one in (elements[:-1] if last else elements)]
        return GenericAlias(tuple, (*kinds, ...) if last else tuple(kinds))
    raise UserError(f"an option of type {name}[...]; expected tuple, list, Literal or Optional")
